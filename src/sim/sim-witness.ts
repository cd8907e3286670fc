/**
 * Witness: what the engine promises, held against what it was seen to write, to send and to answer. It keeps its own account
 * and never asks the engine what it believes, except at the end, when belief and truth must be the same.
 *
 *   W1 an order leaves only when its INTENT has been written        W2 no order id leaves twice, in all lives
 *   W3 no signal id is accepted twice, no intake number means two   W4 a signal has one verdict
 *   W5 what was answered 2xx is in a log after every restart        W6 the venues never hold more than was wished, plus X
 *      and, from when an operator leaves a venue out, what the engine has forgotten of it, until that is off again
 *   W7 at the end every order has ended or is quarantined, aloud    W8 at the end the book is the venues'
 *   W9 at the end every accepted signal has its verdict             W10 a refused one has its dead letter
 *   W11 at the end the position is the target, or somebody was told W12 the journal replays to the same commands
 *   W14 no signal is refused or given up for an age that it does not have, none accepted in spite of the one it has, and nothing
 *       that adds risk leaves while the system's clock is far from true
 *   W15 at the end the index of a portfolio hedge is its target, to the band, or somebody was told
 *   W16 what is held too much is taken off once: with nothing newly wished, never so much that too little is left
 *   W17 at the end the engine is active again, where its operator says so and nothing is left to be explained
 *   W13 a lane asks a venue what it holds before it sends there, and before it adds risk anywhere
 */
import { hasEnded } from "../core/child.ts";
import type { Portfolio } from "../core/playbooks/portfolio.ts";
import type { Core } from "../core/step.ts";
import { type OrderRequest, sideSign } from "../domain/order.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { DEFAULT_MAX_AGE_MS } from "../gateway/admission.ts";
import { readDecision, readIntent, readVerdict } from "../journal/command-records.ts";
import { readEvent } from "../journal/event-records.ts";
import {
  RECORD_HEADER_BYTES,
  RECORD_LSN_OFFSET,
  RECORD_TYPE_OFFSET,
  recordBytesFor,
  SEGMENT_HEADER_BYTES,
} from "../journal/format.ts";
import { readIntakeSignal } from "../journal/intake-records.ts";
import { readDeadLetter } from "../journal/letter-records.ts";
import { readLog } from "../journal/reader.ts";
import { RECORD } from "../journal/records.ts";
import { type Bytes, bytesIn, bytesOf } from "../memory/signal-slot.ts";
import { CLOCKS_APART_MS_MAX } from "../time/clock.ts";
import { HeldWitness } from "./held-witness.ts";
import { DUST_LOTS, HEDGE, type Scenario, SOURCES } from "./scenario.ts";
import type { SimVenue } from "./sim-venue.ts";

/** A promise was broken. */
export class Violation extends Error {
  override readonly name = "Violation";
}

const UNANSWERED_MS = 2000;
/** How soon a lane must have seen that the clock was set. */
const NOTICED_MS = 10;
const WRONG_AGE: ReadonlySet<string> = new Set(["STALE", "EXPIRED", "FROM_FUTURE"]);

interface Intent {
  readonly listing: number;
  readonly qtyLots: number;
  sent: boolean;
  /** A power loss took its record, and no venue has told of it since. */
  forgotten: boolean;
}

export class SimWitness {
  readonly #scenario: Scenario;
  readonly #venues: readonly SimVenue[];
  readonly #fail: (broken: string) => never;
  readonly #intents = new Map<string, Intent>();
  /** By number, as the logs have it now; rebuilt from them at every restart. */
  readonly #keyOfSeq = new Map<number, string>();
  readonly #seqOfKey = new Map<string, number>();
  readonly #verdicts = new Map<number, boolean>();
  readonly #letters = new Set<number>();
  readonly #acked = new Set<string>();
  readonly alarms = new Set<string>();
  #clockTrusted = true;
  /** By venue: since when this life of the lane knows its positions; NaN before. */
  readonly #toldMs: number[];
  /** By instrument; of what nobody hedges with there is none. */
  readonly #held: readonly (HeldWitness | undefined)[];

