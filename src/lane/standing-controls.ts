/**
 * Standing controls: what a new lane is told again of what operators have said, in case the one before died of hearing it. The
 * kill switch and caution are. ACTIVE is not: said again it would end what a lane has gone into by itself since. The rest was said
 * once and is in the log.
 */
import type { Control } from "../core/event.ts";

export class StandingControls {
  readonly #said = new Map<Control["type"], Control>();

  heed(control: Control): void {
    if (control.type === "kill" || control.type === "state") this.#said.set(control.type, control);
    if (control.type === "state" && control.state === "active") this.#said.delete("state");
  }

  /** In the order in which they were first said. */
  all(): Iterable<Control> {
    return this.#said.values();
  }
}
