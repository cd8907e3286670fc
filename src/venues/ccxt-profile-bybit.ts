/**
 * Bybit behind ccxt. The window of an order stands in the header of its frame. Answers to orders are acknowledgements of the
 * gateway; what became of them comes on the private stream. Demo trading has no order socket, so the testnet is the sandbox.
 */
import { bybitLinearOutcome } from "./bybit-linear-codes.ts";
import type { CcxtExchange } from "./ccxt-exchange.ts";
import type { PermissionFacts, PlaceMessage } from "./ccxt-messages.ts";
import type { CcxtProfile } from "./ccxt-profiles.ts";

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
  asksByOurId: true,
  placeParams: ({ clientOrderId }) => ({ clientOrderId, positionIdx: 0 }),
  askParams: (operation, venueId) => ({
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
  permissions: bybitPermissions,
};

type Implicit = Readonly<Record<string, (params?: object) => Promise<unknown>>>;

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
