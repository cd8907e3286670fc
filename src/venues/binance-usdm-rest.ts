/**
 * REST of Binance USDM: housekeeping beside the order path (limits, listen key, positions, permissions, server time).
 *
 * Invariants
 *   - One deadline covers connection, headers and body: a stalled body ends like a stalled connection.
 *   - Bodies are bounded. Redirects are errors: a signed request goes nowhere it was not sent.
 *   - Errors name method and path, never the query (which carries the signature), a header or a body.
 *
 * Orders never go this way, and nothing here retries.
 */
import { BinanceError } from "./binance-usdm-error.ts";
import type { BinanceSigner } from "./binance-usdm-signer.ts";

export interface BinanceRest {
  /** `signedAtMs` is venue time. */
  request(method: "GET" | "POST" | "PUT", path: string, signedAtMs?: number): Promise<unknown>;
}

const BODY_BYTES_MAX = 16 * 1024 * 1024;
const REQUEST_WINDOW_MS = 5000;

export function createBinanceRest(baseUrl: string, signer: BinanceSigner, timeoutMs: number): BinanceRest {
  const base = baseUrl.replace(/\/$/, "");
  return {
    async request(method, path, signedAtMs) {
      const where = `${method} ${path}`;
      const url = `${base}${path}${signedAtMs === undefined ? "" : `?${signedQuery(signer, signedAtMs)}`}`;
      let status = 0;
      let text: string;
      // Cleared, unlike AbortSignal.timeout, whose timer would outlive every request.
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(new DOMException("no answer in time", "TimeoutError")), timeoutMs);
      try {
        const response = await fetch(url, {
          method,
          headers: { "X-MBX-APIKEY": signer.apiKey },
          redirect: "error",
          signal: late.signal,
        });
        status = response.status;
        text = await readBounded(response);
      } catch (cause) {
        if (cause instanceof BinanceError) throw cause;
        throw new BinanceError("UNREACHABLE", where, `${where}: ${reason(cause)}`, 0, status);
      } finally {
        clearTimeout(timer);
      }
      const body = parseBody(text);
      if (status >= 200 && status < 300) {
        if (body === undefined)
          throw new BinanceError("MALFORMED", where, `${where}: the answer is not JSON`, 0, status);
        return body;
      }
      const venueCode = Number((body as { code?: unknown } | null | undefined)?.code ?? 0) || 0;
      const auth = status === 401 || AUTH_CODES.has(venueCode);
      const message = `${where}: refused with HTTP ${status}, code ${venueCode}`;
      throw new BinanceError(auth ? "AUTH" : "REFUSED", where, message, venueCode, status);
    },
  };
}

/** Bad key, bad signature, missing permission. */
export const AUTH_CODES: ReadonlySet<number> = new Set([-1002, -1022, -2014, -2015]);

function signedQuery(signer: BinanceSigner, signedAtMs: number): string {
  const payload = `recvWindow=${REQUEST_WINDOW_MS}&timestamp=${signedAtMs}`;
  return `${payload}&signature=${encodeURIComponent(signer.sign(payload))}`;
}

async function readBounded(response: Response): Promise<string> {
  if (!response.body) return "";
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > BODY_BYTES_MAX) throw new BinanceError("MALFORMED", "body", `answer is over ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The system's word for it only: a library's message could quote the url. */
function reason(cause: unknown): string {
  const { name, cause: inner } = cause as { name?: string; cause?: { code?: unknown } };
  if (name === "TimeoutError") return "no answer in time";
  return typeof inner?.code === "string" ? inner.code : "connection failed";
}
