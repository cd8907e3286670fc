/**
 * Trial: the position that a drill opens, loses money with and closes, by whatever playbook the configuration has. As small as its
 * listings allow, so that no limit of size stands in the way of what is drilled.
 */
import type { Verdict } from "../core/event.ts";
import type { DrillHost } from "./drill-host.ts";

export interface Trial {
  /** What is opened protects a position that is there already: never blocked by a breaker about a source. */
  readonly isHedge: boolean;
  readonly canOpen: boolean;
  readonly canLose: boolean;
  readonly isFlat: boolean;
  /** On the word of a source; of the first where `subject` is none. */
  open(subject: number): Verdict;
  close(): Verdict;
  /** The next signal, and all after it, is of another version of its model. */
  newModelVersion(): void;
  lose(): void;
  recover(): void;
  /** A venue where a leg of what is open stands. */
  venueOfALeg(): number;
  /** Every leg can be traded without that venue. */
  hasOtherVenues(venue: number): boolean;
}

export function trialOf(host: DrillHost): Trial {
  const { signals, shields } = host.config;
  const [signal] = signals;
  if (signal !== undefined) {
    const { asset, primary, hedge, notionalMax } = signal;
    const notional = Math.min(notionalMax, smallNotional(host, [primary, hedge]));
    return new SignalTrial(host, { kind: "open", asset, legs: [primary, hedge], notional, sign: 1 });
  }
  const [shield] = shields;
  if (shield !== undefined) {
    const { asset, hedge, holdings } = shield;
    const notional = smallNotional(host, [hedge]);
    return new SignalTrial(host, { kind: "hedge", asset, legs: [hedge], notional, sign: Math.sign(holdings) });
  }
  return new NoTrial();
}

interface Subject {
  readonly kind: "open" | "hedge";
  readonly asset: number;
  /** Instruments that it trades. */
  readonly legs: readonly number[];
  readonly notional: number;
  /** Of the exposure. */
  readonly sign: number;
}

class SignalTrial implements Trial {
  readonly isHedge: boolean;
  readonly canOpen: boolean;
  readonly canLose: boolean;
  readonly #host: DrillHost;
  readonly #subject: Subject;
  #modelVersion = 1;

  constructor(host: DrillHost, subject: Subject) {
    this.#host = host;
    this.#subject = subject;
    this.isHedge = subject.kind === "hedge";
    this.canOpen = subject.sign !== 0;
    this.canLose = this.canOpen;
  }

  get isFlat(): boolean {
    return this.#subject.legs.every((leg) => this.#host.core.ledger.heldLots(leg) === 0);
  }

  open(subject: number): Verdict {
    const { kind, asset, notional, sign } = this.#subject;
    const direction = sign < 0 ? "short" : "long";
    const source = this.#host.config.directory.sources[subject] === undefined ? 0 : subject;
    const verdict = this.#host.signal({
      kind,
      instrument: asset,
      direction,
      notional,
      source,
      modelVersion: this.#modelVersion,
    });
    this.#host.pass(SETTLE_MS);
    return verdict;
  }

  close(): Verdict {
    const { asset } = this.#subject;
    const verdict = this.#host.signal({
      kind: "close",
      instrument: asset,
      direction: "flat",
      modelVersion: this.#modelVersion,
    });
    this.#host.pass(SETTLE_MS);
    return verdict;
  }

  newModelVersion(): void {
    this.open(0);
    this.close();
    this.#modelVersion++;
    this.open(0);
  }

  lose(): void {
    this.open(0);
    this.#host.move(this.#subject.sign < 0 ? 1 / LOSS_FACTOR : LOSS_FACTOR);
    this.#host.pass(SETTLE_MS);
  }

  recover(): void {
    this.#host.move(this.#subject.sign < 0 ? LOSS_FACTOR : 1 / LOSS_FACTOR);
  }

  venueOfALeg(): number {
    const { listings } = this.#host.config.directory;
    const held = listings.find(({ index }) => this.#host.core.ledger.positionLots(index) !== 0);
    return held?.venue ?? 0;
  }

  hasOtherVenues(venue: number): boolean {
    const { listings } = this.#host.config.directory;
    return this.#subject.legs.every((leg) => listings.some((each) => each.instrument === leg && each.venue !== venue));
  }
}

class NoTrial implements Trial {
  readonly isHedge = true;
  readonly canOpen = false;
  readonly canLose = false;
  readonly isFlat = true;

  open(): Verdict {
    return NOT_ASKED;
  }
  close(): Verdict {
    return NOT_ASKED;
  }
  newModelVersion(): void {}
  lose(): void {}
  recover(): void {}
  venueOfALeg(): number {
    return 0;
  }
  hasOtherVenues(): boolean {
    return false;
  }
}

const NOT_ASKED: Verdict = { intakeSeq: 0, outcome: "absorbed", refusal: null };
/** Longer than any retry, and than the life of a pair's naked leg. */
const SETTLE_MS = 3000;
const LOSS_FACTOR = 0.999;
/** So many times the smallest order: a hedge of a tenth is still an order. */
const SMALL = 20;

/** In quote currency: what lets every leg be ordered at every one of its listings. */
function smallNotional(host: DrillHost, legs: readonly number[]): number {
  const { listings, instruments } = host.config.directory;
  const least = listings
    .filter(({ instrument }) => legs.includes(instrument))
    .map(({ instrument, qtyLotsMin, lotStep, notionalMin }) => {
      const lotNotional = instruments[instrument]!.lot * host.priceOf(instrument);
      return Math.max(notionalMin, Math.max(qtyLotsMin, lotStep) * lotNotional);
    });
  return SMALL * Math.max(...least, 1);
}
