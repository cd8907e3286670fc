/** The shell a command runs in: what it may read of its surroundings and where it writes. Tests hand in their own. */

export interface Shell {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** One line, or several, to standard output; the newline at the end is added. */
  out(text: string): void;
  err(text: string): void;
  setExitCode(code: number): void;
}

export function processShell(): Shell {
  // `outrigger config show | head` closes our output early: that is not a failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return {
    env: process.env,
    cwd: process.cwd(),
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
    setExitCode: (code) => {
      process.exitCode = code;
    },
  };
}
