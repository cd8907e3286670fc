/**
 * Entry of the `outrigger` command. No logic: it names the commands and loads the one that was asked for, so that `--help`
 * and small commands do not pay for the engine.
 */
import { Command, CommanderError } from "commander";
import { EXIT_CODES, EXIT_CODES_HELP } from "./cli/exit-codes.ts";
import { reportFailure } from "./cli/failure.ts";
import { processShell, type Shell } from "./cli/shell.ts";
import { engineVersion } from "./cli/version.ts";

interface CommandFile {
  register(program: Command, shell?: Shell): void;
}

const COMMANDS: readonly (readonly [name: string, summary: string, load: () => Promise<CommandFile>])[] = [
  ["start", "paper venues, engine and sample signals: a first look", () => import("./cli/start.ts")],
  ["run", "run the engine", () => import("./cli/run.ts")],
  ["preflight", "answer the checklist of live trading, with evidence", () => import("./cli/preflight.ts")],
  ["doctor", "look at this machine: Node, cores, disk, ports, clock", () => import("./cli/doctor.ts")],
  ["intake", "accept signals while the engine restarts", () => import("./cli/intake.ts")],
  ["paper", "run the paper exchange", () => import("./cli/paper.ts")],
  ["send", "send one signal to the running engine", () => import("./cli/send.ts")],
  ["status", "print how the running engine is", () => import("./cli/status.ts")],
  ["kill", "stop all sends of the running engine", () => import("./cli/kill.ts")],
  ["resume", "release the kill switch, in two steps", () => import("./cli/resume.ts")],
  ["operate", "kill switch, state, breakers and limits of the running engine", () => import("./cli/operate.ts")],
  ["positions", "print the positions of the running engine", () => import("./cli/positions.ts")],
  ["explain", "print every number from a signal to its orders", () => import("./cli/explain.ts")],
  ["analyse", "hedge ratios, half-lives and calibrations as they are now", () => import("./cli/analyse.ts")],
  ["hedge", "order hedge candidates by what they would have taken away", () => import("./cli/hedge.ts")],
  ["dlq", "list, show, replay or discard dead letters", () => import("./cli/dlq.ts")],
  ["journal", "verify, show or export the journal", () => import("./cli/journal.ts")],
  ["replay", "make the decisions of a journal again, and compare", () => import("./cli/replay.ts")],
  ["data", "check, import or download market data", () => import("./cli/data.ts")],
  ["backtest", "run over recorded markets and say what hedging was worth", () => import("./cli/backtest.ts")],
  ["report", "say what hedging was worth, from a live journal", () => import("./cli/report.ts")],
  ["config", "check or show the configuration, or print its schema", () => import("./cli/config.ts")],
];

// `ws` would load an addon, bufferutil, which ends the whole process when a thread is terminated while it loads.
process.env["WS_NO_BUFFER_UTIL"] = "1";

const shell = processShell();
const program = new Command("outrigger")
  .description("Low-latency hedging engine: signed signals in, first-fill hedges out, nothing accepted is ever lost.")
  .version(engineVersion())
  .showHelpAfterError("(--help says more)")
  .addHelpText("after", `\n${EXIT_CODES_HELP}`)
  .exitOverride();

const asked = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
const wanted = asked === "help" ? process.argv.slice(2).find((a) => a !== "help" && !a.startsWith("-")) : asked;
for (const [name, summary, load] of COMMANDS) {
  if (name === wanted) (await load()).register(program, shell);
  else program.command(name).summary(summary).description(summary);
}

try {
  await program.parseAsync();
} catch (error) {
  // Commander has already printed what it has to say.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
  else process.exitCode = reportFailure(error, process.argv.includes("--json"), shell);
}
