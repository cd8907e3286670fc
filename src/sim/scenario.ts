/**
 * Scenario: what one seed means. Everything that is drawn once, before the first event: the configuration of the engine, what
 * its venues, senders, disk, clock and operator do to it, and when it is killed.
 *
 * Swarm testing: every kind of trouble is off in most scenarios, so that no trouble hides another, and a directed profile
 * turns on one kind in all of them.
 */
import type { Analysis } from "../core/analysis.ts";
import type { CoreConfig } from "../core/config.ts";
import { createDirectory } from "../domain/instrument.ts";
import type { Lots, Notional } from "../domain/units.ts";
import { createPrng, type Prng } from "./prng.ts";
import { BREAKERS, drawRouting, ROUTER, SCORE, SHIELD } from "./sim-config.ts";
import type { PowerLoss } from "./sim-disk.ts";
import type { SimFaults } from "./sim-venue.ts";

/** A kind of trouble that a profile may have and shrinking may take away. */
export const TROUBLES = [
  "venues",
  "outages",
  "senders",
  "kills",
  "power",
  "lane",
  "diskFull",
  "diskError",
  "clock",
  "operator",
] as const;
export type Trouble = (typeof TROUBLES)[number];

export interface Profile {
  readonly seed: number;
  /** The portfolio hedge is on, with an index beside the shield's hedge. */
  readonly portfolio?: boolean;
  /** After a power loss a venue stays away, and an operator begins without it. For scenarios that have `power`. */
  readonly leavesOut?: boolean;
  /** Only these are drawn from; all unless given. */
  readonly troubles?: readonly Trouble[];
  /** Troubles that are there in every scenario. */
  readonly always?: readonly Trouble[];
  /** Fewer than were drawn: for shrinking. */
  readonly killsMax?: number;
  readonly signalsMax?: number;
  readonly stormMsMax?: number;
}

export interface Scenario {
  readonly seed: number;
  readonly troubles: ReadonlySet<Trouble>;
  readonly leavesOut: boolean;
  readonly core: CoreConfig;
  readonly stormMs: number;
  readonly venues: readonly { readonly latencyMsMax: number; readonly skewMs: number; readonly faults: SimFaults }[];
  readonly senders: SenderFaults;
  readonly signals: number;
  readonly kills: readonly Kill[];
  readonly segmentBytes: number;
  readonly syncMsMax: number;
}

/** A death of the process, or of the machine: at the first of these moments that comes; those not drawn are Infinity. */
export interface Kill {
  /** Calls to the disk and orders, counted over all lives: dies in the midst of this one. */
  readonly atCall: number;
  /** Segments taken into use, counted over all lives: dies in the midst of this one. */
  readonly atRoll: number;
  /** Orders, counted over all lives: dies `afterMs` after this one has left. */
  readonly afterOrder: number;
  readonly afterMs: number;
  readonly power: PowerLoss | null;
}

/** Probabilities per message. */
export interface SenderFaults {
  readonly dropRequest: number;
  readonly dropAnswer: number;
  readonly duplicate: number;
  readonly lateMsMax: number;
}

export const SOURCES = ["hook", "feed"] as const;
export const ASSET = 0;
export const HEDGE = 1;

const VENUES = ["alpha", "beta", "gamma"];
const INSTRUMENTS = [
  { symbol: "BTC/USDT", tickSize: "0.1", lotSize: "0.001" },
  {
    symbol: "BTC/USDT:USDT",
    tickSize: "0.1",
    lotSize: "0.001",
    listings: [
      { venue: "alpha", symbol: "BTCUSDT", takerFee: 0.0005, minNotional: 100 },
      { venue: "beta", symbol: "BTCUSDT", takerFee: 0.0004, minNotional: 5, lotSize: "0.002", tickSize: "0.2" },
      { venue: "gamma", symbol: "BTCUSDT", takerFee: 0.0006 },
    ],
  },
];
export const DIRECTORY = createDirectory(SOURCES, VENUES, INSTRUMENTS);
/** The same, and the index of the portfolio hedge behind: listings keep their numbers. */
const PORTFOLIO_DIRECTORY = createDirectory(SOURCES, VENUES, [
  ...INSTRUMENTS,
  {
    symbol: "INDEX/USDT:USDT",
    tickSize: "0.1",
    lotSize: "0.001",
    listings: VENUES.map((venue) => ({ venue, symbol: "INDEXUSDT", takerFee: 0.0005 })),
  },
]);
export const INDEX = 2;
/** A lot of the coarsest listing: less cannot be taken off there. */
export const DUST_LOTS = 2;
/** In ticks. */
export const PRICE = 600_000;

