/** `outrigger config`: check a configuration, show it with every default, print its schema. */
import type { Command } from "commander";
import { stringify } from "yaml";
import { configTable } from "../config/config-table.ts";
import { configJsonSchema } from "../config/json-schema.ts";
import { openConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { readSecrets } from "../config/secrets.ts";
import { configOption, configPath, jsonOption } from "./config-option.ts";
import { EXIT_CODES_HELP } from "./exit-codes.ts";
import { processShell, type Shell } from "./shell.ts";

interface Options {
  readonly config?: string;
  readonly json?: boolean;
}

export function register(program: Command, shell: Shell = processShell()): void {
  const config = program.command("config").description("Check or show the configuration, or print its schema.");

  config
    .command("check")
    .description("Check the configuration: every problem with line and column, or its main figures.")
    .addOption(configOption())
    .option("--secrets", "also check that every secret it names can be read")
    .addOption(jsonOption())
    .addHelpText("after", example("outrigger config check --config config/outrigger.example.yaml --secrets"))
    .action((options: Options & { secrets?: boolean }) => check(options, shell));

  config
    .command("show")
    .description("Print the configuration as the engine sees it: every default filled in, every path absolute.")
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText("after", example("outrigger config show --config config/outrigger.example.yaml"))
    .action((options: Options) => {
      const loaded = openConfig(configPath(options.config, shell)).config;
      shell.out(options.json ? JSON.stringify(loaded, null, 2) : stringify(loaded).trimEnd());
    });

  config
    .command("schema")
    .description("Print the JSON Schema for editors, or with --markdown the table of all settings.")
    .option("--markdown", "print the table of all settings")
    .addOption(jsonOption())
    .addHelpText("after", example("outrigger config schema > outrigger.schema.json"))
    .action((options: { markdown?: boolean }) => {
      shell.out(options.markdown ? configTable() : JSON.stringify(configJsonSchema(), null, 2));
    });
}

/** What `--help` of every command ends with. */
export function example(command: string): string {
  return `\nExample:\n  ${command}\n\n${EXIT_CODES_HELP}`;
}

function check(options: Options & { secrets?: boolean }, shell: Shell): void {
  const file = configPath(options.config, shell);
  const { config, document } = openConfig(file);
  if (options.secrets) readSecrets(config, shell.env, document);
  const figures = figuresOf(config);
  if (options.json) {
    shell.out(JSON.stringify({ ok: true, file, ...figures, secrets: options.secrets ? "readable" : "not checked" }));
    return;
  }
  const counted = Object.entries(figures).map(([what, count]) => `${count} ${what}`);
  shell.out(`${file}: good (${counted.join(", ")}${options.secrets ? ", secrets readable" : ""})`);
}

function figuresOf(config: Config): Record<string, number> {
  return {
    sources: config.sources.length,
    venues: config.venues.length,
    instruments: config.instruments.length,
    listings: config.instruments.reduce((total, instrument) => total + instrument.listings.length, 0),
    shields: config.shield.length,
    signals: config.signal.length,
    reversions: config.reversion.length,
  };
}
