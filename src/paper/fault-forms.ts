/**
 * The faults a paper venue can be given, and their JSON form. Sent to `POST /paper/faults`, or listed in the configuration.
 *
 * Every fault ends: `count` (operations it hits, default 1), `durationMs`, or both; with `startsInMs` it begins later.
 * Unknown fields are refused: a misspelt filter would strike everything.
 *
 * | kind              | fields                              | what happens                                                         |
 * | ----------------- | ----------------------------------- | -------------------------------------------------------------------- |
 * | `dropBefore`      | filter                              | the request is lost: not executed, not answered                      |
 * | `delayBefore`     | filter, `ms`                        | the request arrives `ms` late, by when its validity may have ended   |
 * | `dropAck`         | filter, `userEvent`                 | executed, the answer lost; with `userEvent` its private events too   |
 * | `delayAck`        | filter, `ms`                        | executed at once, answered `ms` later                                |
 * | `stallBody`       | filter                              | executed, the answer begun and never ended                           |
 * | `reject`          | filter, `code`, `msg`               | refused with that code, not executed                                 |
 * | `limited`         | filter, `status`, `retryAfterMs`    | refused with HTTP 429, 418 or 403, not executed                      |
 * | `http503`         | filter, `variant`, `executes`       | 503; `unknown` says nothing of execution and executes unless told    |
 * | `partial`         | `quantity`, `symbol`                | only that much is there to be taken by this order                    |
 * | `lie`             | `what`, `symbol`                    | accepted, then silence: see `Lie`                                    |
 * | `killSockets`     | filter, `sockets`, `when`           | sockets are cut: `now`, or at a point of an operation                |
 * | `delayEvents`     | `ms`                                | private events of one flush come `ms` late, and what is behind them  |
 * | `duplicateEvents` | `times`                             | each private event of one flush comes that many times                |
 * | `reorderEvents`   |                                     | the private events of one flush come last first                      |
 * | `userStreamDrop`  | `durationMs`                        | private events are lost while the socket stays up                    |
 * | `clockSkew`       | `ms`, `durationMs`                  | the venue's clock is `ms` ahead (negative: behind)                   |
 * | `lateQuotes`      | `ms`, `durationMs`                  | what market sockets say comes `ms` late, with the stamp it had       |
 * | `otherRules`      | `symbol`, `tickSize`, `lotSize`,    | the list of markets states these rules; trading goes on by the old   |
 * |                   | `contractSize`, `durationMs`        |                                                                      |
 * | `outage`          | `durationMs`                        | every connection is cut and none is accepted                         |
 *
 * Filter: `on` (`place` by default, `cancel`, `query`, `any` of the three, or `other`: every other request) and `symbol`.
 */
export type FaultOperation = "place" | "cancel" | "query" | "other";
export type SocketKind = "orders" | "user" | "market";
export type KillPoint = "beforeExecute" | "afterExecute" | "afterAnswer" | "afterEvents";
export type Http503 = "unknown" | "unavailable" | "throttled" | "internal";

/**
 *   neverMatched  the order stands as accepted and never reaches the book; a cancel ends it
 *   neverTold     it is matched, but answer and private stream leave it as accepted; only a query tells
 */
export type Lie = "neverMatched" | "neverTold";

export interface FaultFilter {
  readonly on: FaultOperation | "any";
  readonly symbol: string | undefined;
}

/** As the configuration of a listing states them. Undefined: as it is. */
export interface OtherRules {
  readonly tickSize: string | undefined;
  readonly lotSize: string | undefined;
  readonly contractSize: string | undefined;
}