export function drawScenario(profile: Profile): Scenario {
  const { seed, troubles = TROUBLES, always = [] } = profile;
  const {
    killsMax = Number.POSITIVE_INFINITY,
    signalsMax = Number.POSITIVE_INFINITY,
    stormMsMax = Number.POSITIVE_INFINITY,
  } = profile;
  const prng = createPrng(seed);
  const { int } = prng;
  const drawn = new Set<Trouble>();
  // One draw each, used or not: taking one away leaves the others as they were.
  for (const trouble of TROUBLES) {
    const happens = int(100) < LIKELY[trouble] || always.includes(trouble);
    if (happens && troubles.includes(trouble)) drawn.add(trouble);
  }
  const has = (trouble: Trouble) => drawn.has(trouble);
  const faults = DIRECTORY.venues.map(() => drawFaults(prng));
  const senders = drawSenders(prng);
  return {
    seed,
    troubles: drawn,
    leavesOut: profile.leavesOut === true,
    core: profile.portfolio === true ? withPortfolio(drawConfig(prng)) : drawConfig(prng),
    stormMs: Math.min(stormMsMax, 1000 + int(3000)),
    venues: faults.map((fault) => ({
      latencyMsMax: 2 + int(60),
      skewMs: int(160) - 80,
      faults: has("venues") ? fault : {},
    })),
    senders: has("senders") ? senders : NO_SENDER_FAULTS,
    signals: Math.min(signalsMax, 2 + int(5)),
    kills: drawKills(prng, has("kills"), has("power")).slice(0, killsMax),
    // A larger configuration is a larger record, and a segment holds two of the largest.
    segmentBytes: [8192, 12_288, 65_536][int(3)]! * (profile.portfolio === true ? 2 : 1),
    // A slow disk loses most.
    syncMsMax: profile.leavesOut === true ? 200 : [0.5, 10, 200][int(3)]!,
  };
}

/** Per cent. */
const LIKELY: Readonly<Record<Trouble, number>> = {
  venues: 60,
  outages: 30,
  senders: 50,
  kills: 40,
  power: 20,
  lane: 20,
  diskFull: 8,
  diskError: 8,
  clock: 15,
  operator: 20,
};

const NO_SENDER_FAULTS: SenderFaults = { dropRequest: 0, dropAnswer: 0, duplicate: 0, lateMsMax: 0 };

function drawSenders({ int, float }: Prng): SenderFaults {
  const share = (most: number) => (int(2) === 0 ? most * float() : 0);
  return { dropRequest: share(0.4), dropAnswer: share(0.6), duplicate: share(0.7), lateMsMax: int(2) * int(800) };
}

function drawKills({ int, float }: Prng, kills: boolean, power: boolean): readonly Kill[] {
  const drawn: Kill[] = [];
  let atCall = 0;
  // Every log begins with one.
  let atRoll = 3;
  let afterOrder = 0;
  for (let left = 1 + int(3); left > 0; left--) {
    atCall += 10 + int(int(2) === 0 ? 60 : 400);
    afterOrder += 1 + int(6);
    const kept = [0, 50, 90][int(3)]!;
    const loss = { kept, torn: int(20), garbled: int(20) };
    const losesPower = int(2) === 0 || !kills;
    atRoll += 1 + int(4);
    const moment = int(3);
    const kill = {
      atCall: moment === 0 ? atCall : Number.POSITIVE_INFINITY,
      atRoll: moment === 1 ? atRoll : Number.POSITIVE_INFINITY,
      afterOrder: moment === 2 ? afterOrder : Number.POSITIVE_INFINITY,
      afterMs: [0, 1, 30][int(3)]! * float(),
    };
    if (power && losesPower) drawn.push({ ...kill, power: loss });
    else if (kills) drawn.push({ ...kill, power: null });
  }
  return drawn;
}

