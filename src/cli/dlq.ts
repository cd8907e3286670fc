/**
 * `outrigger dlq`: what was authenticated and not acted on. Asks the running engine; where none runs, list and show read its
 * journal. Only a running engine can replay, because it has the prices, and discard, because it writes the journal.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { openConfig } from "../config/load.ts";
import { journalDirectory } from "../config/paths.ts";
import type { Config } from "../config/schema.ts";
import type { ReplayAnswer } from "../dead-letters/desk.ts";
import { bodyView, type LetterView, type ShownLetter, viewOf } from "../dead-letters/view.ts";
import { deadLetterReason } from "../domain/dead-letter-reasons.ts";
import { readLetterBytes } from "../journal/letter-bytes.ts";
import { foldLetters } from "../journal/letter-fold.ts";
import { example } from "./config.ts";
import { configOption, configPath, jsonOption } from "./config-option.ts";
import { askControl } from "./control-client.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import { processShell, type Shell } from "./shell.ts";
import { textTable } from "./table.ts";

interface Options {
  readonly config?: string;
  readonly json?: boolean;
  readonly all?: boolean;
  readonly yes?: boolean;
  readonly reason?: string;
}

interface Listing {
  readonly letters: readonly LetterView[];
  readonly open: number;
  readonly onlyInJournal: number;
}

export function register(program: Command, shell: Shell = processShell()): void {
  const dlq = program
    .command("dlq")
    .description("Dead letters: signals that were authenticated and could not be acted on. Nothing of them is lost.");
  const add = (name: string, description: string, sample: string) =>
    dlq
      .command(name)
      .description(description)
      .addOption(configOption())
      .addOption(jsonOption())
      .addHelpText("after", example(`outrigger dlq ${sample}`));
  add("list", "List open dead letters, oldest first, with why and what to do.", "list").action((options: Options) =>
    list(options, shell),
  );
  add("show <position>", "Show one dead letter with the bytes its sender sent.", "show 17").action(
    (position: string, options: Options) => show(position, options, shell),
  );
  add(
    "replay [positions...]",
    "Run dead letters again, in the order they came in, decided anew on the prices and positions of now.",
    "replay 17 --yes",
  )
    .option("--all", "every open one")
    .option("--yes", "you have looked: also what opens or increases and is old")
    .action((positions: readonly string[], options: Options) => replay(positions, options, shell));
  add("discard [positions...]", "Take dead letters off the queue. Their bytes stay in the journal.", "discard 17")
    .option("--all", "every open one")
    .requiredOption("--reason <text>", "why; it is journaled")
    .action((positions: readonly string[], options: Options) => discard(positions, options, shell));
}

async function list(options: Options, shell: Shell): Promise<void> {
  const config = configOf(options, shell);
  const listing = await orFromJournal(
    config,
    async () => (await askControl(config, "/dlq")) as Listing,
    (directory): Listing => {
      const book = foldLetters(directory);
      return { letters: book.open().map(viewOf), open: book.openCount, onlyInJournal: book.forgotten };
    },
  );
  shell.out(options.json ? JSON.stringify(listing) : formatListing(listing));
}

async function show(position: string, options: Options, shell: Shell): Promise<void> {
  const config = configOf(options, shell);
  const at = positionOf(position);
  const shown = await orFromJournal(
    config,
    async () => (await askControl(config, `/dlq/${at}`)) as ShownLetter,
    (directory): ShownLetter => {
      const letter = foldLetters(directory).get(at);
      if (letter === undefined) {
        throw new CommandFailure(EXIT_CODES.refused, "NO_SUCH_LETTER", `there is no dead letter ${at}`);
      }
      const read = letter.bytesAt === null ? null : readLetterBytes(join(directory, "intake"), letter.bytesAt);
      return { ...viewOf(letter), ...bodyView(read?.body ?? null) };
    },
  );
  shell.out(options.json ? JSON.stringify(shown) : formatLetter(shown));
}

async function replay(positions: readonly string[], options: Options, shell: Shell): Promise<void> {
  const config = configOf(options, shell);
  const letters = choiceOf(positions, options);
  const answer = (await askControl(config, "/dlq/replay", { letters, yes: options.yes === true })) as {
    readonly replays: readonly ReplayAnswer[];
  };
  shell.out(options.json ? JSON.stringify(answer) : formatReplays(answer.replays));
  // Whatever did not go out or was refused needs somebody: scripts see it by the code.
  if (answer.replays.some(({ outcome }) => outcome !== "taken" && outcome !== "waiting"))
    shell.setExitCode(EXIT_CODES.refused);
}

async function discard(positions: readonly string[], options: Options, shell: Shell): Promise<void> {
  const config = configOf(options, shell);
  const letters = choiceOf(positions, options);
  const answer = (await askControl(config, "/dlq/discard", { letters, reason: options.reason ?? "" })) as {
    readonly discarded: readonly number[];
    readonly notOpen: readonly number[];
  };
  const { discarded, notOpen } = answer;
  const text = `discarded ${discarded.length}: ${discarded.join(" ") || "none"}`;
  shell.out(
    options.json ? JSON.stringify(answer) : notOpen.length === 0 ? text : `${text}\nnot open: ${notOpen.join(" ")}`,
  );
  if (notOpen.length > 0) shell.setExitCode(EXIT_CODES.refused);
}

function configOf(options: Options, shell: Shell): Config {
  return openConfig(configPath(options.config, shell)).config;
}

/** Where no engine answers and there is a journal, that is asked instead. */
async function orFromJournal<Answer>(
  config: Config,
  ask: () => Promise<Answer>,
  read: (directory: string) => Answer,
): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    const directory = journalDirectory(config);
    if (!(error instanceof CommandFailure) || error.code !== "UNREACHABLE" || !existsSync(directory)) throw error;
    return read(directory);
  }
}