export type Fault =
  | ({ readonly kind: "dropBefore" } & FaultFilter)
  | ({ readonly kind: "delayBefore"; readonly ms: number } & FaultFilter)
  | ({ readonly kind: "dropAck"; readonly userEvent: boolean } & FaultFilter)
  | ({ readonly kind: "delayAck"; readonly ms: number } & FaultFilter)
  | ({ readonly kind: "stallBody" } & FaultFilter)
  | ({ readonly kind: "reject"; readonly code: number; readonly msg: string } & FaultFilter)
  | ({ readonly kind: "limited"; readonly status: 429 | 418 | 403; readonly retryAfterMs: number } & FaultFilter)
  | ({ readonly kind: "http503"; readonly variant: Http503; readonly executes: boolean } & FaultFilter)
  | ({ readonly kind: "partial"; readonly quantity: string } & FaultFilter)
  | ({ readonly kind: "lie"; readonly what: Lie } & FaultFilter)
  | ({
      readonly kind: "killSockets";
      readonly sockets: readonly SocketKind[];
      readonly when: "now" | KillPoint;
    } & FaultFilter)
  | { readonly kind: "delayEvents"; readonly ms: number }
  | { readonly kind: "duplicateEvents"; readonly times: number }
  | { readonly kind: "reorderEvents" }
  | { readonly kind: "clockSkew"; readonly ms: number }
  | { readonly kind: "lateQuotes"; readonly ms: number }
  | ({ readonly kind: "otherRules"; readonly symbol: string } & OtherRules)
  | { readonly kind: "outage" }
  | { readonly kind: "userStreamDrop" };

export type FaultKind = Fault["kind"];
/** Kinds that hold for a time and not for a number of operations. */
export type TimedFaultKind = "clockSkew" | "outage" | "userStreamDrop" | "lateQuotes" | "otherRules";

export interface ParsedFault {
  readonly fault: Fault;
  readonly count: number | undefined;
  readonly startsInMs: number;
  readonly durationMs: number | undefined;
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

const DURATION_MS_MAX = 3_600_000;
const TIMED: readonly string[] = [
  "clockSkew",
  "outage",
  "userStreamDrop",
  "lateQuotes",
  "otherRules",
] satisfies TimedFaultKind[];
const FILTERS = ["place", "cancel", "query", "any", "other"] as const;

/** Throws a `FaultError` naming the field. */
export function parseFault(json: unknown): ParsedFault {
  const fields = new Fields(json);
  const fault = faultOf(fields);
  const timed = TIMED.includes(fault.kind);
  const durationMs = fields.optionalNumber("durationMs", 1, DURATION_MS_MAX);
  const startsInMs = fields.optionalNumber("startsInMs", 0, DURATION_MS_MAX) ?? 0;
  if (timed && durationMs === undefined) throw new FaultError("durationMs", `is required for ${fault.kind}`);
  const count = timed ? undefined : fields.optionalNumber("count", 1, 1_000_000);
  if (startsInMs > 0 && fault.kind === "killSockets" && fault.when === "now")
    throw new FaultError("startsInMs", "cannot go with when: now");
  fields.refuseOthers();
  return { fault, count, startsInMs, durationMs };
}

function faultOf(fields: Fields): Fault {
  const kind = fields.take("kind");
  switch (kind) {
    case "dropBefore":
    case "stallBody":
      return { kind, ...filterOf(fields) };
    case "dropAck":
      return { kind, ...filterOf(fields), userEvent: fields.flag("userEvent", false) };
    case "delayBefore":
    case "delayAck":
      return { kind, ...filterOf(fields), ms: fields.number("ms", 0, DURATION_MS_MAX) };
    case "reject": {
      const code = fields.number("code", -99_999, 999_999);
      return { kind, ...filterOf(fields), code, msg: fields.text("msg", "Rejected by a fault.") };
    }
    case "limited": {
      const status = Number(fields.oneOf("status", ["429", "418", "403"] as const, "429")) as 429 | 418 | 403;
      const retryAfterMs = fields.optionalNumber("retryAfterMs", 0, DURATION_MS_MAX) ?? 1000;
      return { kind, ...filterOf(fields), status, retryAfterMs };
    }
    case "http503": {
      const variant = fields.oneOf("variant", ["unknown", "unavailable", "throttled", "internal"] as const, "unknown");
      const executes = fields.flag("executes", true);
      return { kind, ...filterOf(fields), variant, executes: variant === "unknown" && executes };
    }
    case "partial": {
      return { kind, on: "place", symbol: symbolOf(fields), quantity: decimalOf(fields, "quantity") };
    }
    case "lie": {
      const what = fields.oneOf("what", ["neverMatched", "neverTold"] as const, undefined);
      return { kind, on: "place", symbol: symbolOf(fields), what };
    }
    case "killSockets": {
      const sockets = fields.oneOf("sockets", ["orders", "user", "market", "all"] as const, "all");
      const points = ["now", "beforeExecute", "afterExecute", "afterAnswer", "afterEvents"] as const;
      const when = fields.oneOf("when", points, "now");
      return { kind, ...filterOf(fields), sockets: sockets === "all" ? ["orders", "user", "market"] : [sockets], when };
    }
    case "delayEvents":
      return { kind, ms: fields.number("ms", 0, DURATION_MS_MAX) };
    case "duplicateEvents":
      return { kind, times: fields.optionalNumber("times", 2, 100) ?? 2 };
    case "clockSkew":
      return { kind, ms: fields.number("ms", -DURATION_MS_MAX, DURATION_MS_MAX) };
    case "lateQuotes":
      return { kind, ms: fields.number("ms", 0, DURATION_MS_MAX) };
    case "otherRules": {
      const symbol = symbolOf(fields);
      if (symbol === undefined) throw new FaultError("symbol", "is required");
      const [tickSize, lotSize, contractSize] = ["tickSize", "lotSize", "contractSize"].map((field) =>
        fields.take(field) === undefined ? undefined : decimalOf(fields, field),
      );
      return { kind, symbol, tickSize, lotSize, contractSize };
    }
    case "reorderEvents":
    case "outage":
    case "userStreamDrop":
      return { kind };
    default:
      throw new FaultError("kind", `${JSON.stringify(kind)} is no fault`);
  }
}

function filterOf(fields: Fields): FaultFilter {
  return { on: fields.oneOf("on", FILTERS, "place"), symbol: symbolOf(fields) };
}

function decimalOf(fields: Fields, field: string): string {
  const text = fields.text(field, undefined);
  if (/^\d+(\.\d+)?$/.test(text)) return text;
  throw new FaultError(field, `"${text}" is not a plain decimal`);
}

function symbolOf(fields: Fields): string | undefined {
  const symbol = fields.take("symbol");
  if (symbol === undefined) return undefined;
  if (typeof symbol !== "string" || !/^[A-Za-z0-9._-]{1,40}$/.test(symbol))
    throw new FaultError("symbol", `${JSON.stringify(symbol)} is no symbol`);
  return symbol;
}

/** Reads fields by name, and knows which were read. */
class Fields {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #taken = new Set<string>();

