/**
 * REST of Binance USDM: housekeeping beside the order path (limits, listen key, positions, permissions, server time).
 *
 * Asks the rate ledger, signs what is private and makes errors of refusals. Deadlines and bounds are `rest.ts`'s; nothing
 * here retries.
 */

import type { RateClass } from "../rate-limits.ts";
import { VenueError } from "../venue-error.ts";
import { createRest } from "../wire/rest.ts";
import { type BinanceRates, type BinanceRequest, observeHeaders, refusalOf } from "./rates.ts";
import type { BinanceSigner } from "./signer.ts";

export interface BinanceRest {
  /** `signedAtMs` is venue time. Throws `LIMITED` where the ledger has no token for it. */
  request(what: RestCall, signedAtMs?: number): Promise<unknown>;
}

export interface RestCall {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly request: BinanceRequest;
  readonly rateClass: RateClass;
  /** What a signed request asks for, as it is sent. */
  readonly query?: string;
}

const REQUEST_WINDOW_MS = 5000;

export function createBinanceRest(
  baseUrl: string,
  signer: BinanceSigner,
  rates: BinanceRates,
  timeoutMs: number,
): BinanceRest {
  const rest = createRest(baseUrl, timeoutMs);
  const keyHeader = { "X-MBX-APIKEY": signer.apiKey };
  return {
    async request({ method, path, request, rateClass, query: asked }, signedAtMs) {
      const where = `${method} ${path}`;
      if (!rates.take(request, rateClass))
        throw new VenueError("LIMITED", where, `${where}: no request is left for it now`);
      const query = signedAtMs === undefined ? {} : { query: signedQuery(signer, signedAtMs, asked) };
      const { status, headers, body } = await rest.send({ method, path, headers: keyHeader, ...query });
      observeHeaders(rates, headers);
      if (status >= 200 && status < 300) {
        if (body === undefined) throw new VenueError("MALFORMED", where, `${where}: the answer is not JSON`, 0, status);
        return body;
      }
      const venueCode = Number((body as { code?: unknown } | null | undefined)?.code ?? 0) || 0;
      const refusal = refusalOf(status, venueCode);
      if (refusal !== null) rates.refused(refusal, (Number(headers.get("retry-after")) || 0) * 1000);
      const auth = status === 401 || AUTH_CODES.has(venueCode);
      const message = `${where}: refused with HTTP ${status}, code ${venueCode}`;
      throw new VenueError(auth ? "AUTH" : "REFUSED", where, message, venueCode, status);
    },
  };
}

/** Bad key, bad signature, missing permission. */
export const AUTH_CODES: ReadonlySet<number> = new Set([-1002, -1022, -2014, -2015]);

function signedQuery(signer: BinanceSigner, signedAtMs: number, asked: string | undefined): string {
  const payload = `${asked === undefined ? "" : `${asked}&`}recvWindow=${REQUEST_WINDOW_MS}&timestamp=${signedAtMs}`;
  return `${payload}&signature=${encodeURIComponent(signer.sign(payload))}`;
}
