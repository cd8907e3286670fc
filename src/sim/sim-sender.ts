/**
 * Simulated senders: each signal is sent until it is answered, over a network that loses, doubles and delays, by a program
 * that persists what it has to send. What was answered with 2xx is what the engine has promised.
 */
import type { DecodedSignal } from "../domain/signal.ts";
import type { EpochMs } from "../domain/units.ts";
import type { Verdict } from "../gateway/verdict.ts";
import type { Prng } from "./prng.ts";
import { type SenderFaults, SOURCES } from "./scenario.ts";
import type { Scheduler } from "./scheduler.ts";

export interface Letter {
  readonly source: number;
  readonly key: string;
  readonly signal: DecodedSignal;
  readonly body: Uint8Array;
  /** The last status heard; 0 before any. */
  status: number;
  /** A 2xx was heard: the engine must never lose it. */
  acked: boolean;
  attempts: number;
}

export interface SenderParts {
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  /** False: nobody listens. `answer` may be called once, any time later. */
  deliver(letter: Letter, answer: (verdict: Verdict) => void): boolean;
  /** What a sender has heard. */
  onAnswer(letter: Letter, verdict: Verdict): void;
}

const TIMEOUT_MS = 3000;
const RETRY_MS = 250;
const QUEUE_MS = 20;
const HOP_MS = 2;
const FEED = 1;

export class SimSenders {
  readonly letters: Letter[] = [];
  faults: SenderFaults;
  readonly #parts: SenderParts;
  readonly #sequence = SOURCES.map(() => 0);

  constructor(faults: SenderFaults, parts: SenderParts) {
    this.faults = faults;
    this.#parts = parts;
  }

  get settled(): boolean {
    return this.letters.every(({ status }) => status !== 0);
  }

  send(kind: "hedge" | "close", strength: number, generatedAtMs: number): Letter {
    const { prng, scheduler } = this.#parts;
    const source = prng.int(SOURCES.length);
    const number = ++this.#sequence[source]!;
    const signal: DecodedSignal = {
      signalId: `s${source}-${number}`,
      model: "m",
      modelVersion: "1",
      kind,
      asset: "BTC/USDT",
      direction: "long",
      strength,
      confidence: 0.5,
      horizonMs: 900_000,
      generatedAtMs: generatedAtMs as EpochMs,
      notional: Number.NaN,
      quantity: Number.NaN,
      // A feed counts, and sends its next only when the last is answered; a webhook does neither.
      sequence: source === FEED ? number : -1,
      sourceContext: "",
    };
    const body = Buffer.from(JSON.stringify([signal.signalId, kind, strength]));
    const key = `${SOURCES[source]}|${signal.signalId}`;
    const letter = { source, key, signal, body, status: 0, acked: false, attempts: 0 };
    this.letters.push(letter);
    this.#attempt(letter);
    if (this.#happens(this.faults.duplicate)) {
      // A feed keeps its order, even where it says the same twice.
      scheduler.after(prng.int(3000), () => {
        if (source !== FEED || letter.status !== 0) this.#transmit(letter);
      });
    }
    return letter;
  }

  #attempt(letter: Letter): void {
    if (letter.status !== 0) return;
    const { scheduler } = this.#parts;
    if (this.#mustWait(letter)) {
      scheduler.after(QUEUE_MS, () => this.#attempt(letter));
      return;
    }
    letter.attempts++;
    this.#transmit(letter);
    const { attempts } = letter;
    scheduler.after(TIMEOUT_MS, () => {
      if (letter.attempts === attempts) this.#attempt(letter);
    });
  }

  #transmit(letter: Letter): void {
    const { scheduler, deliver } = this.#parts;
    if (this.#happens(this.faults.dropRequest)) return;
    scheduler.after(this.#hopMs(), () => {
      const heard = deliver(letter, (verdict) => {
        if (this.#happens(this.faults.dropAnswer)) return;
        scheduler.after(this.#hopMs(), () => this.#hear(letter, verdict));
      });
      if (!heard) this.#retry(letter);
    });
  }

  #mustWait({ source, signal }: Letter): boolean {
    if (source !== FEED) return false;
    return this.letters.some(
      (other) => other.source === FEED && other.status === 0 && other.signal.sequence < signal.sequence,
    );
  }

  #hear(letter: Letter, verdict: Verdict): void {
    this.#parts.onAnswer(letter, verdict);
    if (verdict.status === 503 || verdict.status === 429) {
      this.#retry(letter);
      return;
    }
    if (letter.status === 0) letter.status = verdict.status;
    if (verdict.status < 300) letter.acked = true;
  }

  #retry(letter: Letter): void {
    const { attempts } = letter;
    this.#parts.scheduler.after(RETRY_MS, () => {
      if (letter.attempts === attempts) this.#attempt(letter);
    });
  }

  #hopMs(): number {
    const { prng } = this.#parts;
    return HOP_MS * prng.float() + this.faults.lateMsMax * prng.float();
  }

  #happens(probability: number): boolean {
    return probability > 0 && this.#parts.prng.float() < probability;
  }
}