  constructor(json: unknown) {
    if (typeof json !== "object" || json === null || Array.isArray(json))
      throw new FaultError("fault", "is not an object");
    this.#fields = json as Readonly<Record<string, unknown>>;
  }

  take(field: string): unknown {
    this.#taken.add(field);
    return this.#fields[field];
  }

  refuseOthers(): void {
    for (const field of Object.keys(this.#fields))
      if (!this.#taken.has(field)) throw new FaultError(field, "is not a field of this fault");
  }

  number(field: string, min: number, max: number): number {
    const value = this.optionalNumber(field, min, max);
    if (value === undefined) throw new FaultError(field, "is required");
    return value;
  }

  optionalNumber(field: string, min: number, max: number): number | undefined {
    const value = this.take(field);
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !(value >= min && value <= max))
      throw new FaultError(field, `is not a number from ${min} to ${max}`);
    return value;
  }

  flag(field: string, fallback: boolean): boolean {
    const value = this.take(field) ?? fallback;
    if (typeof value !== "boolean") throw new FaultError(field, "is neither true nor false");
    return value;
  }

  text(field: string, fallback: string | undefined): string {
    const value = this.take(field) ?? fallback;
    if (typeof value !== "string" || value.length > 256)
      throw new FaultError(field, "is not a text of at most 256 characters");
    return value;
  }

  /** Numbers stand for their decimal text. */
  oneOf<Value extends string>(field: string, values: readonly Value[], fallback: Value | undefined): Value {
    const given = this.take(field) ?? fallback;
    const value = typeof given === "number" ? String(given) : given;
    if (!values.includes(value as Value))
      throw new FaultError(field, `${JSON.stringify(given)} is none of ${values.join(", ")}`);
    return value as Value;
  }
}
