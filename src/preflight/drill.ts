/**
 * Breaker drill: trips every breaker that this configuration can trip, on the live core with the live configuration, and looks at
 * what each must do (SPEC §7): its entry with reason, value and limit; nothing new opened while it is open; closing never blocked;
 * lifted by an acknowledgement alone; still open after a restart.
 *
 * Causes are those of live trading: a venue that stays away, a clock that is off, a model of another version, a loss, orders. Limits
 * of money and of numbers of orders are tightened to 0 for it, by an operator's own command, so that the first loss or order is over
 * them; what they are configured to is in the journal's EPOCH record.
 *
 * The journal is the evidence: it is replayed at the end, and has to give the same decisions byte for byte.
 */
import { BREAKERS, type BreakerEntry, type BreakerName, WHOLE } from "../core/breakers.ts";
import type { CoreConfig } from "../core/config.ts";
import type { Verdict } from "../core/event.ts";
import type { LimitName } from "../core/limits.ts";
import { replayJournal } from "../lane/replay.ts";
import { DrillHost } from "./drill-host.ts";
import { type Trial, trialOf } from "./drill-trial.ts";

export interface Drilled {
  readonly breaker: BreakerName | "killSwitch";
  readonly outcome: "passed" | "failed" | "notApplicable";
  /** What tripped it, what went wrong, or why it cannot be tripped. */
  readonly why: string;
  /** Of its entry; null where it has none. */
  readonly value: number | null;
  readonly limit: number | null;
  /** What an opening was answered while it was open. */
  readonly opening: string | null;
}

export interface Drill {
  readonly passed: boolean;
  /** Its journal. */
  readonly directory: string;
  readonly drilled: readonly Drilled[];
  readonly survivesRestart: boolean;
  readonly replay: { readonly commands: number; readonly sha256: string; readonly differences: number };
}

/** Writes `directory` anew. `wallMs`: when the drill pretends to be; sizes are those of after the rollout. */
export function drillBreakers(core: CoreConfig, directory: string, kernels: WebAssembly.Module, wallMs: number): Drill {
  const startMs = Math.max(wallMs, core.ramp.fraction < 1 ? core.ramp.startMs + core.ramp.durationMs : 0);
  const host = new DrillHost(core, directory, kernels, Math.ceil(startMs));
  let survivesRestart = false;
  const drilled: Drilled[] = [];
  try {
    const trial = trialOf(host);
    for (const breaker of BREAKERS) drilled.push(drillOne(host, trial, breaker));
    drilled.push(drillKillSwitch(host, trial));
    acknowledgeAll(host);
    // Tripped by what the core saw and by no command, so that its own record is all that a restart has of it.
    host.venue(0, { clockOffsetMs: core.breakers.clockOffsetMsMax + 1 });
    survivesRestart = host.restarted().breakers.isOpen("clock", 0);
  } finally {
    host.close();
  }
  const { commands, sha256, differences, gaps, unrecorded } = replayJournal(null, directory, kernels);
  const replay = { commands, sha256, differences: differences.length + gaps.length + unrecorded };
  const passed = survivesRestart && replay.differences === 0 && drilled.every(({ outcome }) => outcome !== "failed");
  return { passed, directory, drilled, survivesRestart, replay };
}

/** How a breaker is tripped, about whom, and what there is to mend before it is acknowledged. */
interface Cause {
  readonly subject: number;
  readonly why: string;
  trip(): void;
  /** What went wrong right after it tripped; null where nothing did. */
  fault?(): string | null;
  mend?(): void;
}

