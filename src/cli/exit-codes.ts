/** Exit codes of `outrigger`: scripts may rely on them, so a code never changes its meaning. */

export const EXIT_CODES = {
  /** Done as asked. */
  ok: 0,
  /** Anything not named below: a bug, a broken disk, a port in use. */
  failure: 1,
  /** The command line, the configuration or a secret is not as it must be. Nothing was started or sent. */
  usage: 2,
  /** Nobody listens where the engine should be, or it did not answer in time. What was sent may have arrived. */
  unreachable: 3,
  /** The engine answered and refused: the verdict says why. */
  refused: 4,
  /** The engine answered that it cannot now (429, 503): the same again later may succeed. */
  unavailable: 5,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** For `--help`. */
export const EXIT_CODES_HELP = `Exit codes:
  0  done
  1  failed
  2  command line, configuration or secret is wrong; nothing was started or sent
  3  the engine cannot be reached
  4  the engine refused: see the verdict
  5  the engine cannot now (429, 503): try again later`;
