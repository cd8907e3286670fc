/**
 * Admin path of a paper venue: `/paper/faults` and `/paper/state`. For tests and people, never for the engine.
 *
 * Loopback callers only, and none that a web page sent (a browser states an Origin).
 */
import type { IncomingMessage } from "node:http";
import type { PaperAccount } from "./account.ts";
import type { PaperExchange } from "./exchange.ts";
import { FaultError } from "./fault-forms.ts";
import type { FaultEntry, FaultPlane } from "./faults.ts";
import { formatMoney } from "./order-decimal.ts";

export interface AdminAnswer {
  readonly httpStatus: number;
  readonly json: string;
}

export interface AdminVenue {
  readonly name: string;
  readonly exchange: PaperExchange;
  readonly faults: FaultPlane;
  /** Acts on a fault that does not wait for an operation: cut sockets. */
  readonly act: (entry: FaultEntry) => void;
}

export function mayAdminister(request: IncomingMessage): boolean {
  const from = request.socket.remoteAddress ?? "";
  const loopback = from === "::1" || from.startsWith("127.") || from.startsWith("::ffff:127.");
  return loopback && request.headers.origin === undefined;
}

export function administer(venue: AdminVenue, method: string, path: string, query: string, body: string): AdminAnswer {
  if (path === "/paper/state" && method === "GET")
    return {
      httpStatus: 200,
      json: JSON.stringify(stateOf(venue, new URLSearchParams(query).get("orders") !== "none")),
    };
  if (path !== "/paper/faults") return problem(404, "path", `${path} is not served here`);
  if (method === "DELETE") venue.faults.clear();
  else if (method === "POST") return addFaults(venue, body);
  else if (method !== "GET") return problem(405, "method", `${method} is not served here`);
  return { httpStatus: 200, json: JSON.stringify({ faults: venue.faults.pending().map(faultView) }) };
}

/** Adds one fault, or all of `{faults: [...]}`; a bad one refuses those after it. */
function addFaults(venue: AdminVenue, body: string): AdminAnswer {
  try {
    const json: unknown = JSON.parse(body);
    const list = (json as { faults?: unknown } | null)?.faults;
    const added = (Array.isArray(list) ? list : [json]).map((each) => {
      const entry = venue.faults.add(each);
      venue.act(entry);
      return faultView(entry);
    });
    return { httpStatus: 200, json: JSON.stringify({ added }) };
  } catch (error) {
    if (error instanceof FaultError) return problem(400, error.field, error.message);
    if (error instanceof SyntaxError) return problem(400, "body", "is not JSON");
    throw error;
  }
}

function faultView({ id, fault, countLeft }: FaultEntry) {
  return { id, ...fault, countLeft: Number.isFinite(countLeft) ? countLeft : null };
}

function problem(httpStatus: number, field: string, message: string): AdminAnswer {
  return { httpStatus, json: JSON.stringify({ error: { field, message } }) };
}

/** One client order id's truth. `orders` above 1: the id was used again after the first order was terminal. */
interface OrderTruth {
  readonly symbol: string;
  readonly side: string;
  orders: number;
  status: string;
  qtyLots: number;
  cumQtyLots: number;
  executedQty: string;
}

/** Spot only; empty for a margin account. */
function assetsOf({ cash }: PaperAccount): Record<string, string> {
  return Object.fromEntries([...(cash ?? [])].map(([asset, amountE8]) => [asset, formatMoney(amountE8)]));
}

/** The truth that a test compares an engine's books with. Quantities in lots of this venue's listing, and as decimals. */
export function stateOf({ name, exchange, faults }: AdminVenue, withOrders: boolean) {
  const accounts = [...exchange.accounts.values()].map((account) => {
    const orders: Record<string, OrderTruth> = Object.create(null);
    const totals = {
      orders: account.ordersPlaced,
      forgotten: account.ordersForgotten,
      open: account.openByClientId.size,
    };
    const filledLots: Record<string, { bought: number; sold: number }> = {};
    for (const order of account.orders()) {
      const { symbol, lot } = order.listing;
      filledLots[symbol] ??= { bought: 0, sold: 0 };
      filledLots[symbol][order.side === "buy" ? "bought" : "sold"] += order.cumLots;
      if (!withOrders) continue;
      const known = orders[order.clientOrderId];
      const truth = known ?? {
        symbol,
        side: order.side,
        orders: 0,
        status: "",
        qtyLots: 0,
        cumQtyLots: 0,
        executedQty: "",
      };
      truth.orders++;
      truth.status = order.status;
      truth.qtyLots += order.qtyLots;
      truth.cumQtyLots += order.cumLots;
      truth.executedQty = lot.format(truth.cumQtyLots);
      orders[order.clientOrderId] = truth;
    }
    const positions = [...account.positions.values()].map(({ listing, netLots }) => ({
      symbol: listing.symbol,
      netLots,
      quantity: listing.lot.format(netLots),
    }));
    return {
      apiKey: account.apiKey,
      balance: formatMoney(account.balanceE8),
      assets: assetsOf(account),
      positions,
      totals,
      filledLots,
      orders,
    };
  });
  return { venue: name, accounts, faults: faults.pending().length };
}
