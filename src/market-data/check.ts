/**
 * Checks a file of market data and says what is wrong with it, with line numbers, without stopping at the first thing.
 *
 * A row with an unusable cell is left out of every comparison with its neighbours, so that one bad row is one finding. Memory does
 * not depend on the file's length, but for what tells gaps apart (`IntervalCount`).
 */
import { IntervalCount } from "../backtest/interval-count.ts";
import { type Finding, Findings, LINES_KEPT } from "./findings.ts";
import { FIELDS, type MarketKind } from "./format.ts";
import { RollSpread } from "./roll-spread.ts";
import { MarketRows } from "./rows.ts";

export interface CheckLimits {
  /** A move of more than this many times the usual one is an outlier, where it is also above `outlierMoveMin`. */
  readonly outlierFactor: number;
  readonly outlierMoveMin: number;
  /** Ticks only: silence that counts as a gap. For bars it is whatever is longer than the usual interval. */
  readonly silenceMsMax: number;
}

export const CHECK_LIMITS: CheckLimits = { outlierFactor: 25, outlierMoveMin: 0.02, silenceMsMax: 60_000 };

export interface FileCheck {
  readonly file: string;
  readonly kind: MarketKind;
  readonly rows: number;
  /** Bars: the most frequent one. Null for ticks. */
  readonly interval_ms: number | null;
  readonly first_timestamp_ms: number | null;
  readonly last_timestamp_ms: number | null;
  /** Bars: how many would have fitted into the gaps. */
  readonly missing_bars: number;
  /** Bars: the spread that their closes jump between, by Roll's estimator; null for ticks and for too few bars. */
  readonly roll_spread_bps: number | null;
  readonly findings: readonly Finding[];
  /** No errors; there may be warnings. */
  readonly usable: boolean;
}

/** FILE_UNREADABLE, HEADER_BAD, and ROW_BAD for a line without end. */
export function checkFile(path: string, limits: CheckLimits = CHECK_LIMITS): FileCheck {
  const rows = new MarketRows(path);
  try {
    const check = new Check(rows, limits);
    while (rows.next()) check.take();
    return check.result();
  } finally {
    rows.close();
  }
}

/** Weight of the newest move in the usual one, and how many moves it takes to know what is usual. */
const USUAL_WEIGHT = 0.02;
const USUAL_AFTER = 50;
/** Ids of ticks that are remembered, to know a repetition. */
const IDS_KEPT = 4096;
/** Intervals after which the usual one is taken as the grid that bars begin on. */
const GRID_AFTER = 8;

class Check {
  readonly #rows: MarketRows;
  readonly #limits: CheckLimits;
  readonly #findings = new Findings();
  readonly #intervals = new IntervalCount();
  readonly #previous: Float64Array;
  /** The first lines behind an interval of each length: which of them are gaps shows at the end. */
  readonly #firstLines = new Map<number, number[]>();
  #intervalsSeen = 0;
  #gridMs = Number.NaN;
  /** Hash of a tick by its id, the newest IDS_KEPT. */
  readonly #roll = new RollSpread();
  readonly #ids = new Map<number, string>();
  #taken = 0;
  #firstMs = Number.NaN;
  #price = Number.NaN;
  #moves = 0;
  #usualMove = 0;

  constructor(rows: MarketRows, limits: CheckLimits) {
    this.#rows = rows;
    this.#limits = limits;
    this.#previous = new Float64Array(rows.values.length).fill(Number.NaN);
  }

