/** Exit codes of `outrigger`: scripts may rely on them, so a code never changes its meaning. */

export const EXIT_CODES = {
  /** Done as asked. */
  ok: 0,
  /** Anything not named below: a bug, a broken disk, a port in use. */
  failure: 1,
  /** The command line, the configuration, a secret or an input file is not as it must be. Nothing was started, sent or written. */
  usage: 2,
  /** Nobody listens where the engine should be, or it did not answer in time. What was sent may have arrived. */
  unreachable: 3,
  /** The engine answered and refused: the verdict says why. */
  refused: 4,
  /** The engine answered that it cannot now (429, 503): the same again later may succeed. */
  unavailable: 5,
  /** A backtest ran and wrote its results: not every stated target was met. */
  targetsMissed: 6,
  /** A backtest ran and wrote its results: too few trades to say whether targets were met. */
  targetsUndecided: 7,
  /** A preflight or a doctor has looked at everything: something is not as it must be. */
  checksFailed: 8,
  /** Stopped by Ctrl-C; no result was written. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** For `--help`. */
export const EXIT_CODES_HELP = `Exit codes:
  0  done
  1  failed
  2  command line, configuration, secret or input file is wrong; nothing was started, sent or written
  3  the engine cannot be reached
  4  the engine refused: see the verdict
  5  the engine cannot now (429, 503): try again later
  6  a backtest ran and wrote its results: not every target was met
  7  a backtest ran and wrote its results: too few trades for a verdict
  8  a preflight or doctor found something that is not as it must be
  130  interrupted; no results were written`;
