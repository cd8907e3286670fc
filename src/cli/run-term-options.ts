/** Options that say how venues, senders and operators behave in a run, and the terms that they make. */
import { type Command, InvalidArgumentError } from "commander";
import { type HookTerms, NO_DELAY, type OutageWindow, RUN_TERMS, type RunTerms } from "../backtest/run/run-terms.ts";
import type { Directory } from "../domain/instrument.ts";
import { parseTime } from "../wire/time-text.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import { numberOption } from "./result-options.ts";

interface Range {
  readonly min: number;
  readonly max: number;
}

export interface TermOptions {
  readonly latencyMs: Range;
  readonly spreadBps: number;
  readonly depthNotional: number;
  readonly partial: number;
  readonly reject: number;
  readonly dropAnswer: number;
  readonly outage: readonly string[];
  readonly hookDelayMs: Range;
  readonly hookDrop: number;
  readonly hookOutage: readonly string[];
  readonly acknowledgeS?: number;
  readonly seed: number;
  readonly sampleS: number;
  readonly capital?: number;
}

export function withTermOptions(command: Command): Command {
  return command
    .option("--latency-ms <min..max>", "one way, to and from a venue", rangeOption, RUN_TERMS.latencyMs)
    .option("--spread-bps <bps>", "between bid and ask where a file has only prices", numberOption, RUN_TERMS.spreadBps)
    .option("--depth-notional <quote>", "shown where a file has no sizes", numberOption, RUN_TERMS.depthNotional)
    .option("--partial <share>", "of orders that find only part of what is shown", numberOption, RUN_TERMS.partial)
    .option("--reject <share>", "of orders that venues refuse", numberOption, RUN_TERMS.reject)
    .option("--drop-answer <share>", "of answers that are lost", numberOption, RUN_TERMS.dropAnswer)
    .option(
      "--outage <venue@time/seconds...>",
      "a venue cannot be reached, such as paper-a@2024-01-02T03:00:00Z/30",
      [],
    )
    .option("--hook-delay-ms <min..max>", "from a sender to the receiver", rangeOption, NO_DELAY.delayMs)
    .option("--hook-drop <share>", "of webhooks that never arrive", numberOption, NO_DELAY.drop)
    .option("--hook-outage <time/seconds...>", "the receiver is away; senders try again once it is back", [])
    .option(
      "--acknowledge-s <seconds>",
      "an operator acknowledges each breaker so long after (else nobody does)",
      numberOption,
    )
    .option("--seed <n>", "of the simulated venues and senders", numberOption, RUN_TERMS.seed)
    .option("--sample-s <seconds>", "between two points of the equity curves", numberOption, RUN_TERMS.sampleMs / 1000)
    .option(
      "--capital <quote>",
      "equity at the start (else the notional of what is held and of what playbooks may take)",
      numberOption,
    );
}

/** OPTION_BAD for outages that name nothing. */
export function termsOf(options: TermOptions, directory: Directory): RunTerms {
  return {
    latencyMs: options.latencyMs,
    spreadBps: options.spreadBps,
    depthNotional: options.depthNotional,
    partial: options.partial,
    reject: options.reject,
    dropAnswer: options.dropAnswer,
    outages: options.outage.map((text) => venueOutage(text, directory)),
    hooks: {
      delayMs: options.hookDelayMs,
      drop: options.hookDrop,
      outages: options.hookOutage.map(hookOutage).sort((a, b) => a.fromMs - b.fromMs),
    },
    operatorMs: options.acknowledgeS === undefined ? null : options.acknowledgeS * 1000,
    seed: options.seed,
    sampleMs: options.sampleS * 1000,
    capital: options.capital ?? null,
  };
}

/** For a report's table of inputs. */
export function termRows(terms: RunTerms): readonly (readonly [name: string, value: string])[] {
  const { latencyMs, hooks, operatorMs } = terms;
  return [
    ["latency, one way", `${latencyMs.min} to ${latencyMs.max} ms`],
    ["spread where a file has none", `${terms.spreadBps} bps`],
    ["orders filled in part, refused, unanswered", `${terms.partial}, ${terms.reject}, ${terms.dropAnswer}`],
    ["outages of venues", String(terms.outages.length)],
    ["webhooks take", `${hooks.delayMs.min} to ${hooks.delayMs.max} ms; ${hooks.drop} are lost`],
    ["outages of the receiver", String(hooks.outages.length)],
    ["breakers are acknowledged", operatorMs === null ? "never" : `after ${operatorMs / 1000} s`],
    ["seed", String(terms.seed)],
  ];
}

function venueOutage(text: string, directory: Directory): OutageWindow {
  const [, name = "", window = ""] = /^([A-Za-z0-9_-]+)@(.+)$/.exec(text) ?? [];
  const venue = directory.venues.findIndex((each) => each.name === name);
  const found = windowOf(window);
  if (venue >= 0 && found !== null) return { venue, ...found };
  const why = `--outage ${text}: must be VENUE@TIME/SECONDS with a configured venue and an RFC 3339 time`;
  throw new CommandFailure(EXIT_CODES.usage, "OPTION_BAD", why);
}

function hookOutage(text: string): HookTerms["outages"][number] {
  const found = windowOf(text);
  if (found !== null) return found;
  const why = `--hook-outage ${text}: must be TIME/SECONDS with an RFC 3339 time`;
  throw new CommandFailure(EXIT_CODES.usage, "OPTION_BAD", why);
}

function windowOf(text: string): { readonly fromMs: number; readonly forMs: number } | null {
  const [, time = "", seconds] = /^(.+)\/(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  const fromMs = parseTime(time);
  return Number.isNaN(fromMs) ? null : { fromMs, forMs: Number(seconds) * 1000 };
}

function rangeOption(text: string): Range {
  const [, low, high = low] = /^(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  if (low === undefined || Number(high) < Number(low))
    throw new InvalidArgumentError("It must be MIN..MAX, or one number.");
  return { min: Number(low), max: Number(high) };
}
