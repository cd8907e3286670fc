/**
 * Signal: an upstream statement about our exposure, in the one form the core sees. SPEC §1.
 */
import type { EpochMs, Ns } from "./units.ts";

export const SIGNAL_KINDS = ["open", "adjust", "close", "hedge", "evidence"] as const;
export type SignalKind = (typeof SIGNAL_KINDS)[number];

/** Of the exposure, never of the hedge order. */
export const DIRECTIONS = ["long", "short", "flat"] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** Asks that nothing be held, by its kind or by its direction. Evidence asks for nothing, whatever its direction. */
export const isClose = ({ kind, direction }: { readonly kind: SignalKind; readonly direction: Direction }): boolean =>
  kind === "close" || (direction === "flat" && kind !== "evidence");

/** A name of any length as 32 bits (FNV-1a over UTF-16 code units): equal names are equal, others differ but for 1 in 2^32. */
export function nameKey(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** What an adapter or the binary decoder makes of a sender's bytes: checked field by field, names not yet resolved. */
export interface DecodedSignal {
  /** `[A-Za-z0-9_-]{1,64}`; with `source` it is the idempotency key. */
  readonly signalId: string;
  readonly model: string;
  readonly modelVersion: string;
  readonly kind: SignalKind;
  /** As the sender spelt it. */
  readonly asset: string;
  readonly direction: Direction;
  /** 0..1; the confidence where the sender gave none. */
  readonly strength: number;
  /** 0..1 */
  readonly confidence: number;
  readonly horizonMs: number;
  readonly generatedAtMs: EpochMs;
  /** Quote notional or base quantity the sender asked for; NaN where absent. At most one is present. */
  readonly notional: number;
  readonly quantity: number;
  /** Feeds at rate only: rising per source. -1 where absent. */
  readonly sequence: number;
  /** Free text of at most 256 bytes: journaled, never interpreted. */
  readonly sourceContext: string;
}

/** A decoded signal whose names are dense indices: what travels through the ring and into `step`. */
export interface Signal {
  /** Position in the intake order; rises by one per admitted signal over the life of the journal. */
  intakeSeq: number;
  signalId: string;
  /** Index of the configured source, and its name (the first half of the cause). */
  source: number;
  kind: SignalKind;
  instrument: number;
  direction: Direction;
  strength: number;
  confidence: number;
  horizonMs: number;
  generatedAtMs: EpochMs;
  notional: number;
  quantity: number;
  receivedNs: Ns;
  /** `nameKey` of the sender's model and of its version: what scores are kept by. 0 in records of builds that kept none. */
  model: number;
  modelVersion: number;
  /**
   * Run again from the dead letters, after their rules and where needed a person have let it: its age alone does not refuse it,
   * and where it closes, it may only shrink a position.
   */
  replayed?: boolean;
}

/** Why bytes of an authenticated sender are not a signal. `field` names what is wrong with them, and `message` begins with it. */
export interface Malformed {
  readonly code: "MALFORMED";
  readonly field: string;
  readonly message: string;
}

export type Decoded =
  | { readonly ok: true; readonly signal: DecodedSignal }
  | { readonly ok: false; readonly error: Malformed };

export const SIGNAL_ID = /^[A-Za-z0-9_-]{1,64}$/;
