/**
 * Limits that an operator may change while the engine runs (SPEC §7). Tightening takes one step; loosening two: it is proposed,
 * and takes effect when it is confirmed with the same value within ten minutes, each with a reason.
 *
 * In the configuration's own units. Changes are CONTROL events, so a
 * restart goes through them again behind the configuration's own values.
 */
import type { Directory } from "../domain/instrument.ts";
import type { EpochMs, Notional } from "../domain/units.ts";
import type { BreakerConfig, RiskConfig } from "./config.ts";

export const LIMITS = [
  "orderNotionalMax",
  "positionNotionalMax",
  "priceCollarBps",
  "dailyLossMax",
  "drawdownMax",
  "ordersPerMinuteMax",
  "rejectsPerMinuteMax",
  "sameSideFillsPerMinuteMax",
  "dailyCostMax",
  "depthMultipleMax",
  "ordersPerSecondMax",
] as const;
export type LimitName = (typeof LIMITS)[number];
export const CONFIRM_WITHIN_MS = 600_000;

export type LimitChange = "tightened" | "proposed" | "loosened" | "unchanged" | "notProposed" | "invalid";

type PlainLimit = Exclude<LimitName, "orderNotionalMax" | "positionNotionalMax">;

export interface SavedLimits {
  readonly values: Readonly<Record<PlainLimit, number>>;
  readonly order: readonly Notional[];
  readonly position: readonly Notional[];
}

const COUNTS: readonly LimitName[] = [
  "ordersPerMinuteMax",
  "rejectsPerMinuteMax",
  "sameSideFillsPerMinuteMax",
  "ordersPerSecondMax",
];
/** Most that a limit on a number of orders may be, as in the configuration: each one allowed takes 8 bytes of the window. */
const COUNT_MAX = 1_000_000;

export class Limits {
  readonly #values: Record<PlainLimit, number>;
  readonly #directory: Directory;
  #proposal: { readonly name: LimitName; readonly value: number; readonly atMs: number } | null = null;
  /** By instrument, in whole tick-lots. */
  #order: readonly Notional[];
  #position: readonly Notional[];
  readonly #configured: SavedLimits;

  constructor(risk: RiskConfig, breakers: BreakerConfig, directory: Directory) {
    const { venueDownMs: _, clockOffsetMsMax: __, ...changeable } = breakers;
    const { priceCollarBps, depthMultipleMax, ordersPerSecondMax } = risk;
    this.#values = { ...changeable, priceCollarBps, depthMultipleMax, ordersPerSecondMax };
    this.#directory = directory;
    this.#order = risk.limits.map(({ orderNotionalMax }) => orderNotionalMax);
    this.#position = risk.limits.map(({ positionNotionalMax }) => positionNotionalMax);
    this.#configured = this.#now();
  }

  of(name: PlainLimit): number {
    return this.#values[name];
  }

  orderNotionalMax(instrument: number): Notional {
    return this.#order[instrument]!;
  }

  positionNotionalMax(instrument: number): Notional {
    return this.#position[instrument]!;
  }

  /** A smaller limit is a tighter one, for all of them. */
  change(name: LimitName, value: number, confirmed: boolean, wallMs: EpochMs): LimitChange {
    if (!LIMITS.includes(name) || !(value >= 0) || !isCountable(name, value)) return "invalid";
    const loosens = this.#compare(name, value);
    if (loosens === 0) return "unchanged";
    if (loosens < 0) {
      this.#set(name, value);
      return "tightened";
    }
    const proposal = this.#proposal;
    if (!confirmed) {
      this.#proposal = { name, value, atMs: wallMs };
      return "proposed";
    }
    const inTime = proposal !== null && wallMs - proposal.atMs <= CONFIRM_WITHIN_MS;
    if (!inTime || proposal.name !== name || proposal.value !== value) return "notProposed";
    this.#set(name, value);
    return "loosened";
  }

  /** Those that are not as configured; of money, what the first instrument's are. */
  changed(): { readonly name: LimitName; readonly value: number; readonly configured: number }[] {
    const { values, order, position } = this.#configured;
    const { tick, lot } = this.#directory.instruments[0]!;
    const money = (limits: readonly Notional[]) => Math.round(limits[0]! * tick * lot);
    return LIMITS.map((name) => {
      if (name === "orderNotionalMax") return { name, value: money(this.#order), configured: money(order) };
      if (name === "positionNotionalMax") return { name, value: money(this.#position), configured: money(position) };
      return { name, value: this.#values[name], configured: values[name] };
    }).filter(({ value, configured }) => value !== configured);
  }

  /** What a snapshot keeps of it: what operators changed, and from what. */
  save() {
    return { configured: this.#configured, now: this.#now(), proposal: this.#proposal };
  }
  /** Where the configuration has another value now than then, the tighter one of the two counts. */
  load({ configured, now, proposal }: ReturnType<Limits["save"]>): void {
    const own = this.#configured;
    const kept = (mine: number, then: number | undefined, value: number | undefined) =>
      then === mine ? (value ?? mine) : Math.min(mine, value ?? mine);
    for (const name of Object.keys(own.values) as PlainLimit[])
      this.#values[name] = kept(own.values[name], configured.values[name], now.values[name]);
    this.#order = own.order.map((mine, at) => kept(mine, configured.order[at], now.order[at]) as Notional);
    this.#position = own.position.map((mine, at) => kept(mine, configured.position[at], now.position[at]) as Notional);
    this.#proposal = proposal;
  }

  #now(): SavedLimits {
    return { values: { ...this.#values }, order: this.#order, position: this.#position };
  }

  /** Above 0 where the value would let through more than now, of any instrument. */
  #compare(name: LimitName, value: number): number {
    if (name !== "orderNotionalMax" && name !== "positionNotionalMax") return value - this.#values[name];
    const now = name === "orderNotionalMax" ? this.#order : this.#position;
    const changes = this.#inUnits(value).map((limit, instrument) => limit - now[instrument]!);
    return changes.some((change) => change > 0) ? 1 : Math.min(...changes);
  }

  #set(name: LimitName, value: number): void {
    this.#proposal = null;
    if (name === "orderNotionalMax") this.#order = this.#inUnits(value);
    else if (name === "positionNotionalMax") this.#position = this.#inUnits(value);
    else this.#values[name] = value;
  }

  /** Rounded down: a limit is never loosened by rounding. */
  #inUnits(quote: number): readonly Notional[] {
    return this.#directory.instruments.map(
      ({ tick, lot }) => Math.min(Number.MAX_SAFE_INTEGER, Math.floor(quote / (tick * lot) + 1e-6)) as Notional,
    );
  }
}

/** Orders are counted in whole numbers, in memory made beforehand. */
function isCountable(name: LimitName, value: number): boolean {
  return !COUNTS.includes(name) || (Number.isInteger(value) && value <= COUNT_MAX);
}
