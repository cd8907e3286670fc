/**
 * Life of a native client: its clock is measured, its listings are checked, its channels are opened and waited for, and
 * closed with it; and what it has been told to keep to.
 *
 * Invariants
 *   - `connect` resolves when orders may flow, or closes everything and throws the reason.
 *   - Every channel that was given is closed by `close`, whenever it was given.
 */
import type { Clock } from "../../time/clock.ts";
import { ClockOffset } from "../clock-offset.ts";
import type { RateTime } from "../rate-window.ts";
import type { VenueEvents } from "../venue.ts";
import { VenueHealth } from "../venue-health.ts";
import type { AppPing } from "../wire/link.ts";
import type { VenueSocketOptions } from "../wire/venue-socket.ts";

export interface NativeVenueOptions {
  readonly index: number;
  readonly name: string;
  readonly heartbeatMs: number;
  readonly staleAfterMs: number;
  readonly reconnectBackoff: { readonly baseMs: number; readonly maxMs: number };
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly restTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  readonly inFlightMax?: number;
  /** 2, the default, keeps a standby for the order socket. */
  readonly orderSockets?: 1 | 2;
  /** Age at which a connection is replaced without a gap. Default 23 h. */
  readonly rotateAfterMs?: number;
  readonly clockRefreshMs?: number;
}

export interface Channel {
  open?(): void;
  close(): void;
}

/** Unless the options say otherwise. */
export const REST_TIMEOUT_MS = 5000;
export const IN_FLIGHT_MAX = 4096;
export const QUERIES_MAX = 256;
const CONNECT_TIMEOUT_MS = 15_000;
const CLOCK_REFRESH_MS = 30_000;

export class Lifecycle {
  readonly health: VenueHealth;
  readonly offset: ClockOffset;
  readonly #options: NativeVenueOptions;
  readonly #clock: Clock;
  readonly #channels: Channel[] = [];

  constructor(options: NativeVenueOptions, events: VenueEvents, clock: Clock, serverTimeMs: () => Promise<number>) {
    this.#options = options;
    this.#clock = clock;
    const health = new VenueHealth(options.index, options.name, clock, (status) => events.onStatus(status));
    this.health = health;
    this.offset = new ClockOffset({
      clock,
      serverTimeMs,
      refreshMs: options.clockRefreshMs ?? CLOCK_REFRESH_MS,
      onEstimate: (estimate) => health.setClock(estimate),
    });
  }

  /** Time for a ledger of rate limits. The object is reused: a ledger keeps none of it. */
  rateTime(): () => RateTime {
    const time = { nowMs: 0, venueMs: 0 };
    return () => {
      time.nowMs = this.#clock.nowNs() / 1e6;
      time.venueMs = this.offset.venueMs();
      return time;
    };
  }

  socket(appPing?: AppPing): Omit<VenueSocketOptions, "url" | "seats"> {
    const { heartbeatMs, staleAfterMs, reconnectBackoff, random, rotateAfterMs } = this.#options;
    return {
      heartbeatMs,
      staleAfterMs,
      backoff: reconnectBackoff,
      random,
      clock: this.#clock,
      ...(appPing !== undefined && { appPing }),
      ...(rotateAfterMs !== undefined && { rotateAfterMs }),
    };
  }

  orderSocket(url: string, appPing?: AppPing): VenueSocketOptions {
    return { ...this.socket(appPing), seats: this.#options.orderSockets ?? 2, url: () => url };
  }

  /** To be opened once the venue has been checked, in this order. */
  give(...channels: Channel[]): void {
    this.#channels.push(...channels);
    if (this.health.isClosed) for (const channel of channels) channel.close();
  }

  /** `check` throws where the exchange and our settings do not fit; it may still `give` channels. */
  async connect(check: () => Promise<void>): Promise<void> {
    const { connectTimeoutMs = CONNECT_TIMEOUT_MS, random, reconnectBackoff } = this.#options;
    const deadlineNs = this.#clock.nowNs() + connectTimeoutMs * 1e6;
    const pauseMs = () => reconnectBackoff.maxMs * (0.25 + random() / 4);
    try {
      await this.health.reach(() => this.offset.measure(), pauseMs, deadlineNs);
      await check();
      if (!this.health.isClosed) for (const channel of this.#channels) channel.open?.();
      await this.health.whenLive(deadlineNs);
      this.offset.keep();
    } catch (cause) {
      this.close();
      throw cause;
    }
  }

  close(): void {
    if (this.health.isClosed) return;
    this.health.close();
    this.offset.close();
    for (const channel of this.#channels) channel.close();
  }
}