function choiceOf(positions: readonly string[], { all }: Options): readonly number[] | "all" {
  if (all === true && positions.length === 0) return "all";
  if (all !== true && positions.length > 0) return positions.map(positionOf);
  throw new CommandFailure(
    EXIT_CODES.usage,
    "WHICH_LETTERS",
    "name positions (see `outrigger dlq list`), or say --all",
  );
}

function positionOf(text: string): number {
  const position = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (position > 0) return position;
  throw new CommandFailure(EXIT_CODES.usage, "POSITION_MALFORMED", `"${text}" is not a journal position`);
}

function formatListing({ letters, open, onlyInJournal }: Listing): string {
  if (open === 0) return "no dead letters";
  const table = textTable(
    letters.map(({ position, state, source, signalId, receivedAt, code, attempts, lastAttempt }) => ({
      position,
      received: receivedAt,
      source,
      signal: signalId,
      state,
      code,
      attempts,
      last: lastAttempt?.code,
    })),
  );
  const codes = [...new Set(letters.map(({ code, lastAttempt }) => lastAttempt?.code ?? code))];
  const reasons = codes.map((code) => {
    const { sentence, remedy } = deadLetterReason(code);
    return `${code}: ${sentence} ${remedy}`;
  });
  const older = onlyInJournal === 0 ? [] : [`${onlyInJournal} older open ones are only in the journal.`];
  return [table, "", ...reasons, ...older].join("\n");
}

function formatLetter(letter: ShownLetter): string {
  const { position, state, source, signalId, receivedAt, code, reason, message, numbers, attempts, lastAttempt } =
    letter;
  const facts = Object.entries(numbers ?? {}).map(([name, value]) => `${name} ${value}`);
  const lines = [
    `dead letter ${position}, ${state}`,
    `  from      ${source || "?"}${signalId === "" ? "" : `, signal ${signalId}`}, received ${receivedAt}`,
    `  because   ${code}: ${reason}`,
    `            ${[message, ...facts].filter((part) => part !== "").join(", ")}`,
    `  attempts  ${attempts}`,
  ];
  if (lastAttempt !== null) {
    lines.push(
      `  last      ${lastAttempt.code} at ${lastAttempt.at}: ${lastAttempt.reason}`,
      `            ${lastAttempt.message}`,
    );
  }
  const ended = state === "done" || state === "discarded";
  return [...lines, ...(ended ? [] : [`  do        ${letter.remedy}`]), "  bytes", letter.body].join("\n");
}

function formatReplays(replays: readonly ReplayAnswer[]): string {
  if (replays.length === 0) return "no dead letters";
  return replays
    .map(({ position, outcome, code, message }) => {
      if (outcome === "taken") return `${position}  taken by the lane as ${message}`;
      if (outcome === "waiting") return `${position}  sent as ${message}; the lane has not decided yet`;
      const { sentence, remedy } = deadLetterReason(code);
      const words = code === "NO_SUCH_LETTER" || code === "NOT_OPEN" ? "" : ` ${sentence} ${remedy}`;
      return `${position}  ${code}: ${message}.${words}`;
    })
    .join("\n");
}
