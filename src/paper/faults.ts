/**
 * Fault plane of one paper venue: what shall go wrong next, how often or for how long.
 *
 * Invariants
 *   - Every fault ends: it has a count, a duration, or both, and the plane holds at most `FAULTS_MAX` of them.
 *   - A counted fault is used up by exactly the operations it hit; faults of one kind are used in the order they came.
 *
 * This file only keeps and checks faults. The dialect acts on them, at the points `takeFor` and `active` are asked.
 */
import type { Clock } from "../time/clock.ts";

export type FaultOperation = "place" | "cancel" | "query";
export type SocketKind = "orders" | "user" | "market";

/**
 *   dropBefore   the request is lost: not executed, not answered
 *   dropAck      executed, the answer is lost; with `userEvent` what the private stream would say is lost too
 *   delayAck     executed at once, answered `ms` later
 *   reject       refused with `code` and `msg`, not executed
 *   partial      only `quantity` is there to be taken by this order
 *   http503      answered 503: `unknown` (executed unless `executes` is false), `unavailable`, `throttled`, `internal`
 *   killSockets  `sockets` are cut: `now`, or by an operation `beforeExecute` / `afterExecute` instead of its answer
 *   clockSkew    the venue's clock is `ms` ahead (negative: behind)
 *   outage       every connection is cut and none is accepted
 *   userStreamDrop  private events are lost while the socket stays up
 */
export type Fault =
  | { readonly kind: "dropBefore"; readonly on: FaultOperation | "any" }
  | { readonly kind: "dropAck"; readonly on: FaultOperation | "any"; readonly userEvent: boolean }
  | { readonly kind: "delayAck"; readonly on: FaultOperation | "any"; readonly ms: number }
  | { readonly kind: "reject"; readonly on: FaultOperation | "any"; readonly code: number; readonly msg: string }
  | { readonly kind: "partial"; readonly on: FaultOperation | "any"; readonly quantity: string }
  | {
      readonly kind: "http503";
      readonly on: FaultOperation | "any";
      readonly variant: Http503;
      readonly executes: boolean;
    }
  | {
      readonly kind: "killSockets";
      readonly on: FaultOperation | "any";
      readonly sockets: readonly SocketKind[];
      readonly when: "now" | "beforeExecute" | "afterExecute";
    }
  | { readonly kind: "clockSkew"; readonly ms: number }
  | { readonly kind: "outage" }
  | { readonly kind: "userStreamDrop" };

export type FaultKind = Fault["kind"];
export type Http503 = "unknown" | "unavailable" | "throttled" | "internal";

export interface FaultEntry {
  readonly id: number;
  readonly fault: Fault;
  /** Operations it still hits; Infinity when only time ends it. */
  countLeft: number;
  /** Monotonic; Infinity when only the count ends it. */
  readonly endsNs: number;
}

export class FaultError extends Error {
  override readonly name = "FaultError";
  readonly code = "FAULT_INVALID";
  readonly field: string;

  constructor(field: string, what: string) {
    super(`${field}: ${what}`);
    this.field = field;
  }
}

export const FAULTS_MAX = 1000;
const DURATION_MS_MAX = 3_600_000;

