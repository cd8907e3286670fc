/**
 * What the paper exchanges say, which is the truth that an engine's books are compared with.
 */
import { createHash } from "node:crypto";
import type { World } from "./world.ts";

export interface VenueOrder {
  readonly venue: string;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: string;
  /** Above 1 where one id was used again. */
  readonly orders: number;
  readonly qtyLots: number;
  readonly cumQtyLots: number;
}

export interface VenueTruth {
  readonly orders: readonly VenueOrder[];
  /** `venue symbol` → net lots; nothing for a flat one. */
  readonly positions: Readonly<Record<string, number>>;
  readonly forgotten: number;
  readonly open: number;
}

interface StateAnswer {
  readonly accounts: readonly {
    readonly positions: readonly { readonly symbol: string; readonly netLots: number }[];
    readonly totals: { readonly forgotten: number; readonly open: number };
    readonly orders: Readonly<Record<string, Omit<VenueOrder, "venue" | "clientOrderId">>>;
  }[];
}

export async function venueTruth(world: World): Promise<VenueTruth> {
  const orders: VenueOrder[] = [];
  const positions: Record<string, number> = {};
  let forgotten = 0;
  let open = 0;
  for (const [venue, base] of Object.entries(world.venues)) {
    const { accounts } = (await getJson(`${base}/paper/state`)) as StateAnswer;
    for (const account of accounts) {
      forgotten += account.totals.forgotten;
      open += account.totals.open;
      for (const { symbol, netLots } of account.positions) if (netLots !== 0) positions[`${venue} ${symbol}`] = netLots;
      for (const [clientOrderId, { symbol, side, orders: count, qtyLots, cumQtyLots }] of Object.entries(
        account.orders,
      )) {
        orders.push({ venue, clientOrderId, symbol, side, orders: count, qtyLots, cumQtyLots });
      }
    }
  }
  return { orders, positions, forgotten, open };
}

/** Net lots of one symbol over all venues. */
export function netLots({ positions }: VenueTruth, symbol: string): number {
  return Object.entries(positions).reduce((sum, [key, lots]) => (key.endsWith(` ${symbol}`) ? sum + lots : sum), 0);
}

/** SPEC §8: the first 16 hex characters of SHA-256 of engine and cause. Computed here a second time on purpose. */
export const tagOf = (engineId: string, source: string, signalId: string): string =>
  createHash("sha256").update(`${engineId}|${source}|${signalId}`).digest("hex").slice(0, 16);

export interface Touch {
  readonly bid: number;
  readonly ask: number;
}

export async function touchOf(base: string, symbol: string): Promise<Touch> {
  const depth = (await getJson(`${base}/fapi/v1/depth?symbol=${symbol}&limit=5`)) as Record<
    "bids" | "asks",
    string[][]
  >;
  return { bid: Number(depth.bids[0]?.[0]), ask: Number(depth.asks[0]?.[0]) };
}

/** Median over the venues of the middle of bid and ask: the price that SPEC sizes by. */
export async function midPrice(world: World, symbol: string): Promise<number> {
  const touches = await Promise.all(Object.values(world.venues).map((base) => touchOf(base, symbol)));
  const mids = touches.map(({ bid, ask }) => (bid + ask) / 2).sort((a, b) => a - b);
  return mids[mids.length >> 1] ?? Number.NaN;
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}
