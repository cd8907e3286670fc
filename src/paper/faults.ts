/**
 * Fault plane of one paper venue: what shall go wrong next, how often or for how long.
 *
 * Invariants
 *   - Every fault ends: it has a count, a duration, or both, and the plane holds at most `FAULTS_MAX` of them.
 *   - A counted fault is used up by exactly the operations it hit; faults of one kind are used in the order they came.
 *
 * This file keeps faults; `fault-forms.ts` has the table of them and reads their JSON. `operations.ts` and `venue-server.ts`
 * act on them, at the points `takeFor` and `active` are asked.
 */
import type { Clock } from "../time/clock.ts";
import {
  type Fault,
  FaultError,
  type FaultKind,
  type FaultOperation,
  type KillPoint,
  parseFault,
  type TimedFaultKind,
} from "./fault-forms.ts";

export interface FaultEntry {
  readonly id: number;
  readonly fault: Fault;
  /** Operations it still hits; Infinity when only time ends it. */
  countLeft: number;
  /** Monotonic, as `endsNs`. */
  readonly startsNs: number;
  /** Infinity when only the count ends it. */
  readonly endsNs: number;
}

const FAULTS_MAX = 1000;

export class FaultPlane {
  readonly #clock: Clock;
  readonly #entries: FaultEntry[] = [];
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds one fault from its JSON form. Throws a `FaultError` naming the field. */
  add(json: unknown): FaultEntry {
    this.#prune();
    if (this.#entries.length >= FAULTS_MAX) throw new FaultError("faults", `at most ${FAULTS_MAX} may be pending`);
    const { fault, count, startsInMs, durationMs } = parseFault(json);
    const startsNs = this.#clock.nowNs() + startsInMs * 1e6;
    const entry: FaultEntry = {
      id: ++this.#lastId,
      fault,
      countLeft: count ?? (durationMs === undefined ? 1 : Number.POSITIVE_INFINITY),
      startsNs,
      endsNs: durationMs === undefined ? Number.POSITIVE_INFINITY : startsNs + durationMs * 1e6,
    };
    // Cutting sockets now is an act, not a state: the caller does it and nothing stays pending.
    if (fault.kind !== "killSockets" || fault.when !== "now") this.#entries.push(entry);
    return entry;
  }

  clear(): void {
    this.#entries.length = 0;
  }

  pending(): readonly FaultEntry[] {
    this.#prune();
    return this.#entries;
  }

  /** Nothing is pending, so nothing need be asked. */
  get idle(): boolean {
    return this.#entries.length === 0;
  }

  /** The first pending fault of that kind that hits the operation, counted as used. Costs nothing while none is pending. */
  takeFor<Kind extends Exclude<FaultKind, TimedFaultKind | "killSockets">>(
    kind: Kind,
    operation: FaultOperation,
    symbol: string | undefined,
  ): Extract<Fault, { kind: Kind }> | null {
    return this.#take(kind, (fault) => strikes(fault, operation, symbol));
  }

  /** `killSockets` at that point of an operation. */
  takeKill(operation: FaultOperation, when: KillPoint, symbol: string | undefined) {
    return this.#take("killSockets", (fault) => fault.when === when && strikes(fault, operation, symbol));
  }

  /** A fault that strikes the private events which one request, or one move of the market, caused; counted as used. */
  takeForEvents<Kind extends "delayEvents" | "duplicateEvents" | "reorderEvents">(kind: Kind) {
    return this.#take(kind, () => true);
  }

  /** The first timed fault of that kind that holds now, and for that symbol where it names one. */
  active<Kind extends TimedFaultKind>(kind: Kind, symbol?: string): Extract<Fault, { kind: Kind }> | null {
    return this.#take(kind, (fault) => !("symbol" in fault) || fault.symbol === symbol);
  }

  #take<Kind extends FaultKind>(kind: Kind, hits: (fault: Extract<Fault, { kind: Kind }>) => boolean) {
    if (this.#entries.length === 0) return null;
    this.#prune();
    const nowNs = this.#clock.nowNs();
    for (const [at, entry] of this.#entries.entries()) {
      const fault = entry.fault as Extract<Fault, { kind: Kind }>;
      if (fault.kind !== kind || entry.startsNs > nowNs || !hits(fault)) continue;
      entry.countLeft--;
      if (entry.countLeft <= 0) this.#entries.splice(at, 1);
      return fault;
    }
    return null;
  }

  #prune(): void {
    const nowNs = this.#clock.nowNs();
    for (let at = this.#entries.length - 1; at >= 0; at--) {
      if (this.#entries[at]!.endsNs <= nowNs) this.#entries.splice(at, 1);
    }
  }
}

function strikes(fault: Fault, operation: FaultOperation, symbol: string | undefined): boolean {
  if (!("on" in fault)) return false;
  if (fault.symbol !== undefined && fault.symbol !== symbol) return false;
  return fault.on === operation || (fault.on === "any" && operation !== "other");
}
