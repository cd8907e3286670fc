/**
 * Venue health: the status a venue reports of itself, and the waiting for it that `connect` is.
 *
 * Invariants
 *   - Every change is reported once, with the whole status, before anybody who waits hears of it.
 *   - A wait ends: live, at its deadline (`UNREACHABLE`, naming what is missing and the last reason), at once when the key
 *     is refused (`AUTH`), or with `CLOSED`.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { VenueStatus } from "../domain/venue-status.ts";
import type { Clock } from "../time/clock.ts";
import type { ClockEstimate } from "./clock-offset.ts";
import { VenueError } from "./venue-error.ts";

export type LiveField = "ordersLive" | "streamLive" | "quotesLive";

type MutableStatus = { -readonly [Field in keyof VenueStatus]: VenueStatus[Field] };

const FIELD_NAMES: Readonly<Record<LiveField, string>> = {
  ordersLive: "orders",
  streamLive: "stream",
  quotesLive: "quotes",
};

export class VenueHealth {
  readonly #name: string;
  readonly #onStatus: (status: VenueStatus) => void;
  readonly #status: MutableStatus;
  readonly #clock: Clock;
  #closed = false;
  #lastFailure: Error | null = null;
  /** Set while somebody waits: called at every change. */
  #waiting: (() => void) | null = null;

  constructor(venue: number, name: string, clock: Clock, onStatus: (status: VenueStatus) => void) {
    this.#name = name;
    this.#clock = clock;
    this.#onStatus = onStatus;
    this.#status = {
      venue,
      ordersLive: false,
      streamLive: false,
      quotesLive: false,
      clockOffsetMs: Number.NaN,
      clockErrorMs: Number.NaN,
    };
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  setLive(field: LiveField, live: boolean): void {
    if (this.#status[field] === live) return;
    this.#status[field] = live;
    this.#onStatus(this.#status);
    this.#waiting?.();
  }

  setClock(estimate: ClockEstimate | null): void {
    const monotonicMs = this.#clock.nowNs() / 1e6;
    this.#status.clockOffsetMs = (estimate?.leadMs ?? Number.NaN) + monotonicMs - this.#clock.wallMs();
    this.#status.clockErrorMs = estimate?.errorMs ?? Number.NaN;
    this.#onStatus(this.#status);
  }

  /** Why a socket did not come up: the reason given when a wait runs out. */
  failed(cause: Error): void {
    this.#lastFailure = cause;
    this.#waiting?.();
  }

  /** Calls `attempt` until it does not fail with `UNREACHABLE`: a venue that is just starting is waited for. */
  async reach(attempt: () => Promise<void>, waitMs: () => number, deadlineNs: number): Promise<void> {
    for (;;) {
      try {
        return await attempt();
      } catch (cause) {
        if (!(cause instanceof VenueError) || cause.code !== "UNREACHABLE") throw cause;
        const pauseMs = waitMs();
        if (this.#clock.nowNs() + pauseMs * 1e6 > deadlineNs) throw cause;
        await sleep(pauseMs);
      }
      if (this.#closed) throw this.#closedError();
    }
  }

  /** Resolves when orders, stream and quotes are live. */
  whenLive(deadlineNs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timeoutMs = Math.max(0, (deadlineNs - this.#clock.nowNs()) / 1e6);
    const timer = setTimeout(() => reject(this.#notLive()), timeoutMs);
    this.#waiting = () => {
      if (this.#closed) reject(this.#closedError());
      else if (this.#lastFailure instanceof VenueError && this.#lastFailure.code === "AUTH") reject(this.#lastFailure);
      else if (this.#missing() === "") resolve();
    };
    this.#waiting();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting = null;
    });
  }

  close(): void {
    this.#closed = true;
    this.#waiting?.();
  }

  #missing(): string {
    const fields = Object.keys(FIELD_NAMES) as LiveField[];
    return fields
      .filter((field) => !this.#status[field])
      .map((field) => FIELD_NAMES[field])
      .join(", ");
  }

  #notLive(): VenueError {
    const field = this.#missing();
    const message = `${this.#name}: no live socket for ${field}: ${failureReason(this.#lastFailure)}`;
    return new VenueError("UNREACHABLE", field, message);
  }

  #closedError(): VenueError {
    return new VenueError("CLOSED", "connect", `${this.#name}: closed while connecting`);
  }
}

/** What is safe to repeat of a failed connection: a library's message may quote the url, and with it a key. */
function failureReason(cause: Error | null): string {
  if (cause instanceof VenueError) return cause.message;
  const code = (cause as { code?: unknown } | null)?.code;
  if (typeof code === "string") return code;
  return /^Unexpected server response: \d{3}$/.test(cause?.message ?? "")
    ? (cause?.message ?? "")
    : "no answer in time";
}
