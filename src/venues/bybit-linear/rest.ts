/**
 * Signed and public reads of Bybit V5 REST. An answer's `retCode` counts, not its HTTP status; where there is none, there was
 * no answer. Nothing here retries, and no order goes this way.
 */

import type { RateClass } from "../rate-limits.ts";
import { VenueError } from "../venue-error.ts";
import { type Fields, isFields } from "../venue-reports.ts";
import { createRest, type RestAnswer } from "../wire/rest.ts";
import { BYBIT_AUTH_CODES } from "./codes.ts";
import type { BybitRates, BybitUsage } from "./rates.ts";
import type { BybitSigner } from "./signer.ts";

/** An answer as it came: `retCode` may be any. */
export interface BybitAnswer {
  readonly retCode: number;
  readonly result: Fields;
  /** Time of the answer by the venue's clock, unchecked. */
  readonly time: unknown;
  readonly headers: Headers;
}

export interface BybitRest {
  /** `query` is sent as it is written here. `signedAtMs` is venue time. Throws where there is no retCode. */
  ask(path: string, query: string, signedAtMs?: number): Promise<BybitAnswer>;
  /** The same where the ledger has a token for it, else `LIMITED`; throws `AUTH` or `REFUSED` for every retCode but 0. */
  read(rateClass: RateClass, path: string, query: string, signedAtMs?: number): Promise<BybitAnswer>;
}

const REQUEST_WINDOW_MS = 5000;

/** Lists that have a limit of their own. */
const LISTS: Readonly<Record<string, "realtime" | "history">> = {
  "/v5/order/realtime": "realtime",
  "/v5/order/history": "history",
};

export function createBybitRest(
  baseUrl: string,
  { apiKey, sign }: BybitSigner,
  rates: BybitRates,
  timeoutMs: number,
): BybitRest {
  const rest = createRest(baseUrl, timeoutMs);
  const ask = async (path: string, query: string, signedAtMs?: number): Promise<BybitAnswer> => {
    const headers =
      signedAtMs === undefined
        ? {}
        : {
            "X-BAPI-API-KEY": apiKey,
            "X-BAPI-TIMESTAMP": String(signedAtMs),
            "X-BAPI-RECV-WINDOW": String(REQUEST_WINDOW_MS),
            "X-BAPI-SIGN": sign(`${signedAtMs}${apiKey}${REQUEST_WINDOW_MS}${query}`),
          };
    const answer = await rest.send({ method: "GET", path, query, headers });
    // No answer of the API but one of the gate before it.
    if (answer.status === 403) rates.banned();
    return checked(path, answer);
  };
  return {
    ask,
    async read(rateClass, path, query, signedAtMs) {
      const rule = LISTS[path];
      if (!rates.take(rule ?? "read", rateClass))
        throw new VenueError("LIMITED", `GET ${path}`, `GET ${path}: no request is left for it now`);
      const answer = await ask(path, query, signedAtMs);
      const { retCode } = answer;
      if (rule !== undefined) rates.answered(rule, retCode, usageOf(answer));
      if (retCode === 0) return answer;
      const code = BYBIT_AUTH_CODES.has(retCode) ? "AUTH" : "REFUSED";
      throw new VenueError(code, `GET ${path}`, `GET ${path}: refused with code ${retCode}`, retCode);
    },
  };
}

/** What an answer's headers say of the limit that it counted against. */
export function usageOf({ headers }: BybitAnswer): BybitUsage {
  const header = (name: string) => Number(headers.get(name) ?? Number.NaN);
  return {
    limit: header("x-bapi-limit"),
    left: header("x-bapi-limit-status"),
    resetMs: header("x-bapi-limit-reset-timestamp"),
  };
}

function checked(path: string, { status, headers, body }: RestAnswer): BybitAnswer {
  const retCode = isFields(body) ? body["retCode"] : undefined;
  if (isFields(body) && typeof retCode === "number")
    return { retCode, result: isFields(body["result"]) ? body["result"] : {}, time: body["time"], headers };
  const code = status === 401 ? "AUTH" : status >= 200 && status < 300 ? "MALFORMED" : "REFUSED";
  throw new VenueError(code, `GET ${path}`, `GET ${path}: HTTP ${status} without a retCode`, 0, status);
}
