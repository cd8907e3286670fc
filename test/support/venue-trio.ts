/**
 * One engine's process and three paper venues in three languages in another, each of which can be broken at will.
 *
 * BTC has the budget X that covers a venue in doubt, ETH has not. Every signal wishes for more to be sold than the last one,
 * so orders always go to the best price, which is that of the first venue given: the victim.
 */
import type { RouteMode } from "../../src/core/config.ts";
import type { PositionsSnapshot, StatusSnapshot } from "../../src/observe/status.ts";
import { type Engine, pause, type Running, startEngineProcess, startPaperProcess, until } from "./engine-process.ts";
import { schemaBody, WebhookSender } from "./senders.ts";
import { createWorld, type World, type WorldVenue } from "./world.ts";

export const ASSETS = ["btc", "eth"] as const;
export type Asset = (typeof ASSETS)[number];
export type PerAsset = Readonly<Record<Asset, number>>;

const OF_ASSET = { btc: { asset: "BTC-USD", symbol: "BTC" }, eth: { asset: "BTCUSDT.P", symbol: "ETH" } } as const;
const SAMPLE_MS = 15;

export interface TrioOptions {
  readonly mode: RouteMode;
  readonly venues: readonly [WorldVenue, WorldVenue, WorldVenue];
  /** X of each asset, in lots. */
  readonly budget: PerAsset;
  readonly router?: object;
}

/** What is held too much at the venues themselves, in lots, as often as they could be asked. */
export interface OverHedge {
  readonly lotsMax: number;
  /** Longest time without a break. */
  readonly msMax: number;
}

export class VenueTrio {
  readonly world: World;
  readonly engine: Engine;
  readonly victim: string;
  readonly others: readonly string[];
  /** Lots wished short so far. */
  readonly wished: Record<Asset, number> = { btc: 0, eth: 0 };
  readonly #paper: Running;
  readonly #sender: WebhookSender;
  readonly #last = new Map<string, PerAsset>();
  #signals = 0;

  static async start({ mode, venues, budget, router }: TrioOptions): Promise<VenueTrio> {
    const shield = (lots: number) => ({ overHedgeLotsMax: lots, onUnknown: "wait" });
    const world = await createWorld({
      venues,
      router: { mode, doubtPenaltyMs: 0, ...router },
      shields: [
        { ...shield(budget.btc), holdings: "20", ...(budget.btc > 0 ? { onUnknown: "hedgeAnyway" } : {}) },
        { ...shield(budget.eth), holdings: "20" },
      ],
    });
    const paper = await startPaperProcess(world);
    try {
      return new VenueTrio(world, paper, await startEngineProcess(world));
    } catch (cause) {
      await paper.end("SIGTERM");
      world.remove();
      throw cause;
    }
  }

  private constructor(world: World, paper: Running, engine: Engine) {
    this.world = world;
    this.engine = engine;
    this.#paper = paper;
    this.#sender = new WebhookSender(world, 2);
    const [victim = "", ...others] = Object.keys(world.venues);
    this.victim = victim;
    this.others = others;
  }

  async close(): Promise<void> {
    this.#sender.close();
    await this.engine.end("SIGTERM");
    await this.#paper.end("SIGTERM");
    this.world.remove();
  }

  /** Two signals at once; each asset is to be sold by so many lots more. Returns their causes, and when they were sent. */
  async sellMore(
    more: PerAsset,
  ): Promise<{ readonly sentMs: number; readonly cause: Readonly<Record<Asset, string>> }> {
    const number = ++this.#signals;
    const idOf = (asset: Asset) => `${asset}-${number}`;
    const sentMs = Date.now();
    const answers = await Promise.all(
      ASSETS.map((asset) => {
        this.wished[asset] += more[asset];
        const fields = { asset: OF_ASSET[asset].asset, quantity: this.wished[asset] / 1000 };
        return this.#sender.send(idOf(asset), schemaBody(idOf(asset), 0.9, fields));
      }),
    );
    for (const { status, json } of answers) if (status !== 202) throw new Error(`refused: ${JSON.stringify(json)}`);
    return { sentMs, cause: { btc: `hooks|${idOf("btc")}`, eth: `hooks|${idOf("eth")}` } };
  }

  /** Sells until an order has gone to the victim: after a fault it takes a while until it is connected again. */
  async victimTrades(more: PerAsset): Promise<void> {
    const ordersAt = async () => {
      const response = await fetch(`${this.world.venues[this.victim]}/paper/state?orders=none`);
      return ((await response.json()) as { accounts: { totals: { orders: number } }[] }).accounts[0]!.totals.orders;
    };
    const before = await ordersAt();
    await until("the victim is traded with", async () => {
      await this.sellMore(more);
      await this.settled();
      return (await ordersAt()) > before;
    });
  }

