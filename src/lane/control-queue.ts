/**
 * Control queue: what was said to a lane and is not in its log yet, kept for the life that comes if this one dies. So a command
 * that falls between two lives, or is said to one that loops and is ended for it, is not lost without a word.
 *
 * Invariants
 *   - Each life is told what no life before has said to have in its log, in the order in which it was said.
 *   - ACTIVE is told to one life only: said again it would end what a lane has gone into by itself since.
 *   - A command that lives died of hearing does not end them for ever, except for caution, which is told to every one.
 */
import type { Control } from "../core/event.ts";

export interface Said {
  /** Rising. */
  readonly number: number;
  readonly control: Control;
}

const QUEUE_MAX = 256;
const LIVES_MAX = 3;

export class ControlQueue {
  /** With the number of lives that were told of it. */
  #unheard: (Said & { lives: number })[] = [];
  #number = 0;
  readonly #onLost: (message: string) => void;

  constructor(onLost: (message: string) => void) {
    this.#onLost = onLost;
  }

  /** `isTold`: there is a life to be told of it at once. */
  add(control: Control, isTold: boolean): Said {
    const said = { number: ++this.#number, control, lives: isTold ? 1 : 0 };
    this.#unheard.push(said);
    if (this.#unheard.length > QUEUE_MAX) this.#lose(this.#unheard.shift()!);
    return said;
  }

  /** A life has it in its log, and all that was said before it. */
  heard(number: number): void {
    this.#unheard = this.#unheard.filter((said) => said.number > number);
  }

  /** What a life that begins is to be told. */
  forNextLife(): readonly Said[] {
    this.#unheard = this.#unheard.filter((said) => {
      const isKept = mayBeTold(said.control, said.lives);
      if (!isKept) this.#lose(said);
      return isKept;
    });
    for (const said of this.#unheard) said.lives++;
    return this.#unheard;
  }

  #lose({ control }: Said): void {
    this.#onLost(`a lane died before it had heard "${control.type}" and is not told again: ${JSON.stringify(control)}`);
  }
}

function mayBeTold(control: Control, lives: number): boolean {
  if (control.type === "kill") return true;
  if (control.type === "state") return lives === 0 || control.state !== "active";
  return lives < LIVES_MAX;
}
