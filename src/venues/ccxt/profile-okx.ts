/**
 * OKX behind ccxt. Amounts are contracts. The end of an order's window is a field of its frame. Answers to orders are
 * acknowledgements; orders and private stream share one socket. The testnet has the live REST address and a header.
 */

import { okxSwapOutcome } from "../okx-swap/codes.ts";
import type { CcxtExchange } from "./exchange.ts";
import type { PermissionFacts, PlaceMessage } from "./messages.ts";
import type { CcxtProfile } from "./profiles.ts";

export const OKX: Partial<CcxtProfile> = {
  options: {
    fetchMarkets: { types: ["swap"] },
    fetchCurrencies: false,
    defaultType: "swap",
    createOrderWs: { op: "order" },
  },
  demoByHeader: true,
  paper: true,
  stampEnforced: true,
  quotesStamped: true,
  asksByOurId: true,
  listRowsMax: 100,
  placeParams: ({ clientOrderId }) => ({ clientOrderId, tdMode: "cross" }),
  askParams: (_operation, venueId) => ({ clOrdId: venueId }),
  stampFrame(frame, { stampMs, validForMs }: PlaceMessage) {
    Object.assign(frame, { expTime: String(stampMs + validForMs) });
  },
  outcome(operation, { body }) {
    const code = okxCode(body);
    return code === 0 ? null : { kind: okxSwapOutcome(operation, code), code };
  },
  permissions: okxPermissions,
};

/** The item's own code where there is one: the message's only says that some item failed. */
function okxCode(body: unknown): number {
  const { code, data } = (body ?? {}) as { code?: unknown; data?: unknown };
  const item = Array.isArray(data) ? (data[0] as { sCode?: unknown } | undefined)?.sCode : undefined;
  const value = Number((item === undefined || item === "" ? code : item) ?? 0);
  return Number.isSafeInteger(value) ? value : 0;
}

type Implicit = Readonly<Record<string, (params?: object) => Promise<unknown>>>;

async function okxPermissions(exchange: CcxtExchange): Promise<PermissionFacts> {
  const answer = await (exchange as unknown as Implicit)["privateGetAccountConfig"]!();
  const perm = (answer as { data?: { perm?: unknown }[] } | null)?.data?.[0]?.perm;
  const rights = typeof perm === "string" ? perm.split(",") : null;
  return { canTrade: rights?.includes("trade") === true, canWithdraw: rights === null || rights.includes("withdraw") };
}
