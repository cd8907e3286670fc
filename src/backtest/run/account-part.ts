/** What the account keeps of one playbook's position: the form that a shield's and a traded position's have in common. */
import type { Child } from "../../core/child.ts";
import type { Effectiveness } from "../effectiveness.ts";
import type { Episode } from "./episode.ts";

export interface Fill {
  readonly atMs: number;
  readonly child: Child;
  /** Signed base quantity; prices, notional and fee in quote units. */
  readonly units: number;
  readonly price: number;
  readonly decidedPrice: number;
  readonly notional: number;
  readonly fee: number;
  /** How much worse than the decided price, as a share. */
  readonly slipped: number;
}

/** Profits since the start, and signed notionals, in quote units. Added to by each part. */
export interface Sample {
  hedged: number;
  unhedged: number;
  exposure: number;
  hedge: number;
}

/** Who said it, as far as somebody did. */
export interface Said {
  readonly model: string;
  readonly modelVersion: string;
  /** When the signal arrived. */
  readonly receivedMs: number;
}

export interface AccountPart {
  /** What it adds to the account's capital by the first prices; NaN before it has them. */
  startCapital(): number;
  /** Counts from now on. */
  begin(): void;
  /** An order is about to be sent: the price that its fills are measured against. */
  onIntent(atMs: number, child: Child): number;
  onFill(fill: Fill, effect: Effectiveness | null): void;
  sample(into: Sample, effect: Effectiveness): void;
  /** Ends what is open and says so. */
  end(atMs: number): void;
}

/** An episode has ended: what it was, and its money before and after costs for the metrics. */
export type OnEnded = (episode: Episode) => void;
