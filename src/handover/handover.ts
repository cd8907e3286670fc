/**
 * Handover, the engine's side: how the port, and what was accepted at it meanwhile, pass between the engine and a standby
 * intake (standby.ts).
 *
 *   stopping   take ─▶ the standby listens, its senders wait · the engine stops listening, finishes · gone ─▶ it judges them
 *   dying      the link ends ─▶ the standby listens and judges
 *   starting   read its log while it goes on · listen, senders wait · yield ─▶ it stops listening, finishes · done ─▶ read the
 *              rest · judge those who wait · handed ─▶ it throws its log away
 *
 * Invariants
 *   - While one of the two may still accept something, the other holds what it gets: nothing overtakes.
 *   - What was accepted goes through admission again, under the same ids: whatever of it this engine knew already, from before
 *     or from a handover that a crash cut short, is a duplicate and is not acted on.
 *   - A position in the standby's log is only marked behind what was taken over, in the same log.
 *   - Without a standby everything is as if this file were not there, except that the port can be joined.
 */
import type { Server } from "node:net";
import type { SourceRules } from "../gateway/admission.ts";
import type { DedupeTable } from "../gateway/dedupe.ts";
import type { Intake } from "../gateway/intake.ts";
import type { Receiver } from "../gateway/receiver.ts";
import { ListenError } from "../gateway/uws.ts";
import type { Verdict } from "../gateway/verdict.ts";
import type { HandoverMark } from "../intake/fold.ts";
import type { Clock } from "../time/clock.ts";
import { type Link, type LinkMessage, serveLink } from "./link.ts";
import { readStandbyLog, type StandbyEntry } from "./standby-log.ts";

export interface HandoverParts {
  readonly dataDir: string;
  /** Neither listens nor is open yet. */
  readonly receiver: Receiver;
  readonly intake: Pick<Intake, "deadLetter" | "whenDurable"> & { control(control: object): number };
  readonly dedupe: DedupeTable;
  readonly sources: readonly SourceRules[];
  readonly clock: Clock;
  /** From before the restart. */
  readonly handed: HandoverMark | null;
  readonly log: { info(message: string): void; warn(message: string): void };
}

/** How long those who are in may take for the request they came with. */
export const DRAIN_MS = 150;
/** A port that is taken is the standby's, or somebody's who has no business there. */
const STANDBY_MS = 3_000;
const ANSWER_MS = 3_000;
const LOOK_MS = 10;
/** Between two of these the event loop goes round: verdicts come back, other senders are served. */
const BATCH = 64;

export class Handover {
  #server: Server | null = null;
  /** Once the engine is open. */
  #parts: HandoverParts | null = null;
  #mark: HandoverMark | null = null;
  #link: Link | null = null;
  #serving = false;
  #done = false;

