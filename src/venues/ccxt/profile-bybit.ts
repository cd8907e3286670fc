/**
 * Bybit behind ccxt. The window of an order stands in the header of its frame. Answers to orders are acknowledgements of the
 * gateway; what became of them comes on the private stream. Demo trading has no order socket, so the testnet is the sandbox.
 */
import { bybitLinearOutcome } from "../bybit-linear/codes.ts";
import type { CcxtExchange, CcxtOrder } from "./exchange.ts";
import { fetchPositions } from "./housekeeping.ts";
import type { PermissionFacts, PlaceMessage } from "./messages.ts";
import type { CcxtProfile } from "./profiles.ts";

export const BYBIT: Partial<CcxtProfile> = {
  options: {
    recvWindow: 5000,
    fetchMarkets: { types: ["linear"] },
    fetchCurrencies: false,
    defaultType: "swap",
    defaultSubType: "linear",
  },
  paper: true,
  stampEnforced: true,
  quotesStamped: true,
  asksByOurId: true,
  listRowsMax: 50,
  placeParams: ({ clientOrderId }) => ({ clientOrderId, positionIdx: 0 }),
  // ccxt wants an id of the exchange and would send ours as one.
  askParams: (operation, venueId) => ({
    orderId: undefined,
    orderLinkId: venueId,
    ...(operation === "query" ? { acknowledged: true } : {}),
  }),
  stampFrame(frame, { stampMs, validForMs }: PlaceMessage) {
    Object.assign(frame, {
      header: { "X-BAPI-TIMESTAMP": String(stampMs), "X-BAPI-RECV-WINDOW": String(validForMs) },
    });
  },
  outcome(operation, { body }) {
    const code = Number((body as { retCode?: unknown } | null | undefined)?.retCode ?? 0);
    return code === 0 || Number.isNaN(code) ? null : { kind: bybitLinearOutcome(operation, code), code };
  },
  queryFurther: bybitHistory,
  // One symbol at a time: it takes no list of them.
  positions: async (exchange, symbols) =>
    (await Promise.all(symbols.map((symbol) => fetchPositions(exchange, [symbol])))).flat(),
  permissions: bybitPermissions,
};

type Implicit = Readonly<Record<string, (params?: object) => Promise<unknown>>>;

/** The realtime list holds the last 500 that ended, and none after a restart of the venue's service. */
async function bybitHistory(exchange: CcxtExchange, symbol: string, venueId: string): Promise<CcxtOrder | null> {
  const market = exchange.markets?.[symbol];
  const params = { category: "linear", symbol: market?.id, orderLinkId: venueId };
  const answer = await (exchange as unknown as Implicit)["privateGetV5OrderHistory"]!(params);
  const rows = (answer as { result?: { list?: unknown } } | null)?.result?.list;
  if (!Array.isArray(rows)) throw new TypeError("order history is not a list");
  return rows.length === 0 ? null : exchange.parseOrder(rows[0] as object, market);
}

async function bybitPermissions(exchange: CcxtExchange): Promise<PermissionFacts> {
  const answer = await (exchange as unknown as Implicit)["privateGetV5UserQueryApi"]!();
  const { readOnly, permissions } =
    (answer as { result?: { readOnly?: unknown; permissions?: Readonly<Record<string, unknown>> } } | null)?.result ??
    {};
  const wallet = permissions?.["Wallet"];
  const trade = permissions?.["ContractTrade"];
  return {
    canTrade: Number(readOnly) === 0 && Array.isArray(trade) && trade.includes("Order"),
    // A list without any way out of the account; anything else counts as one that can.
    canWithdraw: !Array.isArray(wallet) || wallet.some((right) => right !== "AccountTransfer"),
  };
}
