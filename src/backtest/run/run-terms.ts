/** What a run is told besides configuration and files. Checked once; a run is a pure function of these, its files and its seed. */

export interface RunTerms {
  /** One way, in ms; quotes take the middle of the two, orders and answers anything between. */
  readonly latencyMs: { readonly min: number; readonly max: number };
  readonly spreadBps: number;
  readonly depthNotional: number;
  /** Share of orders that find only part of what is shown; of refusals; of lost answers. */
  readonly partial: number;
  readonly reject: number;
  readonly dropAnswer: number;
  readonly outages: readonly OutageWindow[];
  readonly hooks: HookTerms;
  /** How long after a breaker has tripped somebody acknowledges it; null for never. */
  readonly operatorMs: number | null;
  /** Of the simulated venues. */
  readonly seed: number;
  readonly sampleMs: number;
  /** Quote units; null for the notional of what is held at the first prices. */
  readonly capital: number | null;
}

/** A venue cannot be reached: no quotes, no answers. What it holds it goes on trading. */
export interface OutageWindow {
  readonly venue: number;
  readonly fromMs: number;
  readonly forMs: number;
}

/** Between senders and the receiver. */
export interface HookTerms {
  readonly delayMs: { readonly min: number; readonly max: number };
  /** Share that never arrives. */
  readonly drop: number;
  /** The receiver is away; sorted by time. */
  readonly outages: readonly { readonly fromMs: number; readonly forMs: number }[];
}

export const NO_DELAY: HookTerms = { delayMs: { min: 0, max: 0 }, drop: 0, outages: [] };

export const RUN_TERMS: RunTerms = {
  latencyMs: { min: 5, max: 15 },
  spreadBps: 2,
  depthNotional: 100_000,
  partial: 0,
  reject: 0,
  dropAnswer: 0,
  outages: [],
  hooks: NO_DELAY,
  operatorMs: null,
  seed: 1,
  sampleMs: 60_000,
  capital: null,
};

export class RunTermsError extends Error {
  override readonly name = "RunTermsError";
  readonly code = "TERMS_BAD";
  readonly field: keyof RunTerms;

  constructor(field: keyof RunTerms, what: string) {
    super(`${field} ${what}`);
    this.field = field;
  }
}

/** TERMS_BAD names the field. */
export function checkRunTerms(terms: RunTerms): void {
  const check = (field: keyof RunTerms, holds: boolean, must: string) => {
    if (!holds) throw new RunTermsError(field, `is ${JSON.stringify(terms[field])}, ${must}`);
  };
  const within = (value: number, least: number, most: number) => value >= least && value <= most;
  const { latencyMs, outages, capital, hooks, operatorMs } = terms;
  const { delayMs } = hooks;
  check("latencyMs", within(latencyMs.min, 0, latencyMs.max) && latencyMs.max <= 60_000, "must be 0 to 60000 ms");
  check("spreadBps", within(terms.spreadBps, 0, 1000), "must be 0 to 1000");
  check("depthNotional", within(terms.depthNotional, 0, 1e12), "must be 0 to 1e12");
  for (const share of ["partial", "reject", "dropAnswer"] as const)
    check(share, within(terms[share], 0, 1), "must be 0 to 1");
  check("seed", Number.isSafeInteger(terms.seed), "must be a whole number");
  check(
    "sampleMs",
    Number.isInteger(terms.sampleMs) && within(terms.sampleMs, 100, 86_400_000),
    "must be 100 to 86400000 ms",
  );
  check("capital", capital === null || (capital > 0 && Number.isFinite(capital)), "must be above 0");
  check(
    "outages",
    outages.every(({ fromMs, forMs }) => fromMs > 0 && within(forMs, 1, 86_400_000)),
    "must have a time and last",
  );
  check(
    "hooks",
    within(delayMs.min, 0, delayMs.max) && delayMs.max <= 86_400_000 && within(hooks.drop, 0, 1),
    "must have a delay of 0 to 86400000 ms and lose 0 to 1",
  );
  check(
    "hooks",
    hooks.outages.every(({ fromMs, forMs }) => fromMs > 0 && within(forMs, 1, 86_400_000)) &&
      hooks.outages.every(({ fromMs }, at) => at === 0 || fromMs >= hooks.outages[at - 1]!.fromMs),
    "must have outages with a time, that last, in their order",
  );
  check("operatorMs", operatorMs === null || within(operatorMs, 0, 864_000_000), "must be 0 to 864000000 ms, or null");
}