  constructor(scenario: Scenario, venues: readonly SimVenue[], fail: (broken: string) => never) {
    this.#scenario = scenario;
    this.#venues = venues;
    this.#fail = fail;
    this.#toldMs = venues.map(() => Number.NaN);
    const { directory, shields, portfolio } = scenario.core;
    this.#held = directory.instruments.map(({ index }) => {
      const listings = directory.listings.filter(({ instrument }) => instrument === index);
      const hedger = index === HEDGE ? shields[0] : index === portfolio?.index ? portfolio : undefined;
      return hedger && new HeldWitness(listings, venues, hedger.overHedgeLotsMax, fail);
    });
  }

  get orderCount(): number {
    return this.#intents.size;
  }

  get accepted(): number {
    return this.#keyOfSeq.size;
  }

  /** A write has reached the page cache. */
  onWrite(path: string, written: Uint8Array, offset: number): void {
    if (!path.endsWith(".seg") || offset < SEGMENT_HEADER_BYTES) return;
    const log = path.includes("/decisions/") ? "decisions" : path.includes("/intake/") ? "intake" : null;
    if (log === null) return;
    const { view, bytes } = bytesIn(written);
    for (let at = 0; at + RECORD_HEADER_BYTES <= written.length; ) {
      const length = view.getUint32(at, true);
      // Zeroes: what recovery writes over a torn tail.
      if (view.getUint32(at + RECORD_LSN_OFFSET, true) === 0) return;
      const type = view.getUint16(at + RECORD_TYPE_OFFSET, true);
      const from = written.byteOffset + at + RECORD_HEADER_BYTES;
      this.#take(log, type, bytesOf(bytes.buffer, from, length), length);
      at += recordBytesFor(length);
    }
  }

  /** A lane makes a new connection: it is another lane, or it has never had one. */
  onLink(venue: number): void {
    this.#toldMs[venue] = Number.NaN;
  }

  /** The operator will not wait for it any longer: what is forgotten of it may be hedged a second time. */
  onLeftOut(venue: number): void {
    const { listings } = this.#scenario.core.directory;
    for (const { listing, qtyLots, sent, forgotten } of this.#intents.values()) {
      const { instrument, venue: at } = listings[listing]!;
      if (at === venue && sent && forgotten) this.#held[instrument]?.forget(qtyLots);
    }
  }

  onPositions(venue: number, nowMs: number): void {
    if (Number.isNaN(this.#toldMs[venue])) this.#toldMs[venue] = nowMs;
  }

  onPlace({ clientOrderId, listing, reduceOnly }: OrderRequest, nowMs: number): void {
    const { venue } = this.#scenario.core.directory.listings[listing]!;
    if (Number.isNaN(this.#toldMs[venue])) this.#fail(`W13: ${clientOrderId} goes to a venue that was not asked`);
    const firstMs = Math.min(...this.#toldMs.filter((toldMs) => !Number.isNaN(toldMs)));
    for (const [other, { isOut, name }] of this.#venues.entries()) {
      // Who does not answer for so long is not waited for.
      if (reduceOnly || isOut || !Number.isNaN(this.#toldMs[other]) || nowMs >= firstMs + UNANSWERED_MS) continue;
      this.#fail(`W13: ${clientOrderId} leaves before ${name} was asked`);
    }
    const intent = this.#intents.get(clientOrderId);
    if (intent === undefined) this.#fail(`W1: ${clientOrderId} is sent, and no record of it is written`);
    if (intent.sent) this.#fail(`W2: ${clientOrderId} is sent twice`);
    intent.sent = true;
  }

  /** The machine has booted with a wrong clock: from here on nobody can tell an age. */
  trustsNoClock(): void {
    this.#clockTrusted = false;
  }

  /** A sender heard this, and the signal's true age is then `ageMs`: at its judging it was less, by the time of an answer. */
  onVerdict(key: string, code: string, ageMs: number): void {
    if (!this.#clockTrusted) return;
    if (WRONG_AGE.has(code) && ageMs >= 0 && ageMs < DEFAULT_MAX_AGE_MS.hedge) {
      this.#fail(`W14: ${key} is ${ageMs} ms old and was called ${code}`);
    }
    if (code === "ACCEPTED" && ageMs > 2 * DEFAULT_MAX_AGE_MS.hedge) {
      this.#fail(`W14: ${key} is accepted, ${ageMs} ms old`);
    }
  }

  /** An order leaves `forMs` after the system's clock was set to be `aheadMs` from true. */
  onClocks(order: OrderRequest, aheadMs: number, forMs: number): void {
    if (!this.#clockTrusted || Math.abs(aheadMs) <= CLOCKS_APART_MS_MAX || forMs < NOTICED_MS) return;
    if (order.reduceOnly || this.#offsets(order)) return;
    this.#fail(`W14: ${order.clientOrderId} adds risk while the clocks are ${aheadMs} ms apart`);
  }

  /** Of what stands at all venues together it takes some off, and no more than there is: a leg at a venue that is away. */
  #offsets({ listing, side, qtyLots }: OrderRequest): boolean {
    const { listings } = this.#scenario.core.directory;
    const { instrument } = listings[listing]!;
    let held = 0;
    for (const { index, venue, instrument: other } of listings) {
      if (other === instrument) held += this.#venues[venue]!.exchange.positionLots(index);
    }
    return sideSign(side) === -Math.sign(held) && qtyLots <= Math.abs(held);
  }

  onAck(key: string): void {
    this.#acked.add(key);
  }

  /** After the power came back or the process was started again, when the logs are recovered. */
  onRecovered(directory: string): void {
    this.#keyOfSeq.clear();
    this.#seqOfKey.clear();
    this.#verdicts.clear();
    this.#letters.clear();
    for (const intent of this.#intents.values()) intent.forgotten = true;
    for (const log of ["decisions", "intake"] as const) {
      for (const { type, payload } of readLog(`${directory}/${log}`)) {
        const bytes = bytesIn(payload);
        // Orders are known from the moment they were written, whatever became of the record.
        if (type === RECORD.INTENT) this.#intents.get(readIntent(bytes, 0).clientOrderId)!.forgotten = false;
        else this.#take(log, type, bytes, payload.length);
      }
    }
    for (const key of this.#acked) {
      if (!this.#seqOfKey.has(key)) this.#fail(`W5: ${key} was acknowledged and is in no log`);
    }
  }

  /** After every step. */
  check(nowMs: number): void {
    for (const held of this.#held) held?.check(nowMs, !this.#toldMs.some(Number.isNaN));
  }

  /** All is well again, and has been for long enough. */
  checkEnd(core: Core): void {
    this.#checkSignals();
    this.#checkBook(core);
    let quarantined = false;
    for (const [id, { sent }] of this.#intents) {
      const child = core.router.childOf(id);
      // Ended long ago, and forgotten as it may be.
      if (child === undefined) continue;
      if (!hasEnded(child) && child.state !== "quarantined") this.#fail(`W7: ${id} is ${child.state} at the end`);
      quarantined ||= child.state === "quarantined";
      if (hasEnded(child) && child.cumQtyLots !== this.#filledLots(id)) {
        this.#fail(
          `W8: ${id} ended with ${child.cumQtyLots} lots, at the venue with ${this.#filledLots(id)}, sent ${sent}`,
        );
      }
    }
    if (quarantined && !this.alarms.has("QUARANTINED")) this.#fail("W7: quarantined without an alarm");
    if (quarantined) return;
    if (core.risk.state !== "active")
      this.#fail(`W17: the engine is still ${core.risk.state}, whatever its operator says`);
    this.#checkTarget(core);
    if (core.portfolio !== null) this.#checkIndex(core.portfolio, core);
  }

  #checkBook(core: Core): void {
    for (const { index, venue, instrument } of this.#scenario.core.directory.listings) {
      if (instrument !== HEDGE && instrument !== this.#scenario.core.portfolio?.index) continue;
      const [ours, theirs] = [core.ledger.positionLots(index), this.#venues[venue]!.exchange.positionLots(index)];
      // What is quarantined counts when its venue has proved what it filled.
      if (ours === theirs || this.#quarantinedAt(core, index)) continue;
      this.#fail(`W8: the book has ${ours} lots at listing ${index}, the venue ${theirs}`);
    }
  }

  #quarantinedAt(core: Core, listing: number): boolean {
    for (const [id, intent] of this.#intents) {
      if (intent.listing === listing && core.router.childOf(id)?.state === "quarantined") return true;
    }
    return false;
  }

  #checkTarget(core: Core): void {
    const held = core.ledger.heldLots(HEDGE);
    const { targetLots, decision } = core.shields[0]!;
    if (decision === null) return;
    const off = Math.abs(held) - Math.abs(targetLots);
    // Too old to act on: said, and left to people.
    if (this.alarms.has("SIGNAL_EXPIRED")) return;
    if (off > DUST_LOTS) this.#fail(`W11: ${held} lots stay, ${targetLots} are wished`);
    if (off < -DUST_LOTS && !this.alarms.has("UNDER_HEDGED")) {
      this.#fail(`W11: ${held} lots of ${targetLots}, and nobody was told`);
    }
  }

  #checkIndex({ config, targetLots }: Portfolio, core: Core): void {
    const held = core.ledger.heldLots(config.index);
    // The prices are alike, so a lot of the index is worth one that is protected: what is open is at most the holdings.
    const openLots = this.#scenario.core.shields[0]!.holdings / 0.001;
    if (
      Math.abs(held - targetLots) > config.correction.band * openLots + DUST_LOTS &&
      !this.alarms.has("UNDER_HEDGED")
    ) {
      this.#fail(`W15: ${held} lots of the index, ${targetLots} are wished, and nobody was told`);
    }
  }

  #checkSignals(): void {
    for (const key of this.#acked) {
      if (!this.#seqOfKey.has(key)) this.#fail(`W5: ${key} was acknowledged and is in no log`);
    }
    for (const [seq, key] of this.#keyOfSeq) {
      const refused = this.#verdicts.get(seq);
      if (refused === undefined) this.#fail(`W9: signal ${seq} (${key}) has no verdict`);
      if (refused && !this.#letters.has(seq))
        this.#fail(`W10: signal ${seq} (${key}) was refused without a dead letter`);
    }
  }

  #take(log: "decisions" | "intake", type: number, from: Bytes, length: number): void {
    switch (type) {
      case RECORD.INTENT: {
        const { clientOrderId, listing, qtyLots, targetLots } = readIntent(from, 0);
        if (this.#intents.has(clientOrderId)) this.#fail(`W2: ${clientOrderId} is used twice`);
        this.#intents.set(clientOrderId, { listing, qtyLots, sent: false, forgotten: false });
        const { instrument } = this.#scenario.core.directory.listings[listing]!;
        if (!Number.isNaN(targetLots)) this.#held[instrument]?.aim(targetLots);
        return;
      }
      case RECORD.DECISION:
        this.#held[HEDGE]?.wish(readDecision(from, 0).targetLots);
        return;
      case RECORD.VERDICT: {
        const { intakeSeq, refusal } = readVerdict(from, 0);
        if (this.#verdicts.has(intakeSeq)) this.#fail(`W4: signal ${intakeSeq} is decided twice`);
        this.#verdicts.set(intakeSeq, refusal !== null);
        return;
      }
      case RECORD.ALARM:
        this.#hear(JSON.parse(from.bytes.toString("utf8")) as { code: string; message: string });
        return;
      case RECORD.EVENT_SIGNAL: {
        const read = readEvent(type, from, 0, length, 0 as Ns, 0 as EpochMs);
        if (read?.event.type === "signal") this.#know(log, read.event.signal);
        return;
      }
      case RECORD.EVENT_ORPHAN: {
        const read = readEvent(type, from, 0, length, 0 as Ns, 0 as EpochMs);
        const intent = read?.event.type === "orphan" ? this.#intents.get(read.event.order.clientOrderId) : undefined;
        if (intent !== undefined) intent.forgotten = false;
        return;
      }
      case RECORD.INTAKE_SIGNAL:
        this.#know(log, readIntakeSignal(from, 0).signal);
        return;
      case RECORD.DEAD_LETTER: {
        const { intakeSeq } = readDeadLetter(from).head;
        if (intakeSeq !== undefined) this.#letters.add(intakeSeq);
        return;
      }
    }
  }

  #hear({ code, message }: { readonly code: string; readonly message: string }): void {
    this.alarms.add(code);
    // No scenario lasts that long.
    if (this.#clockTrusted && message.includes("past its horizon")) this.#fail(`W14: ${message}`);
  }

  #know(log: string, { source, signalId, intakeSeq }: { source: number; signalId: string; intakeSeq: number }): void {
    const key = `${SOURCES[source]}|${signalId}`;
    const [seq, known] = [this.#seqOfKey.get(key), this.#keyOfSeq.get(intakeSeq)];
    if (seq !== undefined && seq !== intakeSeq) this.#fail(`W3: ${key} is signal ${seq} and ${intakeSeq} (${log})`);
    if (known !== undefined && known !== key) this.#fail(`W3: signal ${intakeSeq} is ${known} and ${key} (${log})`);
    this.#seqOfKey.set(key, intakeSeq);
    this.#keyOfSeq.set(intakeSeq, key);
  }

  #filledLots(id: string): number {
    let filled = 0;
    for (const venue of this.#venues) filled += venue.exchange.filledLots(id);
    return filled;
  }
}
