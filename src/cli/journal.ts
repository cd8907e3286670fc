/**
 * `outrigger journal`: the logs of an engine, verified, shown and exported. Only reads; the engine may be running.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { openConfig } from "../config/load.ts";
import { journalDirectory } from "../config/paths.ts";
import { type PlacedRecord, readLog } from "../journal/reader.ts";
import { recordFields, recordName } from "../journal/record-text.ts";
import { type LogVerification, verifyLog } from "../journal/verify.ts";
import { example } from "./config.ts";
import { configOption, configPath, jsonOption } from "./config-option.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import { processShell, type Shell } from "./shell.ts";

export const LOGS = ["intake", "decisions", "quotes"] as const;
type LogName = (typeof LOGS)[number];

interface Options {
  readonly config?: string;
  readonly json?: boolean;
  readonly log?: LogName;
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
  readonly type?: string;
}

const LIMIT_DEFAULT = 50;

export function register(program: Command, shell: Shell = processShell()): void {
  const journal = program
    .command("journal")
    .description("The journal: what came in (intake), what was decided (decisions), what it cost then (quotes).");
  const add = (name: string, description: string, sample: string) =>
    journal
      .command(`${name} [directory]`)
      .description(description)
      .addOption(configOption())
      .addHelpText("after", example(`outrigger journal ${sample}`));
  const records = (command: Command) =>
    command
      .option("--from <position>", "first position", positionOf)
      .option("--to <position>", "last position", positionOf)
      .option("--type <name>", "records of this type only, such as INTENT or DEAD_LETTER");
  add("verify", "Check every segment, checksum, number and link. Ends with 1 where anything is damaged.", "verify")
    .addOption(jsonOption())
    .action((directory: string | undefined, options: Options) => verify(directory, options, shell));
  records(add("show", "Print records, one per line.", "show --log decisions --type INTENT"))
    .addOption(new Option("--log <name>", "which log").choices(LOGS).default("decisions"))
    .option("--limit <n>", "so many records at most", positionOf, LIMIT_DEFAULT)
    .addOption(jsonOption())
    .action((directory: string | undefined, options: Options) => show(directory, options, shell));
  records(add("export", "Print every record as a line of JSON.", "export --log intake > intake.jsonl"))
    .addOption(new Option("--log <name>", "one log instead of all").choices(LOGS))
    .action((directory: string | undefined, options: Options) => exportAll(directory, options, shell));
}

function verify(directory: string | undefined, options: Options, shell: Shell): void {
  const root = journalOf(directory, options, shell);
  const logs = LOGS.filter((name) => existsSync(join(root, name))).map((name) => ({
    log: name,
    ...verifyLog(join(root, name)),
  }));
  const ok = logs.every(({ fault }) => fault === null);
  shell.out(options.json ? JSON.stringify({ ok, logs }) : logs.map(formatVerification).join("\n"));
  if (!ok) shell.setExitCode(EXIT_CODES.failure);
}

function show(directory: string | undefined, options: Options, shell: Shell): void {
  const root = journalOf(directory, options, shell);
  const { log = "decisions", limit = LIMIT_DEFAULT } = options;
  let shown = 0;
  for (const record of selected(join(root, log), options)) {
    if (shown++ === limit) {
      if (options.json !== true) shell.out(`... (--limit ${limit}; go on with --from ${record.lsn})`);
      return;
    }
    shell.out(options.json ? jsonOf(log, record) : lineOf(record));
  }
}

function exportAll(directory: string | undefined, options: Options, shell: Shell): void {
  const root = journalOf(directory, options, shell);
  for (const log of options.log === undefined ? LOGS : [options.log]) {
    for (const record of selected(join(root, log), options)) shell.out(jsonOf(log, record));
  }
}

function* selected(directory: string, { from = 1, to, type }: Options): Generator<PlacedRecord> {
  for (const record of readLog(directory, { fromLsn: from })) {
    if (to !== undefined && record.lsn > to) return;
    if (type === undefined || recordName(record.type) === type) yield record;
  }
}

function jsonOf(log: LogName, record: PlacedRecord): string {
  const { lsn, type, version, monoNs, wallMs, payload } = record;
  const fields = recordFields(type, payload);
  return JSON.stringify({ log, position: lsn, type: recordName(type), version, wallMs, monoNs, fields });
}

function lineOf({ lsn, type, wallMs, payload }: PlacedRecord): string {
  const at = wallMs > 0 ? new Date(wallMs).toISOString() : "-";
  return `${String(lsn).padStart(8)}  ${at}  ${recordName(type).padEnd(18)}  ${fieldsText(recordFields(type, payload))}`;
}

const fieldsText = (fields: object): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : value}`)
    .join(" ");

function formatVerification(verified: { readonly log: string } & LogVerification): string {
  const { log, segments, firstSegment, records, firstLsn, lastLsn, links, tornAt, fault } = verified;
  const before = firstSegment > 1 ? `, from segment ${firstSegment} on: those before it were archived or removed` : "";
  const what = `${log.padEnd(9)}  ${records} records (${firstLsn} to ${lastLsn}) in ${segments} segments, ${links} links${before}`;
  if (fault !== null) {
    const place = [
      fault.file,
      fault.offset < 0 ? "" : `byte ${fault.offset}`,
      fault.lsn < 0 ? "" : `record ${fault.lsn}`,
    ];
    return `${what}: DAMAGED\n           ${place.filter((part) => part !== "").join(", ")}: ${fault.message}`;
  }
  if (tornAt === null) return `${what}: good`;
  return `${what}: good, with a torn tail at byte ${tornAt.offset} of ${tornAt.file} that the next start cuts`;
}

export function journalOf(directory: string | undefined, options: Pick<Options, "config">, shell: Shell): string {
  const root =
    directory === undefined
      ? journalDirectory(openConfig(configPath(options.config, shell)).config)
      : resolve(shell.cwd, directory);
  if (LOGS.some((name) => existsSync(join(root, name)))) return root;
  throw new CommandFailure(EXIT_CODES.usage, "NO_JOURNAL", `${root} holds no journal (${LOGS.join(", ")})`);
}

function positionOf(text: string): number {
  if (/^\d{1,15}$/.test(text) && Number(text) > 0) return Number(text);
  throw new CommandFailure(EXIT_CODES.usage, "NUMBER_MALFORMED", `"${text}" is not a whole number above 0`);
}
