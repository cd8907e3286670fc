/**
 * `outrigger doctor`: is this machine fit to run the engine? Needs no keys and asks no venue; with a configuration it looks at that
 * one's data directory and ports, without one at the defaults in the current directory.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { openConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { diskAnswer, machineAnswer, nodeAnswer, portsAnswer } from "../preflight/host-items.ts";
import { type Answer, failed, type Item, notApplicable, passed } from "../preflight/item.ts";
import { compileKernels } from "../wasm/kernels.ts";
import { example } from "./config.ts";
import { configOption, configPath, jsonOption } from "./config-option.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import { itemsText } from "./preflight.ts";
import { processShell, type Shell } from "./shell.ts";

interface Options {
  readonly config?: string;
  readonly json?: boolean;
}

export function register(program: Command, shell: Shell = processShell()): void {
  program
    .command("doctor")
    .description(
      "Look at this machine: Node, kernels, cores and memory, disk, ports, clock. Code 8 where something is wrong.",
    )
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText("after", example("outrigger doctor --config config/outrigger.example.yaml"))
    .action((options: Options) => doctor(options, shell));
}

async function doctor(options: Options, shell: Shell): Promise<void> {
  const config = configOf(options, shell);
  const journal = config?.journal ?? { segmentBytes: 67_108_864, quoteSegmentsMax: 16 };
  const dataDir = config?.engine.dataDir ?? shell.cwd;
  const doors = [
    { name: "receiver", host: config?.receiver.host ?? "127.0.0.1", port: config?.receiver.port ?? 8700 },
    { name: "control", host: config?.control.host ?? "127.0.0.1", port: config?.control.port ?? 8701 },
  ];
  const answers: readonly (readonly [id: string, question: string, answer: Answer])[] = [
    ["node", "Is this the Node that everything was tested with?", nodeAnswer()],
    ["kernels", "Are the kernels built?", kernelsAnswer()],
    ["machine", "Are there cores and memory enough?", machineAnswer()],
    ["disk", "Has the disk room, and is it fast enough?", diskAnswer(dataDir, journal)],
    ["ports", "Are the ports free?", await portsAnswer(doors, dataDir)],
    ["clock", "Is the clock kept right?", clockAnswer()],
  ];
  const items: readonly Item[] = answers.map(([id, question, answer]) => ({ id, question, ...answer }));
  const isFit = items.every(({ status }) => status !== "failed");
  shell.out(options.json ? JSON.stringify({ passed: isFit, items }) : itemsText(items));
  shell.setExitCode(isFit ? EXIT_CODES.ok : EXIT_CODES.checksFailed);
}

/** Null where none was named and none lies here. */
function configOf({ config }: Options, shell: Shell): Config | null {
  try {
    return openConfig(configPath(config, shell)).config;
  } catch (cause) {
    if (cause instanceof CommandFailure && cause.code === "CONFIG_NOT_FOUND") return null;
    throw cause;
  }
}

function kernelsAnswer(): Answer {
  try {
    compileKernels();
    return passed("they are");
  } catch (cause) {
    return failed((cause as Error).message);
  }
}

/** Where the system says so. What venues say of it is the preflight's. */
function clockAnswer(): Answer {
  const known = ["/run/systemd/timesync", "/run/chrony", "/var/lib/ntp"].filter((path) => existsSync(path));
  const synchronized = join("/run/systemd/timesync", "synchronized");
  if (existsSync(synchronized)) return passed("systemd-timesyncd says that it is synchronised", { file: synchronized });
  if (known.length > 0) return notApplicable("a time service is installed; it does not say how right it is", { known });
  return notApplicable("no time service was found: preflight compares with the venues' clocks", { known });
}
