/**
 * Signed and public reads of OKX V5 REST. An answer's `code` counts, not its HTTP status; where there is none, there was no
 * answer. Every request takes its token first. Nothing here retries, and no order goes this way.
 */

import type { RateClass, RateLimits } from "../rate-limits.ts";
import { VenueError } from "../venue-error.ts";
import { isFields } from "../venue-reports.ts";
import { createRest, type RestAnswer } from "../wire/rest.ts";
import { OKX_AUTH_CODES, OKX_LIMIT_CODES } from "./codes.ts";
import type { OkxRequest } from "./rates.ts";
import type { OkxSigner } from "./signer.ts";

/** An answer as it came: `code` may be any. */
export interface OkxAnswer {
  readonly code: number;
  readonly data: readonly unknown[];
}

export interface OkxRest {
  /** `query` is sent as it is written here. `signedAtMs` is venue time. Throws `UNREACHABLE` or `MALFORMED`. */
  ask(path: string, query: string, signedAtMs?: number): Promise<OkxAnswer>;
  /** The same with a token taken (`LIMITED` without one); throws `AUTH` or `REFUSED` for every code but 0. */
  get(
    request: OkxRequest,
    rateClass: RateClass,
    path: string,
    query: string,
    signedAtMs?: number,
  ): Promise<readonly unknown[]>;
}

export function createOkxRest(
  baseUrl: string,
  signer: OkxSigner,
  /** Sent with every request; how the demo environment is asked for. */
  environmentHeaders: Readonly<Record<string, string>>,
  limits: RateLimits<OkxRequest>,
  timeoutMs: number,
): OkxRest {
  const rest = createRest(baseUrl, timeoutMs);
  const ask = async (path: string, query: string, signedAtMs?: number): Promise<OkxAnswer> => {
    const signed = signedAtMs === undefined ? {} : signer.headers(query === "" ? path : `${path}?${query}`, signedAtMs);
    const headers = { ...environmentHeaders, ...signed };
    const answer = checked(path, await rest.send({ method: "GET", path, headers, ...(query === "" ? {} : { query }) }));
    if (answer.code === OKX_LIMIT_CODES.instrument) limits.refused("throttled");
    else if (answer.code === OKX_LIMIT_CODES.busy) limits.refused("overloaded");
    return answer;
  };
  return {
    ask,
    async get(request, rateClass, path, query, signedAtMs) {
      const where = `GET ${path}`;
      if (!limits.take(request, rateClass))
        throw new VenueError("LIMITED", where, `${where}: held back by rate limits`);
      const { code, data } = await ask(path, query, signedAtMs);
      if (code === 0) return data;
      const refusal = OKX_AUTH_CODES.has(code) ? "AUTH" : "REFUSED";
      throw new VenueError(refusal, where, `${where}: refused with code ${code}`, code);
    },
  };
}

function checked(path: string, { status, body }: RestAnswer): OkxAnswer {
  const text = isFields(body) ? body["code"] : undefined;
  if (isFields(body) && typeof text === "string" && /^\d{1,6}$/.test(text))
    return { code: Number(text), data: Array.isArray(body["data"]) ? (body["data"] as unknown[]) : [] };
  const code = status === 401 ? "AUTH" : status >= 200 && status < 300 ? "MALFORMED" : "REFUSED";
  throw new VenueError(code, `GET ${path}`, `GET ${path}: HTTP ${status} without a code`, 0, status);
}