  take(): void {
    const { values, kind } = this.#rows;
    this.#taken++;
    if (!this.#isUsable()) return;
    if (kind === "bars") this.#judgeBar(values);
    else if (kind === "quotes") this.#judgeQuote(values);
    const isNew = this.#judgeTime(values);
    if (!isNew) return;
    this.#judgeMove(kind === "bars" ? values[4]! : kind === "quotes" ? (values[1]! + values[2]!) / 2 : values[1]!);
    if (kind === "bars") this.#roll.add(values[4]!);
    this.#previous.set(values);
  }

  result(): FileCheck {
    const { path, kind } = this.#rows;
    const bars = kind === "bars";
    const intervalMs = bars ? this.#intervals.mostFrequentMs() : null;
    const lastMs = this.#previous[0]!;
    const findings = this.#findings.list();
    return {
      file: path,
      kind,
      rows: this.#taken,
      interval_ms: intervalMs,
      first_timestamp_ms: Number.isNaN(this.#firstMs) ? null : this.#firstMs,
      last_timestamp_ms: Number.isNaN(lastMs) ? null : lastMs,
      roll_spread_bps: Number.isNaN(this.#roll.bps()) ? null : this.#roll.bps(),
      missing_bars: bars ? this.#intervals.gaps().missing : 0,
      findings: intervalMs === null ? findings : withGaps(findings, this.#intervals, this.#gapLines(intervalMs)),
      usable: findings.every(({ severity }) => severity === "warning"),
    };
  }

  /** Every cell is a number that its column can hold. */
  #isUsable(): boolean {
    const { values, format, line, kind } = this.#rows;
    const bad = (field: number, what: string) => `${FIELDS[kind][field]} is "${this.#rows.text(field)}", ${what}`;
    for (let field = 0; field < values.length; field++) {
      const value = values[field]!;
      const isOptional = format.cells[field]! < 0 || FIELDS[kind][field] === "id";
      if (isOptional && Number.isNaN(value)) continue;
      if (field === 0 && !Number.isFinite(value)) {
        const isNumber = this.#rows.text(0) !== "" && Number.isFinite(Number(this.#rows.text(0)));
        if (isNumber) this.#findings.add("TIME_BAD", line, () => bad(0, "no time in ms, µs or ns since 1970"));
        else this.#findings.add("NOT_A_NUMBER", line, () => bad(0, "not a number"));
        return false;
      }
      if (!Number.isFinite(value)) {
        this.#findings.add("NOT_A_NUMBER", line, () => bad(field, "not a finite number"));
        return false;
      }
      const isSize = /volume|Qty|quantity|id/.test(FIELDS[kind][field]!);
      if (value < 0 || (value === 0 && !isSize)) {
        this.#findings.add("NOT_POSITIVE", line, () => bad(field, isSize ? "below 0" : "not above 0"));
        return false;
      }
    }
    return true;
  }

  #judgeBar([, open, high, low, close, volume]: Float64Array): void {
    const { line } = this.#rows;
    if (high! < Math.max(open!, close!) || low! > Math.min(open!, close!)) {
      const what = () => `high ${high} and low ${low} do not enclose open ${open} and close ${close}`;
      this.#findings.add("INCONSISTENT", line, what);
    }
    if (volume === 0) this.#findings.add("ZERO_VOLUME", line, () => "nothing was traded in this bar");
  }

  #judgeQuote([, bid, ask]: Float64Array): void {
    const { line } = this.#rows;
    if (bid! > ask!) this.#findings.add("CROSSED", line, () => `bid ${bid} is above ask ${ask}`);
    else if (bid === ask) this.#findings.add("LOCKED", line, () => `bid and ask are both ${bid}`);
  }

  /** False for a row that is not to be compared with what follows: it repeats one, or comes too late. */
  #judgeTime(values: Float64Array): boolean {
    const { line, kind } = this.#rows;
    const [timeMs, beforeMs] = [values[0]!, this.#previous[0]!];
    if (Number.isNaN(beforeMs)) this.#firstMs = timeMs;
    if (timeMs < beforeMs) {
      this.#findings.add("OUT_OF_ORDER", line, () => `time ${timeMs} is before ${beforeMs} of the row above`);
      return false;
    }
    if (kind !== "bars") {
      if (this.#isRepeatedTick(values)) return false;
      if (timeMs - beforeMs > this.#limits.silenceMsMax) {
        this.#findings.add("GAP", line, () => `nothing for ${Math.round(timeMs - beforeMs)} ms before`);
      }
      return true;
    }
    if (timeMs === beforeMs) {
      const same = values.every((value, at) => value === this.#previous[at]);
      const what = same ? "repeats the row above" : `time ${timeMs} is that of the row above, with other numbers`;
      this.#findings.add(same ? "DUPLICATE" : "CONTRADICTED", line, () => what);
      return false;
    }
    if (!Number.isNaN(beforeMs)) this.#noteInterval(timeMs - beforeMs, line);
    return true;
  }

  /** Ids rise, so a repetition is found among the newest; without ids a tick may repeat the one before it. */
  #isRepeatedTick(values: Float64Array): boolean {
    const { kind, line } = this.#rows;
    const id = values[FIELDS[kind].length - 1]!;
    if (Number.isNaN(id)) return false;
    const text = values.join();
    const known = this.#ids.get(id);
    if (known === undefined) {
      this.#ids.set(id, text);
      if (this.#ids.size > IDS_KEPT) this.#ids.delete(this.#ids.keys().next().value!);
      return false;
    }
    if (known === text) this.#findings.add("DUPLICATE", line, () => `id ${id} was here before`);
    else this.#findings.add("CONTRADICTED", line, () => `id ${id} was here before, with other numbers`);
    return true;
  }

  #noteInterval(intervalMs: number, line: number): void {
    this.#intervals.add(intervalMs);
    const lines = this.#firstLines.get(intervalMs);
    if (lines !== undefined) {
      if (lines.length < LINES_KEPT) lines.push(line);
    } else if (this.#firstLines.size < IDS_KEPT) this.#firstLines.set(intervalMs, [line]);
    if (++this.#intervalsSeen === GRID_AFTER) this.#gridMs = this.#intervals.mostFrequentMs() ?? Number.NaN;
    const offMs = this.#rows.values[0]! % this.#gridMs;
    if (offMs > 0)
      this.#findings.add("OFF_GRID", line, () => `begins ${offMs} ms past a multiple of ${this.#gridMs} ms`);
  }

  #gapLines(intervalMs: number): number[] {
    const lines = [...this.#firstLines].filter(([length]) => length > intervalMs).flatMap(([, found]) => found);
    return lines.sort((a, b) => a - b).slice(0, LINES_KEPT);
  }

  #judgeMove(price: number): void {
    const before = this.#price;
    this.#price = price;
    if (Number.isNaN(before)) return;
    const move = Math.abs(price / before - 1);
    const { outlierFactor, outlierMoveMin } = this.#limits;
    if (this.#moves >= USUAL_AFTER && move > outlierMoveMin && move > outlierFactor * this.#usualMove) {
      const percent = (move * 100).toPrecision(3);
      this.#findings.add("OUTLIER", this.#rows.line, () => `moved ${percent} % from ${before} to ${price}`);
      return;
    }
    this.#moves++;
    const weight = Math.max(USUAL_WEIGHT, 1 / this.#moves);
    this.#usualMove += weight * (move - this.#usualMove);
  }
}

function withGaps(
  findings: readonly Finding[],
  intervals: IntervalCount,
  lines: readonly number[],
): readonly Finding[] {
  const { gaps, missing } = intervals.gaps();
  if (gaps === 0) return findings;
  const example = `${missing} bars are missing before ${lines.length === gaps ? "these lines" : "these lines and others"}`;
  return [...findings, { code: "GAP", severity: "warning", count: gaps, lines, example }];
}
