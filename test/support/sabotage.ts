/** How a test talks to the saboteur in a lane's thread (lane-saboteur.ts). */
import { eventually } from "./eventually.ts";

/** The sabotaged core throws at signals of this id. */
export const POISON_ID = "poison";

export const SABOTAGE_CHANNEL = "outrigger-lane-sabotage";
/** Whatever is said there ends the threads whose life has not begun. */
export const SPARE_CHANNEL = "outrigger-spare-sabotage";

/** The first six at once; the others when an order comes that far. */
export type Sabotage =
  | "throw"
  | "reject"
  | "exit"
  | "trap"
  | "loop"
  | "outOfMemory"
  | "beforeSend"
  | "afterSend"
  | "beforeReport";

export type SaboteurWord =
  /** Loaded by a thread whose life has not begun. */
  | { readonly type: "loaded"; readonly threadId: number }
  | { readonly type: "born"; readonly threadId: number }
  | { readonly type: "armed"; readonly threadId: number; readonly sabotage: Sabotage };

export class SaboteurControl {
  readonly #channel = new BroadcastChannel(SABOTAGE_CHANNEL);
  readonly words: SaboteurWord[] = [];

  constructor() {
    this.#channel.onmessage = (event) => {
      const word = (event as { data: unknown }).data as SaboteurWord;
      if (word.type === "loaded" || word.type === "born" || word.type === "armed") this.words.push(word);
    };
  }

  get births(): number {
    return this.threads("born").length;
  }

  /** Ids, in the order in which they said so. */
  threads(type: SaboteurWord["type"]): number[] {
    return this.words.filter((word) => word.type === type).map(({ threadId }) => threadId);
  }

  /** Returns when the lane's thread has taken the order: armed, or about to break within milliseconds. */
  async order(sabotage: Sabotage): Promise<void> {
    const before = this.words.length;
    this.#channel.postMessage({ sabotage });
    await eventually(
      () => this.words.slice(before).some((word) => word.type === "armed" && word.sabotage === sabotage),
      () => `the saboteur hears "${sabotage}"`,
    );
    await new Promise((done) => setTimeout(done, 20));
  }

  endSpares(): void {
    const channel = new BroadcastChannel(SPARE_CHANNEL);
    channel.postMessage("exit");
    channel.close();
  }

  close(): void {
    this.#channel.close();
  }
}
