/**
 * `outrigger operate`: what an operator tells the running engine over its control API. Each command needs a reason; the engine journals
 * it. The engine answers that a command was handed to its lane; what became of it are the alarms that follow, which are waited for.
 */
import { setTimeout } from "node:timers/promises";
import type { Command } from "commander";
import { openConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { StatusSnapshot } from "../observe/status.ts";
import { example } from "./config.ts";
import { configOption, configPath, jsonOption } from "./config-option.ts";
import { askControl } from "./control-client.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import { processShell, type Shell } from "./shell.ts";

export interface Options {
  readonly config?: string;
  readonly json?: boolean;
  readonly reason: string;
  readonly confirm?: boolean;
}

export function register(program: Command, shell: Shell = processShell()): void {
  const operate = program.command("operate").description("Tell the running engine what you have decided, and why.");
  const add = (name: string, description: string, sample: string) =>
    operate
      .command(name)
      .description(description)
      .addOption(configOption())
      .addOption(jsonOption())
      .requiredOption("-r, --reason <text>", "why; journaled with it")
      .addHelpText("after", example(`outrigger operate ${sample}`));
  add(
    "kill <level> [part] [name]",
    "1: nothing that increases risk is sent; 2: nothing at all. Of the whole engine, or of one part of it: venue, instrument " +
      "or playbook (shield:BTC/USDT). A part's level is lowered when it is said again with --confirm.",
    'kill 1 venue okx --reason "maintenance"',
  )
    .option("--confirm", "confirm a part's lower level, within ten minutes")
    .action((level: string, part: string | undefined, name: string | undefined, options: Options) => {
      const { reason } = options;
      const whole = { level: numberOf("level", level), reason };
      if (part === undefined) return tell("/kill", whole, options, shell);
      const confirmed = options.confirm === true;
      return tell("/kill/part", { part, name: name ?? "", ...whole, confirmed }, options, shell);
    });
  add("resume", "Release the kill switch. Proposed, and done when it is said again with --confirm.", "resume -r over")
    .option("--confirm", "confirm what was proposed, within ten minutes")
    .action((options: Options) =>
      tell("/resume", { confirmed: options.confirm === true, reason: options.reason }, options, shell),
    );
  add(
    "state <state>",
    "active, reducing or halted. Active also ends a REDUCING that the engine went into by itself.",
    'state active --reason "positions checked by hand"',
  ).action((state: string, options: Options) => tell("/state", { state, reason: options.reason }, options, shell));
  add(
    "acknowledge <breaker> [subject]",
    "Close a breaker that you have looked into; the subject is the name of its source or venue.",
    'acknowledge venueDown okx --reason "maintenance is over"',
  ).action((breaker: string, subject: string | undefined, options: Options) =>
    tell(
      "/breakers/acknowledge",
      { breaker, reason: options.reason, ...(subject !== undefined && { subject }) },
      options,
      shell,
    ),
  );
  add(
    "weights <playbook> <version>",
    "Go back to the linear model's weights before those in use, by their version. A refit comes a week later at the earliest. " +
      "Proposed, and done when it is said again with --confirm.",
    'weights shield:BTC/USDT 3 --reason "the refit learned from one crash"',
  )
    .option("--confirm", "confirm what was proposed, within ten minutes")
    .action((playbook: string, version: string, options: Options) =>
      tell(
        "/weights",
        {
          playbook,
          version: numberOf("version", version),
          confirmed: options.confirm === true,
          reason: options.reason,
        },
        options,
        shell,
      ),
    );
  add(
    "without <venue>",
    "After a power loss: begin although that venue cannot be asked for its orders. It takes none until it has told.",
    'without okx --reason "down for maintenance until noon"',
  ).action((venue: string, options: Options) =>
    tell("/venues/without", { venue, reason: options.reason }, options, shell),
  );
  add(
    "limit <name> <value>",
    "Change a limit until the next change. Tightening takes effect at once; loosening when it is said again with --confirm.",
    'limit dailyLossMax 500 --reason "thin market"',
  )
    .option("--confirm", "confirm what was proposed, within ten minutes")
    .action((name: string, value: string, options: Options) =>
      tell(
        "/limits",
        { name, value: numberOf("value", value), confirmed: options.confirm === true, reason: options.reason },
        options,
        shell,
      ),
    );
}

/** One of these, or `step` with what its confirmation came to. */
interface Answer {
  readonly killed?: 0 | 1 | 2;
  readonly step?: "proposed" | "confirmed" | "notProposed";
  /** The engine's time when the lane was handed it. */
  readonly atMs?: number;
}

/** Prints what became of it. Code 4 where it confirms what was not proposed. */
export async function tell(path: string, command: object, options: Options, shell: Shell): Promise<void> {
  const { config } = openConfig(configPath(options.config, shell));
  const answer = (await askControl(config, path, command)) as Answer;
  const became = answer.atMs === undefined ? [] : await alarmsSince(answer.atMs, config);
  const said = [...wordsOf(answer), ...became.map(({ code, message }) => `${code}: ${message}`)];
  if (answer.atMs !== undefined && became.length === 0) said.push("handed over; nothing has changed by it yet");
  if (said.some((words) => /\bnotProposed\b/.test(words))) {
    said.push("what is confirmed must have been proposed, the same without --confirm, within the last ten minutes");
    shell.setExitCode(EXIT_CODES.refused);
  } else if (said.some((words) => /\bproposed\b/.test(words))) {
    said.push("to do it, say the same with --confirm within ten minutes");
  }
  shell.out(options.json ? JSON.stringify({ ...answer, became }) : said.join("\n"));
}

const KILLED = [
  "kill switch 0: released",
  "kill switch 1: nothing that increases risk is sent",
  "kill switch 2: nothing is sent but cancels and queries",
] as const;

function wordsOf({ killed, step }: Answer): string[] {
  if (killed !== undefined) return [KILLED[killed]];
  return step === undefined || step === "confirmed" ? [] : [step];
}

/** What a command can bring about. */
const OUTCOMES = /^(STATE|LIMIT)_CHANGED$|^BREAKER_|^VENUE_LEFT_OUT$|^WEIGHTS_REVERTED$|^ANALYSIS_REFUSED$/;
const OUTCOME_POLLS = 40;
const OUTCOME_POLL_MS = 50;

/** Of an outcome, as soon as there are some: a step's alarms come together, so one more look has them all. */
async function alarmsSince(atMs: number, config: Config): Promise<StatusSnapshot["alarms"]> {
  let found: StatusSnapshot["alarms"] = [];
  for (let poll = 0; poll < OUTCOME_POLLS; poll++) {
    const hadSome = found.length > 0;
    const { alarms } = (await askControl(config, "/status")) as StatusSnapshot;
    found = alarms.filter((alarm) => alarm.atMs >= atMs && OUTCOMES.test(alarm.code));
    if (hadSome) break;
    await setTimeout(OUTCOME_POLL_MS);
  }
  return found;
}

function numberOf(field: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new CommandFailure(EXIT_CODES.usage, "USAGE", `${field}: ${text} is not a number`);
}
