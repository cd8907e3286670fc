/**
 * Kill harness: `kill -9` of the engine at a random instant under 500 webhooks a second, while the paper exchange lives on.
 *
 * After each restart every unanswered webhook is sent again, as a sender would, and when all is quiet the logs, the engine's
 * book and the exchange's truth are compared. Any difference throws, with the seed that names the run.
 */
import { join } from "node:path";
import { readLog } from "../../src/journal/reader.ts";
import { type EpochRecord, RECORD } from "../../src/journal/records.ts";
import { createPrng, type Prng } from "../../src/sim/prng.ts";
import {
  type Engine,
  pause,
  type Running,
  startAndKillEngine,
  startEngineProcess,
  startPaperProcess,
  until,
} from "./engine-process.ts";
import { auditJournal, notDecidedOnce } from "./journal-audit.ts";
import { lastRecord, loseFrom, rewrite } from "./lost-tail.ts";
import { schemaBody, WebhookSender } from "./senders.ts";
import { venueTruth } from "./venue-truth.ts";
import { createWorld, type World, type WorldVenue } from "./world.ts";

const SIGNALS_PER_SEC = 500;
const CONNECTIONS = 32;
const TICK_MS = 4;
const DUPLICATE_SHARE = 0.05;
/** Of the last so many ids, one in twenty is sent again at once. */
const RECENT_MAX = 50;
const FIRST_ACK_MS_MAX = 10_000;
const KILL_AFTER_MS_MAX = 1200;
const STAND_STILL_ROUNDS_MAX = 50;
const KILL_DURING_BOOT_SHARE = 0.3;
export const NATIVE_VENUES: readonly WorldVenue[] = [
  { name: "binance", type: "binance-usdm" },
  { name: "bybit", type: "bybit-linear" },
  { name: "okx", type: "okx-swap" },
];
/** The same three languages, spoken by ccxt. */
export const CCXT_VENUES: readonly WorldVenue[] = [
  { name: "binance", type: "ccxt", exchange: "binanceusdm" },
  { name: "bybit", type: "ccxt", exchange: "bybit" },
  { name: "okx", type: "ccxt", exchange: "okx" },
];
/** Instruments in the order of the world's configuration: BTC perpetual and ETH perpetual hedge shields 0 and 1. */
const HEDGES = [1, 2];
/** Of its listings: BTC at three venues, then ETH. */
const INSTRUMENTS = [1, 1, 1, 2, 2, 2];
const LOST_RECORDS_MAX = 200;
const RESEND_ROUNDS_MAX = 10;

export interface KillTotals {
  kills: number;
  signals: number;
  /** Answered 2xx before the kill: what a crash must not lose. */
  acknowledged: number;
  resent: number;
  /** Sent again, and known already: accepted before the kill, but its answer was lost. */
  resentKnown: number;
  orders: number;
  /** Orders that were under way when the engine died: their outcome had to be asked for. */
  ordersInDoubt: number;
  /** Records that power losses took from the decision log, and orders that venues gave back. */
  recordsLost: number;
  orphans: number;
}

export class KillHarness {
  readonly totals: KillTotals = {
    kills: 0,
    signals: 0,
    acknowledged: 0,
    resent: 0,
    resentKnown: 0,
    orders: 0,
    ordersInDoubt: 0,
    recordsLost: 0,
    orphans: 0,
  };
  readonly #world: World;
  readonly #paper: Running;
  readonly #random: Prng;
  readonly #seed: number;
  readonly #bodies = new Map<string, string>();
  /** Answered 2xx at least once. */
  readonly #acknowledged = new Set<string>();
  #engine: Engine;
  #acknowledgedBefore = 0;

  private constructor(world: World, paper: Running, engine: Engine, seed: number) {
    this.#world = world;
    this.#paper = paper;
    this.#engine = engine;
    this.#seed = seed;
    this.#random = createPrng(seed);
  }

  /** Most orders go to the venue with the best price, which is another one of them with each seed. */
  static async start(lanes: "pool" | "inline", seed: number, venues = NATIVE_VENUES): Promise<KillHarness> {
    const first = seed % venues.length;
    const world = await createWorld({ lanes, venues: [...venues.slice(first), ...venues.slice(0, first)] });
    const paper = await startPaperProcess(world);
    try {
      return new KillHarness(world, paper, await startEngineProcess(world), seed);
    } catch (cause) {
      await paper.end("SIGTERM");
      world.remove();
      throw cause;
    }
  }

