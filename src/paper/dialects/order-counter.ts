/**
 * Order rate of one venue in Binance's fixed windows, counted and enforced as it is published.
 */
export interface OrderRateLimits {
  readonly per10s: number;
  readonly perMinute: number;
}

export class OrderCounter {
  readonly limits: OrderRateLimits;
  #window10s = 0;
  #windowMinute = 0;
  #count10s = 0;
  #countMinute = 0;

  constructor(limits: OrderRateLimits) {
    this.limits = limits;
  }

  /** Counts one new order. The text of the limit it exceeds, or null. */
  count(nowMs: number): string | null {
    this.#roll(nowMs);
    if (this.#count10s >= this.limits.per10s) return `${this.limits.per10s} orders per 10 SECOND`;
    if (this.#countMinute >= this.limits.perMinute) return `${this.limits.perMinute} orders per 1 MINUTE`;
    this.#count10s++;
    this.#countMinute++;
    return null;
  }

  /** The `rateLimits` array of a WebSocket API answer. */
  render(nowMs: number): string {
    this.#roll(nowMs);
    return (
      `[{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":${this.limits.per10s},"count":${this.#count10s}},` +
      `{"rateLimitType":"ORDERS","interval":"MINUTE","intervalNum":1,"limit":${this.limits.perMinute},"count":${this.#countMinute}},` +
      `{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":2400,"count":1}]`
    );
  }

  /** Header values of a REST answer: this window's counts. */
  counts(nowMs: number): { readonly in10s: number; readonly inMinute: number } {
    this.#roll(nowMs);
    return { in10s: this.#count10s, inMinute: this.#countMinute };
  }

  #roll(nowMs: number): void {
    const window10s = Math.floor(nowMs / 10_000);
    if (window10s !== this.#window10s) {
      this.#window10s = window10s;
      this.#count10s = 0;
    }
    const windowMinute = Math.floor(nowMs / 60_000);
    if (windowMinute !== this.#windowMinute) {
      this.#windowMinute = windowMinute;
      this.#countMinute = 0;
    }
  }
}
