/**
 * Watch: sees when a breaker has to trip. Losses, rates of orders and rejects, venues that stay away, clocks that are off.
 *
 * It only looks and trips; what a tripped breaker does is `Breakers` and `Core`.
 */
import type { Directory } from "../domain/instrument.ts";
import type { Side } from "../domain/order.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import type { VenueStatus } from "../domain/venue-status.ts";
import type { Breakers } from "./breakers.ts";
import { WHOLE } from "./breakers.ts";
import type { BreakerConfig } from "./config.ts";
import type { Equity } from "./equity.ts";
import type { Limits } from "./limits.ts";
import type { Market } from "./market.ts";
import { RateWindow } from "./rate-window.ts";

const MINUTE_MS = 60_000;
const LOOKED = 1;
const TAKEN = 2;

export class Watch {
  readonly #config: BreakerConfig;
  readonly #limits: Limits;
  readonly #breakers: Breakers;
  readonly #equity: Equity;
  /** By venue: since when it has been away; Infinity while it is there. */
  readonly #awaySinceNs: Float64Array;
  /** By venue: it has been away for its time, and a timer has LOOKED at that, or it was TAKEN for down. */
  readonly #looked: Uint8Array;
  /** By instrument and side; made at the first fill. */
  readonly #fills: (RateWindow | undefined)[];
  #orders: RateWindow;
  #rejects: RateWindow;

  constructor(
    config: BreakerConfig,
    limits: Limits,
    breakers: Breakers,
    equity: Equity,
    { venues, instruments }: Directory,
  ) {
    this.#config = config;
    this.#limits = limits;
    this.#breakers = breakers;
    this.#equity = equity;
    this.#awaySinceNs = new Float64Array(venues.length).fill(Number.POSITIVE_INFINITY);
    this.#looked = new Uint8Array(venues.length);
    this.#fills = new Array(2 * instruments.length).fill(undefined);
    this.#orders = new RateWindow(limits.of("ordersPerMinuteMax"), MINUTE_MS);
    this.#rejects = new RateWindow(limits.of("rejectsPerMinuteMax"), MINUTE_MS);
  }

  /** Limits have changed: what was counted by the old ones counts no more. */
  renew(): void {
    this.#orders = new RateWindow(this.#limits.of("ordersPerMinuteMax"), MINUTE_MS);
    this.#rejects = new RateWindow(this.#limits.of("rejectsPerMinuteMax"), MINUTE_MS);
    this.#fills.fill(undefined);
  }

  /** An order left. */
  onOrder(nowNs: Ns, wallMs: EpochMs): void {
    const max = this.#limits.of("ordersPerMinuteMax");
    if (this.#orders.add(nowNs))
      this.#breakers.trip("orderRate", WHOLE, "too many orders in a minute", max + 1, max, wallMs);
  }

  /** An order filled, in part or whole. */
  onFill(instrument: number, side: Side, nowNs: Ns, wallMs: EpochMs): void {
    const max = this.#limits.of("sameSideFillsPerMinuteMax");
    const at = 2 * instrument + (side === "buy" ? 0 : 1);
    this.#fills[at] ??= new RateWindow(max, MINUTE_MS);
    if (this.#fills[at].add(nowNs)) {
      const why = "too many fills of one instrument on one side in a minute";
      this.#breakers.trip("repeatedFills", WHOLE, why, max + 1, max, wallMs);
    }
    const costMax = this.#limits.of("dailyCostMax");
    const { dailyCost } = this.#equity;
    if (dailyCost > costMax)
      this.#breakers.trip("dailyCost", WHOLE, "fees and slippage since 00:00 UTC", dailyCost, costMax, wallMs);
  }

  /** A venue refused one. */
  onReject(nowNs: Ns, wallMs: EpochMs): void {
    const max = this.#limits.of("rejectsPerMinuteMax");
    if (this.#rejects.add(nowNs))
      this.#breakers.trip("rejects", WHOLE, "too many orders rejected in a minute", max + 1, max, wallMs);
  }

  /** Equity was marked anew. */
  onMark(wallMs: EpochMs): void {
    const lossMax = this.#limits.of("dailyLossMax");
    const drawdownMax = this.#limits.of("drawdownMax");
    if (!this.#equity.isBeyond(lossMax, drawdownMax)) return;
    const { dailyLoss, drawdown } = this.#equity;
    if (dailyLoss > lossMax)
      this.#breakers.trip("dailyLoss", WHOLE, "lost since 00:00 UTC", dailyLoss, lossMax, wallMs);
    if (drawdown > drawdownMax)
      this.#breakers.trip("drawdown", WHOLE, "lost since the peak", drawdown, drawdownMax, wallMs);
  }

  onVenue({ venue, clockOffsetMs }: VenueStatus, isReady: boolean, nowNs: Ns, wallMs: EpochMs): void {
    if (isReady) {
      this.#awaySinceNs[venue] = Number.POSITIVE_INFINITY;
      this.#looked[venue] = 0;
    } else this.#awaySinceNs[venue] = Math.min(this.#awaySinceNs[venue]!, nowNs);
    const max = this.#config.clockOffsetMsMax;
    const off = Math.abs(clockOffsetMs);
    if (off > max) this.#breakers.trip("clock", venue, "our clock and the venue's are far apart", off, max, wallMs);
  }

  /** Some venue has answered. One that cannot be reached from the start on says nothing of itself: it is away from now on. */
  onAnswer(market: Market, nowNs: Ns): void {
    for (let venue = 0; venue < this.#awaySinceNs.length; venue++) {
      if (!market.isUp(venue)) this.#awaySinceNs[venue] = Math.min(this.#awaySinceNs[venue]!, nowNs);
    }
  }

  /**
   * A venue that has been away for its time and counts (`matters`): trips its breaker. -1 where there is none. Once per outage, and
   * again where that was acknowledged while it lasts; an entry that is left open from an outage before keeps no later one from it.
   */
  takeVenueDown(nowNs: Ns, wallMs: EpochMs, matters: (venue: number) => boolean): number {
    const max = this.#config.venueDownMs;
    for (let venue = 0; venue < this.#awaySinceNs.length; venue++) {
      const awayNs = nowNs - this.#awaySinceNs[venue]!;
      if (!(awayNs >= max * 1e6)) continue;
      if (this.#looked[venue] === TAKEN && this.#breakers.isOpen("venueDown", venue)) continue;
      this.#looked[venue] = LOOKED;
      if (!matters(venue)) continue;
      this.#looked[venue] = TAKEN;
      const awayMs = Math.round(awayNs / 1e6);
      this.#breakers.tripAnew("venueDown", venue, `unreachable for ${awayMs} ms`, awayMs, max, wallMs);
      return venue;
    }
    return -1;
  }

  /**
   * When the next venue has been away for its time; Infinity where none is away, or a timer has looked at it since. May lie in
   * the past: a quote of another venue can come between that moment and the timer.
   */
  nextTimerNs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (let venue = 0; venue < this.#awaySinceNs.length; venue++) {
      const dueNs = this.#awaySinceNs[venue]! + this.#config.venueDownMs * 1e6;
      if (this.#looked[venue] === 0 && dueNs < next) next = dueNs;
    }
    return next;
  }
}
