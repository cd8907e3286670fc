/**
 * REST towards one host of a venue: housekeeping beside the order path.
 *
 * Invariants
 *   - One deadline covers connection, headers and body: a stalled body ends like a stalled connection.
 *   - Bodies are bounded. Redirects are errors: a signed request goes nowhere it was not sent.
 *   - Errors name method and path, never the query (which may carry a signature), a header or a body.
 *
 * Orders never go this way, and nothing here retries or signs.
 */
import { VenueError } from "../venue-error.ts";

export interface RestRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** From the slash on, without query. */
  readonly path: string;
  /** As it is sent, without the question mark. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON value of the body; undefined where it is none. */
  readonly body: unknown;
}

export interface Rest {
  /** Any status is an answer. Throws `UNREACHABLE` without one, `MALFORMED` for one that is too large. */
  send(request: RestRequest): Promise<RestAnswer>;
}

const BODY_BYTES_MAX = 16 * 1024 * 1024;

export function createRest(baseUrl: string, timeoutMs: number): Rest {
  const base = baseUrl.replace(/\/$/, "");
  return {
    async send({ method, path, query, headers = {}, body }) {
      const where = `${method} ${path}`;
      // Cleared, unlike AbortSignal.timeout, whose timer would outlive every request.
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(new DOMException("no answer in time", "TimeoutError")), timeoutMs);
      let status = 0;
      try {
        const response = await fetch(`${base}${path}${query === undefined ? "" : `?${query}`}`, {
          method,
          headers,
          redirect: "error",
          signal: late.signal,
          ...(body !== undefined && { body }),
        });
        status = response.status;
        return { status, headers: response.headers, body: parseBody(await readBounded(response)) };
      } catch (cause) {
        if (cause instanceof VenueError) throw cause;
        throw new VenueError("UNREACHABLE", where, `${where}: ${reason(cause)}`, 0, status);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** Brings in what is behind `fetch`, a tenth of a second of processor that the first request would wait for. */
export async function loadRest(): Promise<void> {
  await (await fetch("data:,")).text();
}

async function readBounded(response: Response): Promise<string> {
  if (!response.body) return "";
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > BODY_BYTES_MAX) throw new VenueError("MALFORMED", "body", `answer is over ${BODY_BYTES_MAX} bytes`);
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
