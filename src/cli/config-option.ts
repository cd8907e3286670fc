/** `--config`: the same option with the same fallbacks for every command. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Option } from "commander";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import type { Shell } from "./shell.ts";

const DEFAULT_NAMES = ["outrigger.yaml", "outrigger.yml"];

export function configOption(): Option {
  return new Option("-c, --config <file>", "configuration file (else OUTRIGGER_CONFIG, else ./outrigger.yaml)");
}

export function jsonOption(): Option {
  return new Option("--json", "print JSON");
}

/** The configuration file this invocation means. It need not exist when it was named. */
export function configPath(given: string | undefined, shell: Pick<Shell, "env" | "cwd">): string {
  const named = given ?? shell.env["OUTRIGGER_CONFIG"];
  if (named !== undefined && named !== "") return resolve(shell.cwd, named);
  const found = DEFAULT_NAMES.map((name) => resolve(shell.cwd, name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new CommandFailure(
    EXIT_CODES.usage,
    "CONFIG_NOT_FOUND",
    "no configuration: name one with --config or OUTRIGGER_CONFIG, or put outrigger.yaml here. " +
      "A sample is config/outrigger.example.yaml.",
  );
}
