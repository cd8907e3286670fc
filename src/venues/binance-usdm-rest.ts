/**
 * REST of Binance USDM: housekeeping beside the order path (limits, listen key, positions, permissions, server time).
 *
 * Signs what is private and makes errors of refusals. Deadlines and bounds are `rest.ts`'s; nothing here retries.
 */
import type { BinanceSigner } from "./binance-usdm-signer.ts";
import { createRest } from "./rest.ts";
import { VenueError } from "./venue-error.ts";

export interface BinanceRest {
  /** `signedAtMs` is venue time. */
  request(method: "GET" | "POST" | "PUT", path: string, signedAtMs?: number): Promise<unknown>;
}

const REQUEST_WINDOW_MS = 5000;

export function createBinanceRest(baseUrl: string, signer: BinanceSigner, timeoutMs: number): BinanceRest {
  const rest = createRest(baseUrl, timeoutMs);
  const headers = { "X-MBX-APIKEY": signer.apiKey };
  return {
    async request(method, path, signedAtMs) {
      const where = `${method} ${path}`;
      const query = signedAtMs === undefined ? {} : { query: signedQuery(signer, signedAtMs) };
      const { status, body } = await rest.send({ method, path, headers, ...query });
      if (status >= 200 && status < 300) {
        if (body === undefined) throw new VenueError("MALFORMED", where, `${where}: the answer is not JSON`, 0, status);
        return body;
      }
      const venueCode = Number((body as { code?: unknown } | null | undefined)?.code ?? 0) || 0;
      const auth = status === 401 || AUTH_CODES.has(venueCode);
      const message = `${where}: refused with HTTP ${status}, code ${venueCode}`;
      throw new VenueError(auth ? "AUTH" : "REFUSED", where, message, venueCode, status);
    },
  };
}

/** Bad key, bad signature, missing permission. */
export const AUTH_CODES: ReadonlySet<number> = new Set([-1002, -1022, -2014, -2015]);

function signedQuery(signer: BinanceSigner, signedAtMs: number): string {
  const payload = `recvWindow=${REQUEST_WINDOW_MS}&timestamp=${signedAtMs}`;
  return `${payload}&signature=${encodeURIComponent(signer.sign(payload))}`;
}
