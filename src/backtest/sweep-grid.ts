/**
 * The grid of a parameter sweep: which terms are varied over which values. Bounded, and every combination is checked before the
 * first one runs.
 */
import { checkPairsTerms, type PairsTerms, PairsTermsError } from "./pairs-terms.ts";

/** Combinations at most. */
export const TRIALS_MAX = 512;

/** As the command line and the result spell them. */
const SWEPT = {
  "beta-window": "betaWindow",
  lookback: "lookback",
  entry: "entry",
  exit: "exit",
  stop: "stop",
  band: "band",
  intensity: "intensity",
} as const satisfies Readonly<Record<string, keyof PairsTerms>>;

export type SweptName = keyof typeof SWEPT;

export class SweepGridError extends Error {
  override readonly name = "SweepGridError";
  readonly code = "GRID_BAD";
}

/** One combination: the varied values by name, and the whole terms. */
export interface Trial {
  readonly varied: Readonly<Partial<Record<SweptName, number>>>;
  readonly terms: PairsTerms;
}

export const DEFAULT_GRID = "entry=1.5,2,2.5;exit=0,0.5,1;lookback=30,60,120";

/**
 * Every combination of a grid like "entry=1.5,2;lookback=30,60", the other terms as in `base`, in the order in which the grid counts.
 * GRID_BAD for a name or number that is none, a value or name given twice, fewer than 2 or more than TRIALS_MAX combinations, and
 * for combinations that are no terms (an entry above the stop).
 */
export function expandGrid(text: string, base: PairsTerms): readonly Trial[] {
  const axes = text.split(";").map(parseAxis);
  const names = axes.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new SweepGridError(`${twice} is varied twice`);
  const count = axes.reduce((product, { values }) => product * values.length, 1);
  if (count < 2 || count > TRIALS_MAX) {
    throw new SweepGridError(`the grid has ${count} combinations, it may have 2 to ${TRIALS_MAX}`);
  }
  let trials: Trial[] = [{ varied: {}, terms: base }];
  for (const { name, values } of axes) {
    trials = trials.flatMap(({ varied, terms }) =>
      values.map((value) => ({
        varied: { ...varied, [name]: value },
        terms: { ...terms, [SWEPT[name]]: value },
      })),
    );
  }
  for (const trial of trials) checkTrial(trial);
  return trials;
}

function parseAxis(text: string): { name: SweptName; values: readonly number[] } {
  const [name = "", list = "", ...rest] = text.split("=").map((part) => part.trim());
  if (!Object.hasOwn(SWEPT, name) || rest.length > 0) {
    throw new SweepGridError(`"${text}" varies nothing: name=value,value with one of ${Object.keys(SWEPT).join(", ")}`);
  }
  const values = list.split(",").map((value) => (value.trim() === "" ? Number.NaN : Number(value)));
  if (!values.every(Number.isFinite)) throw new SweepGridError(`"${text}" has a value that is no number`);
  if (new Set(values).size !== values.length) throw new SweepGridError(`"${text}" has a value twice`);
  return { name: name as SweptName, values };
}

function checkTrial({ varied, terms }: Trial): void {
  try {
    checkPairsTerms(terms);
  } catch (error) {
    if (!(error instanceof PairsTermsError)) throw error;
    const which = Object.entries(varied).map(([name, value]) => `${name} ${value}`);
    throw new SweepGridError(`with ${which.join(", ")}: ${error.message}`);
  }
}