function drillOne(host: DrillHost, trial: Trial, breaker: BreakerName): Drilled {
  const cause = causeOf(host, trial, breaker);
  if (typeof cause === "string") return { ...NOTHING, breaker, outcome: "notApplicable", why: cause };
  const { subject } = cause;
  acknowledgeAll(host);
  host.take();
  cause.trip();
  const entry = entryOf(host, breaker, subject);
  const failed = (why: string): Drilled => ({ ...numbersOf(entry), breaker, outcome: "failed", why });
  if (entry === null || !host.core.breakers.isOpen(breaker, subject)) return failed(`${cause.why}: it did not trip`);
  const fault = cause.fault?.() ?? null;
  if (fault !== null) return failed(fault);
  cause.mend?.();
  const closed = trial.close();
  if (!trial.isFlat) return failed(`what was open could not be closed: ${answerText(closed)}`);
  const { placed } = host;
  const opening = trial.open(subject);
  const opened = host.placed > placed;
  // A venue that is back is open for what is new: what stood there is closed. And what opens without a race may.
  const mayOpen = breaker === "venueDown" || breaker === "overHedge" || (PAUSES.includes(breaker) && trial.isHedge);
  if (opened !== mayOpen) {
    return failed(opened ? "something was opened while it was open" : `a hedge was refused: ${answerText(opening)}`);
  }
  trial.close();
  host.control({ type: "acknowledge", breaker, subject, reason: "drill" });
  if (host.core.breakers.isOpen(breaker, subject)) return failed("an acknowledgement did not lift it");
  acknowledgeAll(host);
  const again = trial.open(subject);
  if (trial.canOpen && host.placed === placed) return failed(`nothing opens after it: ${answerText(again)}`);
  trial.close();
  return { ...numbersOf(entry), breaker, outcome: "passed", why: cause.why, opening: answerText(opening) };
}

/** One loss may be over two limits, and what drills cost adds up. */
function acknowledgeAll(host: DrillHost): void {
  for (const { breaker, subject } of [...host.core.breakers.tripped]) {
    host.control({ type: "acknowledge", breaker, subject, reason: "drill: another one" });
  }
}

/** A text says why this configuration cannot trip it. */
function causeOf(host: DrillHost, trial: Trial, breaker: BreakerName): Cause | string {
  const { config } = host;
  const fault = (subject: number): Cause => ({
    subject,
    why: "reported by the host",
    trip: () => host.control({ type: "fault", breaker, subject, reason: "drill" }),
  });
  const tightened = (limit: LimitName, why: string, act: () => void, mend?: () => void): Cause => ({
    subject: WHOLE,
    why: `${why}, with ${limit} tightened to 0`,
    trip: () => {
      host.control({ type: "limit", name: limit, value: 0, confirmed: false, reason: "drill" });
      act();
    },
    mend: () => {
      mend?.();
      const value = configuredLimit(config, limit);
      // Loosening takes two steps.
      for (const confirmed of [false, true])
        host.control({ type: "limit", name: limit, value, confirmed, reason: "drill" });
    },
  });
  switch (breaker) {
    case "providerSilent":
      return fault(0);
    case "journal":
      return fault(WHOLE);
    case "modelChanged":
      if (!trial.canOpen) return NO_OPENING;
      return { subject: 0, why: "a signal of the model's next version", trip: () => trial.newModelVersion() };
    case "venueDown":
      return awayCause(host, trial);
    case "dailyLoss":
    case "drawdown": {
      if (!trial.canLose) return NO_OPENING;
      const limit = breaker === "dailyLoss" ? "dailyLossMax" : "drawdownMax";
      return tightened(
        limit,
        "a loss",
        () => trial.lose(),
        () => trial.recover(),
      );
    }
    case "orderRate":
      if (!trial.canOpen) return NO_OPENING;
      return tightened("ordersPerMinuteMax", "one order", () => void trial.open(0));
    case "rejects":
      if (!trial.canOpen) return NO_OPENING;
      return tightened("rejectsPerMinuteMax", "one order that its venue rejected", () => {
        host.rejects = true;
        trial.open(0);
        host.rejects = false;
      });
    case "repeatedFills":
      if (!trial.canOpen) return NO_OPENING;
      return tightened("sameSideFillsPerMinuteMax", "one fill", () => void trial.open(0));
    case "dailyCost":
      if (!trial.canOpen) return NO_OPENING;
      return tightened("dailyCostMax", "one fill and its costs", () => void trial.open(0));
    case "overHedge": {
      if (!trial.canOpen) return NO_OPENING;
      const { overHedgeMsMax } = config.router;
      return {
        subject: WHOLE,
        why: `an order that filled twice over, and ${overHedgeMsMax} ms in which that could not be taken back`,
        trip: () => {
          host.overFills = true;
          trial.open(0);
          host.pass(overHedgeMsMax);
          host.rejects = false;
        },
        // The orders that could not take it back may have tripped their own.
        mend: () => host.control({ type: "acknowledge", breaker: "rejects", subject: WHOLE, reason: "drill" }),
      };
    }
    case "clock": {
      const offset = config.breakers.clockOffsetMsMax;
      return {
        subject: 0,
        why: `${offset} ms let through, ${offset + 1} ms not`,
        trip: () => {
          host.venue(0, { clockOffsetMs: offset });
          if (host.core.breakers.isOpen("clock", 0)) return;
          host.venue(0, { clockOffsetMs: offset + 1 });
        },
        mend: () => host.venue(0),
      };
    }
  }
}

