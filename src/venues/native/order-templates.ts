/** What of an order's message is known before the order, made once per side and time in force; and what every order must be. */
import type { OrderRequest, Side, TimeInForce } from "../../domain/order.ts";
import { assert } from "../../domain/units.ts";

export type OrderTemplates<Template> = Readonly<Record<Side, Readonly<Record<TimeInForce, Template>>>>;

export function orderTemplates<Template>(
  make: (side: Side, timeInForce: TimeInForce) => Template,
): OrderTemplates<Template> {
  const ofSide = (side: Side): Readonly<Record<TimeInForce, Template>> => ({
    ioc: make(side, "ioc"),
    fok: make(side, "fok"),
    gtc: make(side, "gtc"),
    postOnly: make(side, "postOnly"),
  });
  return { buy: ofSide("buy"), sell: ofSide("sell") };
}

/** The order's listing at this venue. An order of none, of nothing or at no price is a bug of who made it. */
export function listingOfOrder<Listing>(byIndex: readonly (Listing | undefined)[], order: OrderRequest): Listing {
  const listing = byIndex[order.listing];
  assert(listing, `listing ${order.listing} is not of this venue`);
  assert(order.qtyLots > 0 && order.pxTicks > 0, `order of ${order.qtyLots} lots at ${order.pxTicks} ticks`);
  return listing;
}