/** Kinds that hold for a time and not for a number of operations. */
const TIMED: readonly FaultKind[] = ["clockSkew", "outage", "userStreamDrop"];

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
    const fields = object(json, "fault");
    const fault = parseFault(fields);
    const timed = TIMED.includes(fault.kind);
    const duration = optionalNumber(fields, "durationMs", 1, DURATION_MS_MAX);
    const count = timed ? undefined : optionalNumber(fields, "count", 1, 1_000_000);
    if (timed && duration === undefined) throw new FaultError("durationMs", `is required for ${fault.kind}`);
    const entry: FaultEntry = {
      id: ++this.#lastId,
      fault,
      countLeft: count ?? (duration === undefined ? 1 : Number.POSITIVE_INFINITY),
      endsNs: duration === undefined ? Number.POSITIVE_INFINITY : this.#clock.nowNs() + duration * 1e6,
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

  /** The first pending fault of that kind that hits `operation`, counted as used. Costs nothing while none is pending. */
  takeFor<Kind extends FaultKind>(kind: Kind, operation: FaultOperation): Extract<Fault, { kind: Kind }> | null {
    return this.#take(kind, (fault) => "on" in fault && (fault.on === "any" || fault.on === operation));
  }

  /** `killSockets` at that point of an operation. */
  takeKill(operation: FaultOperation, when: "beforeExecute" | "afterExecute") {
    return this.#take("killSockets", (fault) => fault.when === when && (fault.on === "any" || fault.on === operation));
  }

  /** The first timed fault of that kind that holds now. */
  active<Kind extends FaultKind>(kind: Kind): Extract<Fault, { kind: Kind }> | null {
    return this.#take(kind, () => true);
  }

  #take<Kind extends FaultKind>(kind: Kind, hits: (fault: Extract<Fault, { kind: Kind }>) => boolean) {
    if (this.#entries.length === 0) return null;
    this.#prune();
    for (const [at, entry] of this.#entries.entries()) {
      const fault = entry.fault as Extract<Fault, { kind: Kind }>;
      if (fault.kind !== kind || !hits(fault)) continue;
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

function parseFault(fields: Readonly<Record<string, unknown>>): Fault {
  const kind = fields["kind"];
  const on = () => oneOf(fields, "on", ["place", "cancel", "query", "any"] as const, "place");
  switch (kind) {
    case "dropBefore":
      return { kind, on: on() };
    case "dropAck":
      return { kind, on: on(), userEvent: flag(fields, "userEvent", false) };
    case "delayAck":
      return { kind, on: on(), ms: number(fields, "ms", 0, DURATION_MS_MAX) };
    case "reject":
      return {
        kind,
        on: on(),
        code: number(fields, "code", -99_999, 99_999),
        msg: text(fields, "msg", "Rejected by a fault."),
      };
    case "partial": {
      const quantity = text(fields, "quantity", undefined);
      if (!/^\d+(\.\d+)?$/.test(quantity)) throw new FaultError("quantity", `"${quantity}" is not a plain decimal`);
      return { kind, on: "place", quantity };
    }
    case "http503": {
      const variant = oneOf(fields, "variant", ["unknown", "unavailable", "throttled", "internal"] as const, "unknown");
      return { kind, on: on(), variant, executes: variant === "unknown" && flag(fields, "executes", true) };
    }
    case "killSockets": {
      const sockets = oneOf(fields, "sockets", ["orders", "user", "market", "all"] as const, "all");
      const when = oneOf(fields, "when", ["now", "beforeExecute", "afterExecute"] as const, "now");
      return { kind, on: on(), sockets: sockets === "all" ? ["orders", "user", "market"] : [sockets], when };
    }
    case "clockSkew":
      return { kind, ms: number(fields, "ms", -DURATION_MS_MAX, DURATION_MS_MAX) };
    case "outage":
    case "userStreamDrop":
      return { kind };
    default:
      throw new FaultError("kind", `${JSON.stringify(kind)} is no fault`);
  }
}

type Fields = Readonly<Record<string, unknown>>;

function object(json: unknown, field: string): Fields {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new FaultError(field, "is not an object");
  return json as Fields;
}

function number(fields: Fields, field: string, min: number, max: number): number {
  const value = optionalNumber(fields, field, min, max);
  if (value === undefined) throw new FaultError(field, "is required");
  return value;
}

function optionalNumber(fields: Fields, field: string, min: number, max: number): number | undefined {
  const value = fields[field];
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !(value >= min && value <= max))
    throw new FaultError(field, `is not a number from ${min} to ${max}`);
  return value;
}

function flag(fields: Fields, field: string, fallback: boolean): boolean {
  const value = fields[field] ?? fallback;
  if (typeof value !== "boolean") throw new FaultError(field, "is neither true nor false");
  return value;
}

function text(fields: Fields, field: string, fallback: string | undefined): string {
  const value = fields[field] ?? fallback;
  if (typeof value !== "string" || value.length > 256)
    throw new FaultError(field, "is not a text of at most 256 characters");
  return value;
}

function oneOf<Value extends string>(fields: Fields, field: string, values: readonly Value[], fallback: Value): Value {
  const value = fields[field] ?? fallback;
  if (!values.includes(value as Value))
    throw new FaultError(field, `${JSON.stringify(value)} is none of ${values.join(", ")}`);
  return value as Value;
}
