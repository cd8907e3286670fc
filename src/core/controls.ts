/**
 * Controls: what operators, and the host in their place, have the core do beside trading: kill switches, states, limits, breakers
 * that are acknowledged, and what a start after a power loss waits for.
 *
 * They come as CONTROL events, so that a replay has them too. What loosens anything takes two steps where `limits.ts` or
 * `kill-parts.ts` says so. Each is said aloud, whatever came of it.
 */
import type { EpochMs } from "../domain/units.ts";
import type { EngineStateKeeper } from "./engine-state.ts";
import type { Alarm, Control } from "./event.ts";
import { partName } from "./kill-parts.ts";
import type { Core } from "./step.ts";

type Of<Type extends Control["type"]> = Extract<Control, { readonly type: Type }>;

/** By the level of a misfit: what follows until it has gone, or the engine was started by other settings. */
const BARRED = ["what is smaller is refused there", "nothing opens there", "no order goes there"] as const;

export class Controls {
  readonly #core: Core;
  readonly #state: EngineStateKeeper;

  constructor(core: Core, state: EngineStateKeeper) {
    this.#core = core;
    this.#state = state;
  }

  take(control: Control, wallMs: EpochMs): void {
    const { amnesia, breakers, commands, config, market, risk } = this.#core;
    switch (control.type) {
      case "kill":
        if (control.level === risk.kill) return;
        risk.kill = control.level;
        this.#alarm("STATE_CHANGED", `kill switch ${control.level}: ${control.reason}`, control.level);
        return;
      case "killPart": {
        const { part, index, level, confirmed, reason } = control;
        const change = risk.parts.change(part, index, level, confirmed, wallMs);
        this.#alarm(
          "STATE_CHANGED",
          `kill switch ${level} of ${part} ${partName(config, part, index)}: ${change}: ${reason}`,
          level,
        );
        return;
      }
      case "state":
        this.#goTo(control);
        return;
      case "limit":
        this.#changeLimit(control, wallMs);
        return;
      case "fault":
        breakers.trip(control.breaker, control.subject, control.reason, Number.NaN, Number.NaN, wallMs);
        return;
      case "acknowledge":
        this.#acknowledge(control, wallMs);
        return;
      case "rules":
        this.#takeRules(control);
        return;
      case "clockSet":
        market.onClockSet(control.byMs);
        return;
      case "scarce":
        this.#state.onScarce(control.scarce);
        return;
      case "refuse": {
        const refusal = { code: "CRASHED", value: Number.NaN, limit: Number.NaN } as const;
        commands.push({ type: "verdict", verdict: { intakeSeq: control.intakeSeq, outcome: "refused", refusal } });
        return;
      }
      case "scanned":
        amnesia.scanned(control.venue);
        this.#countUnseen();
        return;
      case "without":
        this.#leaveOut(control);
        return;
    }
  }

  #goTo({ state, reason }: Of<"state">): void {
    this.#state.asked = state;
    if (this.#core.risk.state !== "booting") this.#state.goTo(state, reason);
  }

  #changeLimit({ name, value, confirmed, reason }: Of<"limit">, wallMs: EpochMs): void {
    const { risk, watch } = this.#core;
    const change = risk.limits.change(name, value, confirmed, wallMs);
    if (change === "tightened" || change === "loosened") {
      watch.renew();
      risk.renew();
    }
    this.#alarm("LIMIT_CHANGED", `${name}: ${change}, ${value}: ${reason}`, value);
  }

  #acknowledge({ breaker, subject, reason }: Of<"acknowledge">, wallMs: EpochMs): void {
    const { breakers, commands, equity, versions, watch } = this.#core;
    if (!breakers.acknowledge(breaker, subject, reason, wallMs)) return;
    const isLoss = breaker === "dailyLoss" || breaker === "drawdown";
    if (isLoss) equity.forgive();
    if (breaker === "dailyCost") equity.forgiveCost();
    if (isLoss || breaker === "dailyCost") commands.push({ type: "mark", mark: equity.mark(wallMs) });
    if (breaker === "orderRate" || breaker === "rejects" || breaker === "repeatedFills") watch.renew();
    if (breaker === "modelChanged") versions.accept(subject);
    this.#state.onAcknowledged(reason);
  }

  #takeRules({ venue, misfits }: Of<"rules">): void {
    const { config, market } = this.#core;
    const before = market.misfits(venue);
    market.onRules(venue, misfits);
    for (const { what, level } of misfits) {
      if (!before.some((each) => each.what === what)) this.#alarm("RULES_CHANGED", `${what}: ${BARRED[level]}`, level);
    }
    const { name } = config.directory.venues[venue]!;
    if (misfits.length === 0) this.#alarm("RULES_CHANGED", `${name}: our listings fit its rules again`, 0);
  }

  #leaveOut({ venue, reason }: Of<"without">): void {
    const { amnesia, config } = this.#core;
    const done = amnesia.leaveOut(venue) ? reason : "was not waited for";
    this.#countUnseen();
    this.#alarm("VENUE_LEFT_OUT", `${config.directory.venues[venue]?.name}: ${done}`, venue);
  }

  /** What a venue that has not told may hold beyond our book counts at its worst in every limit on positions. */
  #countUnseen(): void {
    const { amnesia, config, risk } = this.#core;
    risk.unseenVenues.fill(0);
    for (const { venue, instrument } of config.directory.listings) {
      if (amnesia.isMissing(venue)) risk.unseenVenues[instrument]!++;
    }
  }

  #alarm(code: Alarm["code"], message: string, value: number): void {
    this.#core.commands.push({ type: "alarm", alarm: { code, message, value } });
  }
}
