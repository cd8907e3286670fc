/** What of an order's message is known before the order, made once per side and time in force. */
import type { Side, TimeInForce } from "../../domain/order.ts";

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
