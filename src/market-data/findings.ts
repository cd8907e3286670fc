/** What a check of a file found: counted by kind, with the first lines of each. Nothing is mended. */

export type Severity = "error" | "warning";

/** Errors make a file unfit for a backtest; warnings are things a backtest counts and goes on with. */
const FINDING_CODES = {
  /** A cell is no number, or not finite. */
  NOT_A_NUMBER: "error",
  /** The time is none in ms, µs or ns since 1970. */
  TIME_BAD: "error",
  /** A price is not above 0, or a quantity below it. */
  NOT_POSITIVE: "error",
  OUT_OF_ORDER: "error",
  /** Two bars of one time, or two ticks of one id, say different things. */
  CONTRADICTED: "error",
  /** The bid is above the ask. */
  CROSSED: "error",
  /** High and low do not enclose open and close. */
  INCONSISTENT: "error",
  /** A row that repeats one before it. */
  DUPLICATE: "warning",
  /** Bars are missing; or, in ticks, nothing came for longer than the limit. */
  GAP: "warning",
  /** A bar does not begin at a multiple of the interval. */
  OFF_GRID: "warning",
  ZERO_VOLUME: "warning",
  /** Bid and ask are equal. */
  LOCKED: "warning",
  /** A price moved far more than it usually does. */
  OUTLIER: "warning",
} as const satisfies Readonly<Record<string, Severity>>;
export type FindingCode = keyof typeof FINDING_CODES;

export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly count: number;
  /** The first of them, from 1. */
  readonly lines: readonly number[];
  /** The first, in words. */
  readonly example: string;
}

/** Line numbers that a finding keeps. */
export const LINES_KEPT = 5;

export class Findings {
  readonly #found = new Map<FindingCode, { count: number; readonly lines: number[]; readonly example: string }>();

  /** `describe` is called for the first of its kind only. */
  add(code: FindingCode, line: number, describe: () => string): void {
    const known = this.#found.get(code);
    if (known === undefined) {
      this.#found.set(code, { count: 1, lines: [line], example: describe() });
      return;
    }
    known.count++;
    if (known.lines.length < LINES_KEPT) known.lines.push(line);
  }

  count(code: FindingCode): number {
    return this.#found.get(code)?.count ?? 0;
  }

  /** Errors first, each in the order in which it first appeared. */
  list(): readonly Finding[] {
    const all = [...this.#found].map(([code, { count, lines, example }]) => {
      return { code, severity: FINDING_CODES[code], count, lines, example };
    });
    return [
      ...all.filter(({ severity }) => severity === "error"),
      ...all.filter((each) => each.severity === "warning"),
    ];
  }
}
