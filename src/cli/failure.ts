/**
 * Failures of commands: each becomes one message for people, or one JSON object for programs, and an exit code.
 *
 * Only an unforeseen error prints its stack: the others are the operator's to mend, and the message says how.
 */
import { ConfigError } from "../config/problem.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import type { Shell } from "./shell.ts";

export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly exitCode: ExitCode;
  readonly code: string;

  constructor(exitCode: ExitCode, code: string, message: string) {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
  }
}

export function reportFailure(error: unknown, json: boolean, shell: Shell): ExitCode {
  const { exitCode, body, text } = describe(error);
  if (json) shell.out(JSON.stringify({ ok: false, ...body }));
  else shell.err(text);
  return exitCode;
}

function describe(error: unknown): { exitCode: ExitCode; body: object; text: string } {
  if (error instanceof ConfigError) {
    const { code, problems, message } = error;
    return { exitCode: EXIT_CODES.usage, body: { code, problems }, text: message };
  }
  if (error instanceof CommandFailure) {
    const { exitCode, code, message } = error;
    return { exitCode, body: { code, message }, text: `outrigger: ${message}` };
  }
  const message = error instanceof Error ? error.message : String(error);
  // A coded error is foreseen by the part that threw it (a port in use, a journal in use): its message is enough.
  const coded = (error as { code?: unknown } | null)?.code;
  const code = typeof coded === "string" ? coded : "UNFORESEEN";
  const text = typeof coded === "string" || !(error instanceof Error) ? message : (error.stack ?? message);
  const hint = HINTS.find(([sign]) => message.includes(sign))?.[1] ?? "";
  return { exitCode: EXIT_CODES.failure, body: { code, message }, text: `outrigger: ${text}${hint}` };
}

/** What to do next, by what the message says: a lane's failure comes as text from its thread. */
const HINTS: readonly (readonly [string, string])[] = [
  [
    "JOURNAL_LOCKED",
    "\nIt runs already with this configuration: stop that process first, or give this one an engine.dataDir of its own.",
  ],
  [
    "JOURNAL_CORRUPT",
    "\nNothing was started, and the damage is as it was. `outrigger journal verify` names all of it; a copy of the journal " +
      "from before (or of the intact segments) has to take its place before an engine may trade on it.",
  ],
];