function awayCause(host: DrillHost, trial: Trial): Cause | string {
  if (trial.isHedge || !trial.canOpen) return "only positions that signals open have legs to neutralise";
  trial.open(0);
  const venue = trial.venueOfALeg();
  const { venueDownMs } = host.config.breakers;
  return {
    subject: venue,
    why: `a venue away for ${venueDownMs} ms, and not for one less`,
    trip: () => {
      host.venue(venue, { ordersLive: false, quotesLive: false });
      host.pass(venueDownMs - 1);
      if (!host.core.breakers.isOpen("venueDown", venue)) host.pass(1);
    },
    fault: () => {
      host.pass(1000);
      return trial.isFlat || !trial.hasOtherVenues(venue) ? null : "its positions were not closed on other venues";
    },
    mend: () => {
      host.venue(venue);
      host.requote();
    },
  };
}

function drillKillSwitch(host: DrillHost, trial: Trial): Drilled {
  const drilled = { ...NOTHING, breaker: "killSwitch" } as const;
  if (!trial.canOpen) return { ...drilled, outcome: "notApplicable", why: NO_OPENING };
  acknowledgeAll(host);
  for (const level of [1, 2] as const) {
    trial.close();
    host.control({ type: "kill", level, reason: "drill" });
    const { placed } = host;
    trial.open(0);
    if (host.placed > placed) return { ...drilled, outcome: "failed", why: `level ${level} let an order out` };
    host.control({ type: "kill", level: 0, reason: "drill" });
  }
  const { placed } = host;
  const again = trial.open(0);
  if (host.placed === placed) {
    return { ...drilled, outcome: "failed", why: `nothing opens after its release: ${answerText(again)}` };
  }
  trial.close();
  return { ...drilled, outcome: "passed", why: "levels 1 and 2, by an operator's command" };
}

const NO_OPENING = "a drill can open nothing here: reversions open on a spread of many bars";
/** About a source: what it would open waits, hedges do not. */
const PAUSES: readonly BreakerName[] = ["providerSilent", "modelChanged"];
const NOTHING = { value: null, limit: null, opening: null } as const;

function entryOf(host: DrillHost, breaker: BreakerName, subject: number): BreakerEntry | null {
  for (const command of host.take()) {
    if (command.type !== "breaker") continue;
    const { entry } = command;
    if (entry.open && entry.breaker === breaker && entry.subject === subject) return entry;
  }
  return null;
}

const numbersOf = (entry: BreakerEntry | null) => ({
  ...NOTHING,
  value: entry === null || Number.isNaN(entry.value) ? null : entry.value,
  limit: entry === null || Number.isNaN(entry.limit) ? null : entry.limit,
});

const answerText = ({ outcome, refusal }: Verdict): string => refusal?.code ?? outcome;

function configuredLimit({ breakers }: CoreConfig, limit: LimitName): number {
  const { venueDownMs: _, clockOffsetMsMax: __, ...changeable } = breakers;
  return changeable[limit as keyof typeof changeable];
}