  /** Before anything that takes time: a standby that sees nobody opens the doors. */
  static async start(dataDir: string): Promise<Handover> {
    const handover = new Handover();
    handover.#server = await serveLink(dataDir, (link) => ({
      onMessage: (message) => handover.#onMessage(link, message),
      onEnd: () => handover.#onEnd(link),
    }));
    return handover;
  }

  get hasStandby(): boolean {
    return this.#link !== null;
  }

  /** Opens the receiver's door, behind everything that the standby had accepted. Rejects with a `ListenError`. */
  async takeBack(parts: HandoverParts): Promise<void> {
    const { receiver } = parts;
    this.#mark = parts.handed;
    // As much as there is while it goes on serving, so that senders need not wait for that.
    let taken = await this.#collect(parts);
    if (await this.#mustJoin(receiver)) {
      await receiver.listen("second");
      this.#done = false;
      this.#link?.send({ type: "yield" });
      await this.#until(() => this.#done || this.#link === null, ANSWER_MS);
    }
    // Of a standby that died as well: it may have accepted to the last.
    taken += await this.#collect(parts);
    receiver.open();
    this.#parts = parts;
    await this.#settle(parts, taken);
  }

  /** Before the receiver stops listening. True when a standby listens now. */
  async give(): Promise<boolean> {
    if (this.#link === null) return false;
    this.#serving = false;
    this.#link.send({ type: "take" });
    return this.#until(() => this.#serving, ANSWER_MS);
  }

  /** The receiver accepts nothing any more. */
  gone(): void {
    this.#link?.send({ type: "gone" });
  }

  close(): void {
    this.#link?.end();
    this.#server?.close();
  }

  #onMessage(link: Link, message: LinkMessage): void {
    this.#link = link;
    if (message.type === "hello") {
      this.#serving = message.serving;
      // Both had looked at a free port at the same moment, and then both listened.
      if (message.serving && this.#parts !== null) link.send({ type: "yield" });
    } else if (message.type === "serving") this.#serving = true;
    else if (message.type === "done") {
      this.#done = true;
      this.#serving = false;
      // Later than the engine could wait for: nothing of it may lie about until the next start.
      if (this.#parts !== null) void this.#collectLate(this.#parts);
    }
  }

  async #collectLate(parts: HandoverParts): Promise<void> {
    try {
      await this.#settle(parts, await this.#collect(parts));
    } catch (cause) {
      parts.log.warn(String(cause));
    }
  }

  /** Everything behind the mark, in order. Returns how much. */
  async #collect(parts: HandoverParts): Promise<number> {
    let count = 0;
    for (const entry of readStandbyLog(parts.dataDir)) {
      // A log of another name came later, or is not known here.
      if (entry.log === this.#mark?.log && entry.lsn <= this.#mark.lsn) continue;
      const deadlineMs = performance.now() + ANSWER_MS;
      while (!takeIn(parts, entry)) {
        if (performance.now() > deadlineMs) throw new Error(`standby: entry ${entry.lsn} could not be taken over`);
        await pause(1);
      }
      this.#mark = { log: entry.log, lsn: entry.lsn };
      count += 1;
      if (count % BATCH === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return count;
  }

  /** Only what is durable here may be thrown away there. */
  async #settle({ intake, log }: HandoverParts, taken: number): Promise<void> {
    if (taken > 0) {
      const lsn = intake.control({ type: "handover", ...this.#mark });
      const durable = await new Promise<boolean>((resolve) => intake.whenDurable(lsn, resolve));
      if (lsn < 0 || !durable) throw new Error("standby: the journal failed under what was taken over");
      log.info(`standby: took over ${taken} signals and dead letters`);
    }
    this.#link?.send({ type: "handed", mark: this.#mark });
  }

  #onEnd(link: Link): void {
    if (this.#link !== link) return;
    this.#link = null;
    this.#serving = false;
  }

  /** True when a standby listens at the port. False when nobody did, and the receiver does. */
  async #mustJoin(receiver: Receiver): Promise<boolean> {
    const deadlineMs = performance.now() + STANDBY_MS;
    while (!this.#serving) {
      try {
        await receiver.listen("first");
        return false;
      } catch (cause) {
        const taken = cause instanceof ListenError && cause.code === "PORT_IN_USE";
        if (!taken || performance.now() > deadlineMs) throw cause;
        await this.#until(() => this.#serving, LOOK_MS);
      }
    }
    return true;
  }

  /** False when it did not come about in time, or the standby has gone. */
  async #until(holds: () => boolean, timeoutMs: number): Promise<boolean> {
    const deadlineMs = performance.now() + timeoutMs;
    const before = this.#link;
    while (!holds()) {
      if (performance.now() > deadlineMs || (before !== null && this.#link === null)) return false;
      await pause(LOOK_MS / 2);
    }
    return true;
  }
}

/** False when there is no room for it now. */
function takeIn({ receiver, intake, dedupe, sources, clock, log }: HandoverParts, entry: StandbyEntry): boolean {
  const { admission } = receiver;
  if (entry.kind === "letter") {
    const { source, signalId, code, forgettableMs, body } = entry.letter;
    // Other bytes under an id that is known are a letter of their own.
    if (signalId !== "" && code !== "ID_REUSED" && dedupe.lookup(source, signalId) >= 0) return true;
    const lsn = intake.deadLetter(entry.letter);
    if (lsn < 0) return false;
    return forgettableMs <= 0 || admission.restore(source, signalId, code, lsn, body, forgettableMs);
  }
  const { source, signal, body } = entry;
  const rules = sources.find(({ name }) => name === source);
  if (rules === undefined) {
    log.warn(`standby: ${signal.signalId} is from ${source}, which is no source any more`);
    const message = "its source is not configured any more";
    const { signalId } = signal;
    const letter = { source, signalId, code: "NOT_FOUND" as const, message, numbers: null, forgettableMs: 0, body };
    return intake.deadLetter({ ...letter, receivedMs: clock.wallMs() }) >= 0;
  }
  const given: Verdict = admission.admit(rules, { ok: true, signal }, body, clock.nowNs());
  return given.status !== 503;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
