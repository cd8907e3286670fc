/**
 * Binance USDM behind ccxt. Timestamp and window are parameters of the order; the default of 10 s that ccxt would write over
 * them is taken out (`recvWindow: undefined`). Futures have no sandbox, only demo trading.
 */

import { binanceUsdmOutcome } from "../binance-usdm/codes.ts";
import type { CcxtExchange } from "./exchange.ts";
import type { PermissionFacts, PositionFacts } from "./messages.ts";
import type { CcxtProfile } from "./profiles.ts";

export const BINANCE_USDM: Partial<CcxtProfile> = {
  options: {
    recvWindow: undefined,
    fetchMarkets: { types: ["linear"] },
    fetchCurrencies: false,
    fetchMargins: false,
    watchPositions: { fetchPositionsSnapshot: false, awaitPositionsSnapshot: false },
    watchBalance: { fetchBalanceSnapshot: false, awaitBalanceSnapshot: false },
  },
  testnet: "demo",
  paper: true,
  stampEnforced: true,
  quotesStamped: true,
  asksByOurId: true,
  listRowsMax: 1000,
  placeParams: ({ clientOrderId, stampMs, validForMs }) => ({
    clientOrderId,
    timestamp: stampMs,
    recvWindow: validForMs,
    newOrderRespType: "RESULT",
  }),
  askParams: (_operation, venueId) => ({ origClientOrderId: venueId }),
  outcome(operation, { httpStatus, body }) {
    const message = body as Message | null | undefined;
    const { code, msg } = message?.error ?? message ?? {};
    if (typeof code !== "number") return null;
    const status = httpStatus || (typeof message?.status === "number" ? message.status : 0);
    return { kind: binanceUsdmOutcome(operation, status, code, typeof msg === "string" ? msg : ""), code };
  },
  endsStream: (message) => (message as { e?: unknown } | null)?.e === "listenKeyExpired",
  forgetStream(exchange) {
    const future = exchange.options["future"];
    exchange.options["future"] = { ...(future as object | undefined), lastAuthenticatedTime: 0 };
  },
  positions: binancePositions,
  permissions: binancePermissions,
};

interface Message {
  readonly status?: unknown;
  readonly error?: { readonly code?: unknown; readonly msg?: unknown };
  readonly code?: unknown;
  readonly msg?: unknown;
}

type Implicit = Readonly<Record<string, (params?: object) => Promise<unknown>>>;

/** One request. ccxt's unified method asks for leverage brackets as well, which nobody needs here. */
async function binancePositions(exchange: CcxtExchange): Promise<readonly PositionFacts[]> {
  const rows = await (exchange as unknown as Implicit)["fapiPrivateV3GetPositionRisk"]!();
  if (!Array.isArray(rows)) throw new TypeError("positionRisk is not a list");
  return (rows as { symbol?: unknown; positionAmt?: unknown }[]).flatMap((row) => {
    const market = exchange.markets_by_id?.[String(row.symbol)]?.[0];
    return market === undefined ? [] : [{ symbol: market.symbol, amount: String(row.positionAmt) }];
  });
}

async function binancePermissions(exchange: CcxtExchange): Promise<PermissionFacts> {
  const flags = await (exchange as unknown as Implicit)["sapiGetAccountApiRestrictions"]!();
  const read = (flags ?? {}) as Readonly<Record<string, unknown>>;
  return {
    canTrade: read["enableFutures"] === true,
    // Only a plain "no" to withdrawals counts, and every other way out counts as one.
    canWithdraw:
      read["enableWithdrawals"] !== false ||
      read["enableInternalTransfer"] === true ||
      read["permitsUniversalTransfer"] === true,
  };
}