  /** One life and death of the engine, and what must hold after it. With `losesPower` of the machine. */
  async run({ losesPower = false } = {}): Promise<void> {
    try {
      await this.#loadAndKill();
      if (losesPower) this.#losePower();
      await this.#restart();
      await this.#resend();
      // Where it does not come to rest, what is wrong says more than that time ran out.
      const settled = await this.#settle().then(
        () => null,
        (late: unknown) => late,
      );
      await this.#compare();
      if (settled !== null) throw settled;
    } catch (cause) {
      throw new Error(`seed ${this.#seed}, kill ${this.totals.kills}: ${String(cause)}\n${this.#engine.output()}`, {
        cause,
      });
    }
  }

  async close(): Promise<void> {
    await this.#engine.end("SIGKILL");
    await this.#paper.end("SIGTERM");
    this.#world.remove();
  }

  /** Open loop: what is due is sent, however slow the answers are. Killed some time after the first acknowledgement. */
  async #loadAndKill(): Promise<void> {
    const sender = new WebhookSender(this.#world, CONNECTIONS);
    const answers: Promise<unknown>[] = [];
    const recent: string[] = [];
    const startMs = performance.now();
    const lastMs = startMs + FIRST_ACK_MS_MAX;
    const killAfterMs = this.#random.float() * KILL_AFTER_MS_MAX;
    let killMs = Number.POSITIVE_INFINITY;
    const onAnswer = () => {
      killMs = Math.min(killMs, performance.now() + killAfterMs);
    };
    for (let sent = 0; performance.now() < Math.min(killMs, lastMs); ) {
      const due = ((performance.now() - startMs) * SIGNALS_PER_SEC) / 1000;
      for (; sent < due; sent++) {
        const again = recent.length > 0 && this.#random.float() < DUPLICATE_SHARE;
        const id = again ? recent[this.#random.int(recent.length)]! : this.#newSignal();
        recent.push(id);
        if (recent.length > RECENT_MAX) recent.shift();
        answers.push(this.#send(sender, id).then(onAnswer, () => undefined));
      }
      await pause(Math.min(TICK_MS, Math.max(0, killMs - performance.now())));
    }
    await this.#engine.end("SIGKILL");
    this.totals.kills++;
    sender.close();
    await Promise.all(answers);
    if (killMs > lastMs) throw new Error(`no webhook was answered within ${FIRST_ACK_MS_MAX} ms`);
  }

  /** The end of the decision log never reached the disk, from any record on, and the machine has booted since. */
  #losePower(): void {
    const decisions = join(this.#world.dataDir, "journal", "decisions");
    let lastLsn = 0;
    for (const { lsn } of readLog(decisions)) lastLsn = lsn;
    const life = lastRecord(decisions, ({ type }) => type === RECORD.EPOCH);
    const keep = Math.max(life.lsn, lastLsn - this.#random.int(LOST_RECORDS_MAX));
    const first = lastRecord(decisions, ({ lsn }) => lsn <= keep);
    if (first.lsn > life.lsn) {
      loseFrom(decisions, first);
      this.totals.recordsLost += lastLsn - first.lsn + 1;
    }
    const record = JSON.parse(Buffer.from(life.payload).toString("utf8")) as EpochRecord;
    const bootId = record.bootId.replace(/./g, "0");
    rewrite(decisions, life, Buffer.from(JSON.stringify({ ...record, bootId })));
  }

  async #restart(): Promise<void> {
    if (this.#random.float() < KILL_DURING_BOOT_SHARE) {
      await startAndKillEngine(this.#world, this.#random.float() * 600);
      this.totals.kills++;
    }
    this.#engine = await startEngineProcess(this.#world);
  }

  async #resend(): Promise<void> {
    const unanswered = this.#unacknowledged();
    this.totals.acknowledged += this.#acknowledged.size - this.#acknowledgedBefore;
    const sender = new WebhookSender(this.#world, CONNECTIONS);
    const statuses = await Promise.all(unanswered.map((id) => this.#send(sender, id)));
    this.totals.resent += unanswered.length;
    this.totals.resentKnown += statuses.filter((status) => status === 200).length;
    // A machine with more to do than it can asks senders to come again.
    for (let round = 0; round < RESEND_ROUNDS_MAX && statuses.includes(503); round++) {
      await pause(1000);
      statuses.splice(0, statuses.length);
      for (const id of this.#unacknowledged()) statuses.push(await this.#send(sender, id));
    }
    sender.close();
    const others = [...new Set(statuses)].filter((status) => status !== 200 && status !== 202);
    demand(`signals not accepted when they were sent again, but ${others.join(", ")}`, this.#unacknowledged());
  }

  #unacknowledged(): string[] {
    return [...this.#bodies.keys()].filter((id) => !this.#acknowledged.has(id));
  }

  /** Every acknowledged signal decided, nothing pending, targets reached: from here on nothing may move. */
  async #settle(): Promise<void> {
    await until("every accepted signal is decided and every order has ended", async () => {
      const { hedges } = await this.#engine.positions();
      const quiet = hedges.every(({ pendingBuyLots, pendingSellLots, heldLots, targetLots }) => {
        // One lot of BTC is worth less than the smallest order of some venues.
        return pendingBuyLots === 0 && pendingSellLots === 0 && Math.abs(heldLots - targetLots) <= 1;
      });
      if (!quiet) return false;
      const audit = auditJournal(this.#world.dataDir, { hedges: HEDGES, instruments: INSTRUMENTS });
      return [...this.#acknowledged].every((id) =>
        [...(audit.seqsOfId.get(id) ?? [])].some((seq) => audit.verdicts.has(seq)),
      );
    });
  }

  /**
   * The exchange and the book of one moment: the exchange has not moved while the book was asked for, and nothing was pending.
   * A single lot may be corrected at any time where the venue takes so little. In vain they are compared as they are.
   */
  async #standStill() {
    for (let round = 1; ; round++) {
      const truth = await venueTruth(this.#world);
      const { hedges, positions, state } = await this.#engine.positions();
      const after = await venueTruth(this.#world);
      const isPending = hedges.some(({ pendingBuyLots, pendingSellLots }) => pendingBuyLots + pendingSellLots > 0);
      const stood = !isPending && JSON.stringify(truth.positions) === JSON.stringify(after.positions);
      if (stood || round === STAND_STILL_ROUNDS_MAX) return { truth, positions, state };
      await pause(100);
    }
  }

  async #compare(): Promise<void> {
    const { truth, positions, state } = await this.#standStill();
    // After the exchange: whatever it knew has been in the log for longer.
    const audit = auditJournal(this.#world.dataDir, { hedges: HEDGES, instruments: INSTRUMENTS });

    demand("signals without exactly one verdict", notDecidedOnce(audit, this.#acknowledged));
    const doubled = [...audit.verdicts].filter(([, count]) => count !== 1).map(([seq]) => `sequence ${seq}`);
    demand("sequences decided more than once", doubled);
    demand(
      "signals that nobody sent",
      [...audit.seqsOfId.keys()].filter((id) => !this.#bodies.has(id)),
    );

    const filledLotsOfTag = new Map<string, number>();
    for (const order of truth.orders) {
      const intent = audit.orders.get(order.clientOrderId);
      const told = intent && intent.qtyLots === order.qtyLots && intent.side === order.side;
      if (!told) demand("orders at the exchange without their intent in the log", [JSON.stringify(order)]);
      if (order.orders !== 1) demand("order ids used twice", [order.clientOrderId]);
      const tag = order.clientOrderId.slice(0, 16);
      // What it was decided for went with the power.
      if (intent?.isOrphan) continue;
      // The engine's own: what a superseded order filled beyond the newest target, taken off again.
      if (intent?.reduceOnly === true && intent.cause.startsWith("position|")) continue;
      filledLotsOfTag.set(tag, (filledLotsOfTag.get(tag) ?? 0) + order.cumQtyLots);
    }
    for (const [tag, filledLots] of filledLotsOfTag) {
      const decision = audit.decisions.get(tag);
      if (decision === undefined) demand("orders without a decision", [tag]);
      else if (filledLots > decision.fillLotsMax) {
        demand("signals hedged more than decided", [`${tag}: ${filledLots} of ${decision.fillLotsMax} lots`]);
      }
    }

    const book = Object.fromEntries(
      positions
        .filter(({ qtyLots }) => qtyLots !== 0)
        .map(({ venue, symbol, qtyLots }) => [`${venue} ${symbol}`, qtyLots]),
    );
    for (const key of new Set([...Object.keys(book), ...Object.keys(truth.positions)])) {
      const ours = book[key] ?? 0;
      const theirs = truth.positions[key] ?? 0;
      if (ours !== theirs) demand("positions that differ", [`${key}: book ${ours}, exchange ${theirs}`]);
    }
    if (truth.open > 0 || truth.forgotten > 0) demand("orders left open or forgotten", [`${truth.open}`]);
    const alarms = audit.alarms.filter(({ code }) => code === "POSITION_MISMATCH" || code === "FOREIGN_ORDER");
    demand(
      "alarms",
      alarms.map(({ message }) => message),
    );
    if (state !== "active") demand("engine state", [state]);

    this.#acknowledgedBefore = this.#acknowledged.size;
    this.totals.signals = this.#bodies.size;
    this.totals.orders = truth.orders.length;
    this.totals.ordersInDoubt = audit.inDoubtAtStart;
    this.totals.orphans = [...audit.orders.values()].filter(({ isOrphan }) => isOrphan).length;
  }

  #newSignal(): string {
    const id = `kill-${this.#seed}-${this.#bodies.size}`;
    // Three decimals of strength are more steps than the hedge has lots: most signals need an order of their own.
    const strength = Math.round(this.#random.float() * 1000) / 1000;
    const asset = this.#random.float() < 0.5 ? "BTC-USD" : "BTCUSDT.P";
    this.#bodies.set(id, schemaBody(id, strength, { asset }));
    return id;
  }

  async #send(sender: WebhookSender, id: string): Promise<number> {
    const { status } = await sender.send(id, this.#bodies.get(id) ?? "");
    if (status === 200 || status === 202) this.#acknowledged.add(id);
    return status;
  }
}

function demand(what: string, wrong: readonly string[]): void {
  if (wrong.length > 0) throw new Error(`${what} (${wrong.length}): ${wrong.slice(0, 5).join("; ")}`);
}
