/**
 * Binance's rate limits, USDM and spot alike: orders per account and request weight per address in fixed windows, shown with
 * every answer. Who goes on after a 429 is banned (418) until the window ends.
 */
import type { Failure } from "../../failure.ts";
import { RateLimiter, type RateLimits, type WindowLimit } from "../../rate-limits.ts";

/** Requests that a caller may have refused in one window before the ban. */
const KNOCKS_MAX = 10;
const ADDRESS = "address";

export class BinanceLimits {
  readonly limits: RateLimits;
  readonly #orders: RateLimiter;
  readonly #weight: RateLimiter;
  /** The rows of `rateLimits` up to their counts: every answer shows them. */
  readonly #orderRows: readonly string[];
  readonly #weightRows: readonly string[];
  readonly #used: number[] = [];
  #knocks = 0;
  #bannedUntilMs = 0;

  constructor(limits: RateLimits) {
    this.limits = limits;
    this.#orders = new RateLimiter(limits.place, "fixed");
    this.#weight = new RateLimiter(limits.requests, "fixed");
    this.#orderRows = limits.place.map((limit) => row("ORDERS", limit));
    this.#weightRows = limits.requests.map((limit) => row("REQUEST_WEIGHT", limit));
  }

  /** Counts one new order of an account, or refuses it. */
  countOrder(apiKey: string, nowMs: number): Failure | null {
    const excess = this.#orders.count(apiKey, nowMs);
    if (excess === null) return null;
    const { count, windowMs } = excess.limit;
    const { interval, intervalNum } = intervalOf(windowMs);
    const msg = `Too many new orders; current limit is ${count} orders per ${intervalNum} ${interval}`;
    return { httpStatus: 429, code: -1015, msg: `${msg}.`, retryAfterMs: excess.retryAfterMs };
  }

  /** Gives a counted order's place back: it filled. */
  uncountOrder(apiKey: string, nowMs: number): void {
    this.#orders.uncount(apiKey, nowMs);
  }

  /** Counts a request's weight, or refuses it. A paper venue's callers share one address. */
  countWeight(weight: number, nowMs: number): Failure | null {
    if (nowMs < this.#bannedUntilMs) return banned(this.#bannedUntilMs, nowMs);
    if (weight === 0) return null;
    const excess = this.#weight.count(ADDRESS, nowMs, weight);
    if (excess === null) {
      this.#knocks = 0;
      return null;
    }
    if (++this.#knocks > KNOCKS_MAX) {
      this.#bannedUntilMs = nowMs + excess.retryAfterMs;
      return banned(this.#bannedUntilMs, nowMs);
    }
    const msg = `Too many requests; current limit of IP is ${excess.limit.count} requests per minute. Please use the websocket for live updates to avoid polling the API.`;
    return { httpStatus: 429, code: -1003, msg, retryAfterMs: excess.retryAfterMs };
  }

  /** The `rateLimits` array of a WebSocket API answer. */
  render(apiKey: string | undefined, nowMs: number): string {
    let text = "[";
    this.#orders.readUsed(apiKey ?? "", nowMs, this.#used);
    for (let at = 0; at < this.#orderRows.length; at++) text += `${this.#orderRows[at]}${this.#used[at]}},`;
    this.#weight.readUsed(ADDRESS, nowMs, this.#used);
    for (let at = 0; at < this.#weightRows.length; at++) text += `${this.#weightRows[at]}${this.#used[at]}},`;
    return text.length === 1 ? "[]" : `${text.slice(0, -1)}]`;
  }

  /** Headers of a REST answer: this window's counts. */
  headers(apiKey: string | undefined, nowMs: number, failure: Failure | null): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const { limit, used } of this.#weight.usage(ADDRESS, nowMs))
      headers[`x-mbx-used-weight-${suffixOf(limit)}`] = String(used);
    if (apiKey !== undefined) {
      for (const { limit, used } of this.#orders.usage(apiKey, nowMs))
        headers[`x-mbx-order-count-${suffixOf(limit)}`] = String(used);
    }
    if (failure?.retryAfterMs !== undefined) headers["retry-after"] = String(Math.ceil(failure.retryAfterMs / 1000));
    return headers;
  }

  /** The `rateLimits` of exchangeInfo. */
  published(): readonly object[] {
    const rows = (rateLimitType: string, limits: readonly WindowLimit[]) =>
      limits.map(({ count, windowMs }) => ({ rateLimitType, ...intervalOf(windowMs), limit: count }));
    return [...rows("REQUEST_WEIGHT", this.limits.requests), ...rows("ORDERS", this.limits.place)];
  }
}

/** The refusal of a limit, as a fault asks for it. */
export function limitedByFault(httpStatus: 429 | 418 | 403, retryAfterMs: number): Failure {
  if (httpStatus === 403) return { httpStatus, code: -1003, msg: "Forbidden.", retryAfterMs };
  const msg = httpStatus === 418 ? "Way too many requests; IP banned." : "Too many requests; please slow down.";
  return { httpStatus, code: -1003, msg, retryAfterMs };
}

function banned(untilMs: number, nowMs: number): Failure {
  const msg = `Way too many requests; IP banned until ${untilMs}. Please use the websocket for live updates to avoid bans.`;
  return { httpStatus: 418, code: -1003, msg, retryAfterMs: untilMs - nowMs };
}

/** Up to the count. */
function row(type: string, { count, windowMs }: WindowLimit): string {
  const { interval, intervalNum } = intervalOf(windowMs);
  return `{"rateLimitType":"${type}","interval":"${interval}","intervalNum":${intervalNum},"limit":${count},"count":`;
}

function intervalOf(windowMs: number): { readonly interval: string; readonly intervalNum: number } {
  if (windowMs % 86_400_000 === 0) return { interval: "DAY", intervalNum: windowMs / 86_400_000 };
  if (windowMs % 60_000 === 0) return { interval: "MINUTE", intervalNum: windowMs / 60_000 };
  return { interval: "SECOND", intervalNum: windowMs / 1000 };
}

/** 10s, 1m, 1d. */
function suffixOf({ windowMs }: WindowLimit): string {
  const { interval, intervalNum } = intervalOf(windowMs);
  return `${intervalNum}${interval[0]!.toLowerCase()}`;
}