  async break(venue: string, ...faults: readonly object[]): Promise<void> {
    const response = await fetch(`${this.world.venues[venue]}/paper/faults`, {
      method: "POST",
      body: JSON.stringify({ faults }),
    });
    if (!response.ok) throw new Error(await response.text());
  }

  /** Every fault ends, an outage too where it can be told. */
  async heal(): Promise<void> {
    for (const base of Object.values(this.world.venues)) {
      await until("the venue can be told", async () => {
        const answer = await fetch(`${base}/paper/faults`, { method: "DELETE" }).catch(() => null);
        return answer?.ok ?? false;
      });
    }
  }

  /** Lots sold at each venue, as it has them itself; what it last had where it is out. */
  async soldAt(venue: string): Promise<PerAsset> {
    try {
      const response = await fetch(`${this.world.venues[venue]}/paper/state?orders=none`);
      const state = (await response.json()) as { accounts: { positions: { symbol: string; netLots: number }[] }[] };
      const positions = state.accounts.flatMap((account) => account.positions);
      const sold = (asset: Asset) =>
        positions.reduce((sum, { symbol, netLots }) => {
          return symbol.startsWith(OF_ASSET[asset].symbol) ? sum - netLots : sum;
        }, 0);
      this.#last.set(venue, { btc: sold("btc"), eth: sold("eth") });
    } catch {
      // Out: nothing can be traded there meanwhile.
    }
    return this.#last.get(venue) ?? { btc: 0, eth: 0 };
  }

  async sold(venues: readonly string[] = Object.keys(this.world.venues)): Promise<PerAsset> {
    const all = await Promise.all(venues.map((venue) => this.soldAt(venue)));
    const sum = (asset: Asset) => all.reduce((total, each) => total + each[asset], 0);
    return { btc: sum("btc"), eth: sum("eth") };
  }

  /** Of the engine's own book: sells whose end is not known. */
  async pending(): Promise<PerAsset> {
    const { hedges } = await this.engine.positions();
    return { btc: hedges[0]?.pendingSellLots ?? Number.NaN, eth: hedges[1]?.pendingSellLots ?? Number.NaN };
  }

  /** Nothing under way, all that is wished is held and no more, and the engine's book is the venues' own. */
  async settled(): Promise<void> {
    let looked: [PositionsSnapshot, string[]] | undefined;
    try {
      await until("what is wished is held, and nothing else is under way", async () => {
        const book = await this.engine.positions();
        looked = [book, await this.#differences(book)];
        const ends = book.hedges.every((hedge, at) => {
          const pending = hedge.pendingBuyLots + hedge.pendingSellLots;
          return pending === 0 && hedge.heldLots === -this.wished[ASSETS[at]!];
        });
        return ends && book.state === "active" && looked[1].length === 0;
      });
    } catch (cause) {
      const { alarms } = await this.engine.status();
      throw new Error(`${JSON.stringify(this.wished)}: ${JSON.stringify(looked)} ${JSON.stringify(alarms)}`, { cause });
    }
  }

  async #differences({ positions }: PositionsSnapshot): Promise<string[]> {
    const wrong: string[] = [];
    for (const venue of Object.keys(this.world.venues)) {
      const truth = await this.soldAt(venue);
      for (const asset of ASSETS) {
        const { symbol } = OF_ASSET[asset];
        const own = positions.find((each) => each.venue === venue && each.symbol.startsWith(symbol))?.qtyLots;
        if (own !== (truth[asset] === 0 ? 0 : -truth[asset]))
          wrong.push(`${venue} ${asset}: ${own}, ${truth[asset]} sold`);
      }
    }
    return wrong;
  }

  async alarms(): Promise<StatusSnapshot["alarms"]> {
    return (await this.engine.status()).alarms;
  }

  /** Watches the venues while `act` runs. Of what was asked one after the other the sum may be off by what was under way. */
  async watching(act: () => Promise<void>): Promise<Readonly<Record<Asset, OverHedge>>> {
    const seen = { btc: { lotsMax: 0, msMax: 0, sinceMs: 0 }, eth: { lotsMax: 0, msMax: 0, sinceMs: 0 } };
    let ends = false;
    const watch = (async () => {
      while (!ends) {
        const sold = await this.sold();
        const nowMs = performance.now();
        for (const asset of ASSETS) {
          const each = seen[asset];
          const over = sold[asset] - this.wished[asset];
          each.lotsMax = Math.max(each.lotsMax, over);
          if (over <= 0) each.sinceMs = 0;
          else each.sinceMs ||= nowMs;
          if (over > 0) each.msMax = Math.max(each.msMax, nowMs - each.sinceMs);
        }
        await pause(SAMPLE_MS);
      }
    })();
    try {
      await act();
    } finally {
      ends = true;
      await watch;
    }
    return seen;
  }
}