function withPortfolio(core: CoreConfig): CoreConfig {
  return {
    ...core,
    directory: PORTFOLIO_DIRECTORY,
    risk: { ...core.risk, limits: PORTFOLIO_DIRECTORY.instruments.map(() => core.risk.limits[0]!) },
    portfolio: {
      index: INDEX,
      notionalMax: 10_000,
      correlationMin: 0.8,
      eigenvectorShareMax: 1,
      indexCorrelationMin: 0.5,
      correlationAgeMsMax: 7 * 86_400_000,
      correction: { band: 0.05, to: "centre", slippageBuffer: 0, riskHorizonS: 86_400 },
      volatility: { lambda: 0.99, sampleMs: 1000, dailyPrior: 0.5 },
      leverage: 1,
      onUnknown: "wait",
      overHedgeLotsMax: 0 as Lots,
    },
  };
}

/** What the engine's analysis would say: all three move together by 0.9, the index as wildly as the others. */
export function correlationAt(untilMs: number): Analysis {
  const rho = 0.9;
  const part = Math.sqrt(1 / 3);
  return {
    kind: "correlation",
    instruments: [ASSET, HEDGE, INDEX],
    correlation: [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? 1 : rho))),
    volatilityDaily: [0.03, 0.03, 0.03],
    eigenvalue: 1 + 2 * rho,
    eigenvector: [part, part, part],
    untilMs,
    shrinkage: 0,
  };
}

function drawConfig(prng: Prng): CoreConfig {
  const { int } = prng;
  const mode = (["best-first", "race", "split"] as const)[int(3)]!;
  const onUnknown = (["wait", "hedgeAnyway"] as const)[int(2)]!;
  const budget = [1 + int(400), 1000, 2000][int(3)]!;
  const spends = mode === "race" || onUnknown === "hedgeAnyway";
  return {
    engineId: "simulated",
    directory: DIRECTORY,
    shields: [{ ...SHIELD, asset: ASSET, hedge: HEDGE, onUnknown, overHedgeLotsMax: (spends ? budget : 0) as Lots }],
    // Only shields trade here; the other playbooks and their breakers have scenarios of their own.
    signals: [],
    reversions: [],
    score: SCORE,
    breakers: BREAKERS,
    markMs: 60_000,
    analysisAgeMsMax: 14 * 86_400_000,
    ramp: { fraction: 1, startMs: 0, durationMs: 1 },
    router: {
      ...ROUTER,
      mode,
      ...drawRouting(prng),
    },
    risk: {
      limits: DIRECTORY.instruments.map(() => ({
        orderNotionalMax: 1e15 as Notional,
        positionNotionalMax: 1e15 as Notional,
      })),
      priceCollarBps: 100,
      depthMultipleMax: 1e9,
      ordersPerSecondMax: 10_000,
      repeatMs: 0,
    },
    ageMsMax: SOURCES.map(() => ({ open: 30_000, adjust: 30_000, hedge: 30_000, close: 86_400_000 })),
  };
}

/** A venue is well, dead, silent after its acks, behind with its own books, or a little of everything. */
function drawFaults({ int, float }: Prng): SimFaults {
  const strayRequest = int(2) * float();
  switch (int(8)) {
    case 0:
    case 1:
      return { strayRequest };
    case 2:
      return { dropRequest: 1 };
    case 3:
      return { bareAck: 1, dropEvent: 1, strayRequest };
    case 4:
      return { dropAnswer: 1, dropEvent: 1, strayRequest };
    case 5:
      return {
        dropAnswer: 0.5,
        dropEvent: 0.5,
        queryLagMs: 200 + int(600),
        lateEvent: 0.5,
        lateEventMs: int(900),
        strayRequest,
      };
    case 6:
      return { lateEvent: 1, lateEventMs: int(900), duplicateEvent: 1, strayRequest };
    default: {
      const share = (most: number) => (int(2) === 0 ? most * float() : 0);
      return {
        dropRequest: share(0.3),
        dropAnswer: share(0.6),
        dropEvent: share(0.6),
        duplicateEvent: share(0.8),
        lateEvent: share(0.5),
        lateEventMs: int(900),
        reject: share(0.5),
        partial: share(0.9),
        spike: share(0.3),
        spikeMs: int(800),
        bareAck: share(1),
        queryLagMs: int(700),
        strayRequest,
      };
    }
  }
}
