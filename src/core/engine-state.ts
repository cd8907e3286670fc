/**
 * State of the engine as a whole: what an operator asked for, as far as breakers and the disk let it.
 *
 * Invariants
 *   - REDUCING goes by itself only where what it goes with is over: a breaker's with an acknowledgement, the disk's with room.
 *     One that is there for any other reason waits for an operator.
 *   - What was asked for is kept while something keeps it back, over restarts too.
 */
import type { Breakers } from "./breakers.ts";
import type { Command, EngineState } from "./event.ts";
import type { RiskGate } from "./risk.ts";

type ReducingCause = "breaker" | "disk";

export class EngineStateKeeper {
  /** What an operator last asked for; a restart goes back to it. */
  asked: EngineState = "active";
  /** The disk of the host is full, as far as it was last heard: in another life, perhaps. */
  isScarce = false;
  /** Why the engine only reduces, where that goes by itself or by an acknowledgement; null for any other reason. */
  #reducesFor: ReducingCause | null = null;
  readonly #risk: RiskGate;
  readonly #breakers: Breakers;
  readonly #commands: Command[];

  constructor(risk: RiskGate, breakers: Breakers, commands: Command[]) {
    this.#risk = risk;
    this.#breakers = breakers;
    this.#commands = commands;
  }

  /** Enters what is asked for, as far as breakers and the disk let it. */
  goTo(state: EngineState, reason: string): void {
    if (state !== "active") this.enter(state, reason);
    else if (this.#breakers.reduces) this.enter("reducing", "a breaker has tripped", "breaker");
    else if (this.isScarce) this.enter("reducing", "the disk is full", "disk");
    else this.enter(state, reason);
  }

  /** `cause`: what this REDUCING goes with. One that is there for another reason stays for that. */
  enter(state: EngineState, reason: string, cause: ReducingCause | null = null): void {
    const staysForAnother = this.#risk.state === "reducing" && this.#reducesFor === null;
    this.#reducesFor = state === "reducing" && !staysForAnother ? cause : null;
    if (this.#risk.state === state) return;
    this.#risk.state = state;
    this.#commands.push({
      type: "alarm",
      alarm: { code: "STATE_CHANGED", message: `${state}: ${reason}`, value: 0 },
    });
  }

  /** After every event: a breaker that has tripped in it takes effect. */
  afterStep(): void {
    if (this.#breakers.reduces && this.#risk.state === "active") this.goTo("active", "");
  }

  onAcknowledged(reason: string): void {
    if (this.#reducesFor === "breaker" && !this.#breakers.reduces) this.goTo(this.asked, reason);
  }

  onScarce(scarce: boolean): void {
    this.isScarce = scarce;
    if (scarce && this.#risk.state === "active") this.goTo("active", "");
    else if (!scarce && this.#reducesFor === "disk") this.goTo(this.asked, "the disk has room again");
  }

  /** What a snapshot keeps of it. */
  save() {
    return { asked: this.asked, isScarce: this.isScarce };
  }
  load({ asked, isScarce }: ReturnType<EngineStateKeeper["save"]>): void {
    this.asked = asked;
    this.isScarce = isScarce;
  }
}
