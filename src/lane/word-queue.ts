/**
 * Word queue: what was said to a lane and is not in its log yet, kept for the life that comes if this one dies. So a command or an
 * analysis that falls between two lives, or is said to one that loops and is ended for it, is not lost unsaid.
 *
 * Invariants
 *   - Each life is told what no life before has said to have in its log, in the order in which it was said.
 *   - ACTIVE is told to one life only: said again it would end what a lane has gone into by itself since.
 *   - A word that lives died of hearing does not end them for ever, except for caution, which is told to every one.
 */
import type { Analysis } from "../core/analysis.ts";
import type { Control } from "../core/event.ts";

export type Word =
  | { readonly type: "control"; readonly control: Control }
  | { readonly type: "analysis"; readonly analysis: Analysis };

/** `number` rises. */
export type Said = Word & { readonly number: number };

const QUEUE_MAX = 256;
const LIVES_MAX = 3;

export class WordQueue {
  /** With the number of lives that were told of it. */
  #unheard: (Said & { lives: number })[] = [];
  #number = 0;
  readonly #onLost: (message: string) => void;

  constructor(onLost: (message: string) => void) {
    this.#onLost = onLost;
  }

  /** `isTold`: there is a life to be told of it at once. */
  add(word: Word, isTold: boolean): Said {
    const said = { ...word, number: ++this.#number, lives: isTold ? 1 : 0 };
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
      const isKept = mayBeTold(said, said.lives);
      if (!isKept) this.#lose(said);
      return isKept;
    });
    for (const said of this.#unheard) said.lives++;
    return this.#unheard;
  }

  #lose(said: Said): void {
    const what = said.type === "control" ? JSON.stringify(said.control) : `an analysis, ${said.analysis.kind}`;
    this.#onLost(`a lane died before it had heard this, and the next is not told: ${what}`);
  }
}

function mayBeTold(word: Word, lives: number): boolean {
  if (word.type === "analysis") return lives < LIVES_MAX;
  const { control } = word;
  if (control.type === "kill") return true;
  if (control.type === "state") return lives === 0 || control.state !== "active";
  return lives < LIVES_MAX;
}
