/**
 * Rate limits at the door: tokens per source, and failed authentications per address.
 */
import { assert } from "../domain/units.ts";

/** A token bucket: `ratePerSec` on average, `burst` at once. Allocates nothing. */
export class TokenBucket {
  readonly #ratePerNs: number;
  readonly #burst: number;
  #tokens: number;
  #updatedNs = 0;

  constructor(ratePerSec: number, burst: number) {
    assert(ratePerSec > 0 && burst >= 1, `token bucket of ${ratePerSec}/s, burst ${burst}`);
    this.#ratePerNs = ratePerSec / 1e9;
    this.#burst = burst;
    this.#tokens = burst;
  }

  take(nowNs: number): boolean {
    const elapsedNs = Math.max(0, nowNs - this.#updatedNs);
    this.#tokens = Math.min(this.#burst, this.#tokens + elapsedNs * this.#ratePerNs);
    this.#updatedNs = nowNs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Whole seconds until the next token, at least 1. */
  retryAfterS(): number {
    return Math.max(1, Math.ceil((1 - this.#tokens) / this.#ratePerNs / 1e9));
  }
}

const MINUTE_NS = 60e9;

/**
 * Failed authentications per address within a minute: for the alarm, and for what a failing request is answered with.
 *
 * A request that verifies is never refused for the failures of others: behind a proxy all senders have one address, and on
 * loopback the operator shares his with whatever else runs there. So every request is verified, and what guessing costs us is
 * bounded by the cap on bodies.
 *
 * At most `addressesMax` are kept; the one that failed longest ago is forgotten first. Addresses with no failure cost
 * nothing. IPv6 counts per /64, which is what one sender usually holds.
 */
export class AuthFailures {
  readonly #perMinuteMax: number;
  readonly #addressesMax: number;
  readonly #failures = new Map<string, { count: number; sinceNs: number }>();

  constructor(perMinuteMax: number, addressesMax = 10_000) {
    this.#perMinuteMax = perMinuteMax;
    this.#addressesMax = addressesMax;
  }

  /** Counts one more: `reached` for the one that makes the limit full, `over` for those behind it. */
  count(address: string, nowNs: number): "under" | "reached" | "over" {
    const key = network(address);
    let failures = this.#failures.get(key);
    if (failures === undefined || nowNs - failures.sinceNs >= MINUTE_NS) failures = { count: 0, sinceNs: nowNs };
    failures.count += 1;
    // Put last, so that the first key of the map is the one that failed longest ago.
    this.#failures.delete(key);
    this.#failures.set(key, failures);
    if (this.#failures.size > this.#addressesMax) {
      for (const oldest of this.#failures.keys()) {
        this.#failures.delete(oldest);
        break;
      }
    }
    if (failures.count < this.#perMinuteMax) return "under";
    return failures.count === this.#perMinuteMax ? "reached" : "over";
  }
}

function network(address: string): string {
  return address.includes(":") ? address.split(":", 4).join(":") : address;
}
