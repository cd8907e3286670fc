/**
 * A lane under test: a real journal in a temp directory, real paper venues over loopback, and hosts that can be started over
 * the same journal again and again. Each `boot` is what a process is to a real engine: new shared memory, new flusher.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Alarm, Verdict } from "../../src/core/event.ts";
import { ENGINE_STATES } from "../../src/core/event.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { EpochMs } from "../../src/domain/units.ts";
import { startFlusher } from "../../src/journal/flusher.ts";
import type { DecisionHost } from "../../src/lane/host.ts";
import { InlineHost } from "../../src/lane/inline-host.ts";
import { logBlock } from "../../src/lane/log-blocks.ts";
import { type LaneOptions, LOG, type VenueOptions } from "../../src/lane/options.ts";
import { PoolHost } from "../../src/lane/pool-host.ts";
import { instrumentPositionSlot, listingPositionSlot } from "../../src/memory/layout.ts";
import { createPositionSlot, openPositionBook } from "../../src/memory/position-book.ts";
import { createShared, type SharedMemory } from "../../src/memory/shared.ts";
import type { MarketOptions } from "../../src/paper/server.ts";
import { SystemClock } from "../../src/time/clock.ts";
import { compileKernels } from "../../src/wasm/kernels.ts";
import { laneOptions } from "../../src/wiring/wiring.ts";
import { eventually } from "./eventually.ts";
import { type LaneDialect, type LaneMarket, startLaneMarket, symbolAt } from "./lane-market.ts";
import { type SampleOptions, sampleConfig } from "./sample-config.ts";

export const clock = new SystemClock();
export const kernels = compileKernels();

export const SABOTEUR = new URL("./lane-saboteur.ts", import.meta.url);

export interface RigOptions {
  readonly venues?: number;
  /** The languages of the venues, in place of Binance's for all, and whether ccxt speaks them. */
  readonly dialects?: readonly LaneDialect[];
  readonly throughCcxt?: boolean;
  /** For the journal; the caller removes it. */
  readonly directory?: string;
  readonly market?: MarketOptions;
  readonly sample?: Partial<SampleOptions>;
  /** The paper venues say that their keys can withdraw. */
  readonly canWithdraw?: boolean;
  /** Ports to dial for orders in place of each venue's own. */
  readonly orderPorts?: (market: LaneMarket) => Promise<readonly number[]>;
  /** What to make each venue from, in place of what the sample says. */
  readonly venueOptions?: (sample: VenueOptions, at: number, market: LaneMarket) => VenueOptions;
  /** In place of each venue's own. */
  readonly rulesMs?: number;
  /** In place of the pool host's own. */
  readonly spareAfterMs?: number;
}

export interface Boot {
  readonly host: DecisionHost;
  readonly shared: SharedMemory;
  readonly decidedSeq: number;
  readonly verdicts: Verdict[];
  readonly alarms: Alarm[];
  readonly troubles: string[];
  /** Lots of BTC held in all, and the target. */
  btc(): { readonly held: number; readonly target: number; readonly pending: number; readonly state: string };
  /** Lots the engine believes to hold at a venue. */
  held(venue: number, symbol: "BTCUSDT" | "ETHUSDT"): number;
  /** Nothing under way and BTC at `lots`. */
  settled(lots: number): Promise<void>;
  stop(): Promise<void>;
}

export class LaneRig {
  readonly directory: string;
  readonly market: LaneMarket;
  readonly options: LaneOptions;
  readonly #boots: Boot[] = [];
  readonly #keepsDirectory: boolean;
  readonly #spare: { readonly spareAfterMs?: number };
  #seq = 0;
  #generatedAtMs = 0;

