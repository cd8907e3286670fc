/**
 * Hedges that were chosen: what `hedge: auto` became at the first start, in a file of the data directory.
 *
 * A choice stays until somebody removes the file. The position that it led to belongs to it, so it is not made anew at every
 * start, whatever candles say by then.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { ConfigError } from "./problem.ts";
import type { Config } from "./schema.ts";
import { AUTO } from "./schema-shield.ts";

export interface HedgeChoice {
  /** The playbook, as `shield of BTC/USDT`. */
  readonly playbook: string;
  readonly hedge: string;
  readonly chosenMs: number;
  readonly why: string;
}

export const hedgeChoicesPath = ({ engine }: Config): string => join(engine.dataDir, "hedge-choices.json");

/** By what it protects or trades, which no two playbooks share: a place in the file's list may change. */
export const playbookName = (
  kind: "shield" | "signal" | "reversion",
  settings: { readonly asset?: string; readonly primary?: string },
): string => `${kind} of ${settings.asset ?? settings.primary}`;

/** With `auto` replaced by what was chosen; one that was not, or not of its candidates any more, stays. */
export function withHedgeChoices(config: Config): Config {
  if (!hedgesToChoose(config)) return config;
  const choices = readHedgeChoices(hedgeChoicesPath(config));
  return withHedges(config, (playbook) => choices.find((each) => each.playbook === playbook)?.hedge);
}

export const hedgesToChoose = ({ shield, signal, reversion }: Config): boolean =>
  [...shield, ...signal, ...reversion].some(({ hedge }) => hedge === AUTO);

export function withHedges(config: Config, hedgeOf: (playbook: string) => string | undefined): Config {
  const settled = <Settings extends Config["shield"][number] | Config["signal"][number] | Config["reversion"][number]>(
    kind: "shield" | "signal" | "reversion",
    playbooks: readonly Settings[],
  ): Settings[] =>
    playbooks.map((settings) => {
      if (settings.hedge !== AUTO) return settings;
      const hedge = hedgeOf(playbookName(kind, settings));
      return hedge === undefined || !settings.hedgeCandidates.includes(hedge) ? settings : { ...settings, hedge };
    });
  return {
    ...config,
    shield: settled("shield", config.shield),
    signal: settled("signal", config.signal),
    reversion: settled("reversion", config.reversion),
  };
}

/** Empty where there is no such file; ConfigError where it holds something else. */
export function readHedgeChoices(path: string): readonly HedgeChoice[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  const choices = parsed(text);
  if (choices !== null) return choices;
  // To choose anew would leave a position with nobody to look after it.
  const message = "is not a list of choices: put it right, or remove it while nothing is hedged";
  throw new ConfigError("CONFIG_UNREADABLE", [{ file: path, line: 0, column: 0, setting: "", message }]);
}

function parsed(text: string): readonly HedgeChoice[] | null {
  try {
    const choices = JSON.parse(text) as readonly HedgeChoice[];
    return choices.every(({ playbook, hedge }) => typeof playbook === "string" && typeof hedge === "string")
      ? choices
      : null;
  } catch {
    return null;
  }
}

/** Whole or not at all, and on disk when it returns. */
export function writeHedgeChoices(path: string, choices: readonly HedgeChoice[]): void {
  mkdirSync(dirname(path), { recursive: true });
  const descriptor = openSync(`${path}.new`, "w", 0o600);
  try {
    writeSync(descriptor, `${JSON.stringify(choices, null, 2)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(`${path}.new`, path);
}