  static async start(options: RigOptions = {}): Promise<LaneRig> {
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), "outrigger-lane-"));
    const market = await startLaneMarket(
      options.dialects ?? Array.from({ length: options.venues ?? 2 }, () => "binance-usdm" as const),
      options.market,
      options.canWithdraw,
    );
    const orderPorts = (await options.orderPorts?.(market)) ?? [];
    return new LaneRig(directory, market, options, orderPorts);
  }

  private constructor(directory: string, market: LaneMarket, options: RigOptions, orderPorts: readonly number[]) {
    this.directory = directory;
    this.#keepsDirectory = options.directory !== undefined;
    this.market = market;
    this.#spare = options.spareAfterMs === undefined ? {} : { spareAfterMs: options.spareAfterMs };
    const { config, secrets } = sampleConfig({
      directory,
      venues: market.venues.map((venue, at) => {
        const orderPort = orderPorts[at];
        const { throughCcxt = false } = options;
        return { ...venue, throughCcxt, ...(orderPort === undefined ? {} : { orderPort }) };
      }),
      journal: { segmentBytes: 4 * 1024 * 1024 },
      ...options.sample,
    });
    const sample = laneOptions(config, secrets, "boot-of-the-test");
    const venueOptions = options.venueOptions ?? ((each) => each);
    const rules = options.rulesMs === undefined ? {} : { rulesMs: options.rulesMs };
    this.options = { ...sample, ...rules, venues: sample.venues.map((each, at) => venueOptions(each, at, market)) };
  }

  get journal(): string {
    return this.options.journal.directory;
  }

  /** Another `bootId` is what a power loss looks like to the engine. */
  async boot(
    lanes: "pool" | "inline",
    worker?: URL,
    bootId = this.options.bootId,
    core = this.options.core,
  ): Promise<Boot> {
    const options = { ...this.options, bootId, core };
    const shared = createShared();
    const flusher = await startFlusher({
      logs: [{ directory: join(this.journal, "decisions"), block: logBlock(shared, LOG.DECISIONS) }],
      onFault: (fault) => troubles.push(fault.message),
    });
    const verdicts: Verdict[] = [];
    const alarms: Alarm[] = [];
    const troubles: string[] = [];
    const events = {
      onVerdict: (verdict: Verdict) => void verdicts.push(verdict),
      onAlarm: (alarm: Alarm) => void alarms.push(alarm),
      onTrouble: (message: string) => void troubles.push(message),
    };
    const host =
      lanes === "inline"
        ? new InlineHost(options, shared, kernels, clock, events)
        : new PoolHost(
            options,
            { stallMs: 2000, memoryMbMax: 64, ...this.#spare, ...(worker === undefined ? {} : { worker }) },
            shared,
            kernels,
            clock,
            events,
          );
    const { decidedSeq } = await host.start();
    const book = openPositionBook(shared);
    const slot = createPositionSlot();
    const { directory } = this.options.core;
    const hedge = directory.instruments.find(({ symbol }) => symbol === "BTC/USDT:USDT")!;
    let stopped = false;
    const boot: Boot = {
      host,
      shared,
      decidedSeq,
      verdicts,
      alarms,
      troubles,
      btc: () => {
        book.readPosition(instrumentPositionSlot(hedge.index), slot);
        const pending = slot.pendingBuyLots + slot.pendingSellLots;
        return { held: slot.qtyLots, target: slot.targetLots, pending, state: ENGINE_STATES[slot.state]! };
      },
      held: (venue, symbol) => {
        const theirs = symbolAt(this.market.venues[venue]!.dialect, symbol);
        const listing = directory.listings.find((each) => each.venue === venue && each.symbol === theirs)!;
        return book.readPosition(listingPositionSlot(listing.index), slot) ? slot.qtyLots : Number.NaN;
      },
      settled: (lots) =>
        eventually(
          () => {
            const { held, pending, state } = boot.btc();
            return held === lots && pending === 0 && state === "active";
          },
          () =>
            `BTC at ${lots} lots: ${JSON.stringify(boot.btc())} ${JSON.stringify(alarms.slice(-5))} ${troubles.slice(-3)}`,
        ),
      stop: async () => {
        if (stopped) return;
        stopped = true;
        await host.stop();
        await flusher.stop();
      },
    };
    this.#boots.push(boot);
    return boot;
  }

  /** The next signal: hedge BTC by at most `quantity` of it. In the sample the model would want more, so it is exactly that. */
  signal(quantity: number, changes: Partial<Signal> = {}): Signal {
    this.#generatedAtMs = Math.max(this.#generatedAtMs + 1, clock.wallMs());
    const intakeSeq = ++this.#seq;
    return {
      intakeSeq,
      signalId: `s-${intakeSeq}`,
      source: 0,
      kind: "hedge",
      instrument: 0,
      direction: "long",
      strength: 0.9,
      confidence: 0.9,
      horizonMs: 14_400_000,
      generatedAtMs: this.#generatedAtMs as EpochMs,
      notional: Number.NaN,
      quantity,
      receivedNs: clock.nowNs(),
      model: 0,
      modelVersion: 0,
      ...changes,
    };
  }

  get submitted(): number {
    return this.#seq;
  }

  /** Books equal: what the engine believes, venue by venue, is what the venue has. */
  mismatches(boot: Boot): string[] {
    return this.market.venues.flatMap(({ name }, venue) =>
      (["BTCUSDT", "ETHUSDT"] as const).flatMap((symbol) => {
        const ours = boot.held(venue, symbol);
        const theirs = this.market.netLots(venue, symbol);
        return ours === theirs ? [] : [`${name} ${symbol}: engine ${ours}, venue ${theirs}`];
      }),
    );
  }

  /** Client order ids that made more than one order at any venue. */
  doubled(): string[] {
    return this.market.venues.flatMap((_, venue) =>
      [...this.market.orders(venue)].filter(([, { orders }]) => orders !== 1).map(([id]) => id),
    );
  }

  async stopAll(): Promise<void> {
    for (const boot of this.#boots) await boot.stop();
  }

  async close(): Promise<void> {
    await this.stopAll();
    await this.market.close();
    if (!this.#keepsDirectory) rmSync(this.directory, { recursive: true, force: true });
  }
}
