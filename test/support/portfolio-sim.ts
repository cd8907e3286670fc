/**
 * The portfolio hedge on a market that moves: three assets and an index with a factor in common, shields that follow signals,
 * a position that a signal playbook opens, venues that fill, fill in part and stay silent, a matrix that is renewed and grows
 * old. Everything is drawn from a seed.
 */
import { type Child, hasEnded } from "../../src/core/child.ts";
import type { PortfolioRecord } from "../../src/core/playbooks/portfolio.ts";
import type { EpochMs } from "../../src/domain/units.ts";
import { createPrng } from "../../src/sim/prng.ts";
import type { CoreOptions } from "./core-config.ts";
import type { CoreRig } from "./core-rig.ts";
import {
  A,
  B,
  bookOptions,
  bookRig,
  C,
  correlationOf,
  D,
  INDEX,
  MID_TICKS,
  perpOf,
  quoteOne,
} from "./portfolio-book.ts";

const DAY_MS = 86_400_000;
/** Two assets are protected; D's perpetual is what signals open, hedged with C's. */
export const SIM_OPTIONS: CoreOptions = {
  ...bookOptions([12, -5, 0, 0], {
    notionalMax: 40_000,
    volatility: { lambda: 0.99, sampleMs: 1000, dailyPrior: 0.05 },
  }),
  signals: [{ asset: D, primary: perpOf(D), hedge: perpOf(C), notional: 80_000, notionalMax: 160_000, stopLoss: 1 }],
};
const ROWS = [A, B, perpOf(D), INDEX];

export interface PortfolioTurn {
  readonly ms: number;
  readonly market: number;
  readonly own: readonly number[];
  readonly signal: { readonly which: number; readonly kind: "open" | "close"; readonly strength: number } | null;
  readonly luck: number;
  readonly matrix: { readonly rho: readonly number[]; readonly ageMs: number } | null;
}

export function portfolioTurns(seed: number, count: number): PortfolioTurn[] {
  const { float } = createPrng(seed);
  return Array.from({ length: count }, (_, n) => ({
    ms: 20 + Math.floor(float() * 600),
    market: (float() - 0.5) * 0.02,
    own: [0, 1, 2, 3, 4].map(() => (float() - 0.5) * 0.02),
    signal:
      float() < 0.08
        ? { which: Math.floor(float() * 3), kind: float() < 0.7 ? "open" : "close", strength: 0.5 + float() / 2 }
        : null,
    luck: float(),
    matrix:
      n === 0 || float() < 0.02
        ? { rho: [0, 1, 2].map(() => 0.6 + float() * 0.39), ageMs: float() < 0.8 ? 0 : 8 * DAY_MS }
        : null,
  }));
}

export class PortfolioSim {
  readonly rig: CoreRig;
  /** In which order instruments are quoted and orders answered. */
  readonly #instruments: readonly number[];
  readonly #prices = new Map([perpOf(A), perpOf(B), perpOf(C), perpOf(D), INDEX].map((each) => [each, MID_TICKS]));
  #orders: Child[] = [];

  constructor(instruments: readonly number[] = [4, 5, 6, 7, INDEX], rig = bookRig(SIM_OPTIONS, null)) {
    this.#instruments = instruments;
    this.rig = rig;
  }

  turn(turn: PortfolioTurn): void {
    const { rig } = this;
    rig.nowMs += turn.ms;
    [...this.#prices.keys()].forEach((instrument, k) => {
      const ticks = this.#prices.get(instrument)!;
      const pull = (MID_TICKS - ticks) / MID_TICKS / 50;
      this.#prices.set(instrument, Math.max(1000, Math.round(ticks * (1 + turn.market + turn.own[k]! + pull))));
    });
    if (turn.matrix !== null) this.#renew(turn.matrix.rho, turn.matrix.ageMs);
    for (const instrument of this.#instruments) quoteOne(rig, instrument, this.#prices.get(instrument)!);
    if (turn.signal !== null) this.#signal(turn.signal.which, turn.signal.kind, turn.signal.strength);
    this.#take();
    for (const order of this.#orders.toSorted((one, other) => this.#place(one) - this.#place(other)))
      this.#answer(order, turn.luck);
    if (rig.core.nextTimerNs() <= rig.at.nowNs) rig.timer();
    this.#take();
  }

  /** Prices stand still and all fills. */
  calm(ms: number): void {
    const untilMs = this.rig.nowMs + ms;
    while (this.rig.nowMs < untilMs) {
      this.rig.nowMs += 100;
      for (const instrument of this.#instruments) quoteOne(this.rig, instrument, this.#prices.get(instrument)!);
      this.#take();
      for (const order of this.#orders) if (!hasEnded(order)) this.rig.fill(order);
      if (this.rig.core.nextTimerNs() <= this.rig.at.nowNs) this.rig.timer();
      this.#take();
    }
  }

  price(instrument: number): number {
    return this.#prices.get(instrument)! / 10;
  }

  lotNotional(instrument: number): number {
    return this.price(instrument) / 1000;
  }

  get records(): PortfolioRecord[] {
    return this.rig.log.flatMap((command) => (command.type === "clustered" ? [command.record] : []));
  }

  /** Each row's ρ with the factor; the index follows it closely. */
  #renew(loads: readonly number[], ageMs: number): void {
    const all = [...loads, 0.97];
    const rho: Record<string, number> = {};
    for (const [i, one] of ROWS.entries())
      for (const [j, other] of ROWS.entries()) if (i < j) rho[`${one},${other}`] = all[i]! * all[j]!;
    const untilMs = Math.max(this.rig.core.portfolio!.correlation.estimate?.untilMs ?? 0, this.rig.at.wallMs - ageMs);
    this.rig.analysis(
      correlationOf(
        ROWS.map((instrument) => ({ instrument })),
        rho,
        untilMs,
      ),
    );
  }

  #signal(which: number, kind: "open" | "close", strength: number): void {
    const { rig } = this;
    const asset = [A, B, D][which]!;
    rig.signal({
      kind: kind === "close" ? "close" : which === 2 ? "open" : "hedge",
      instrument: asset,
      direction: asset === B ? "short" : "long",
      strength,
      confidence: strength,
      horizonMs: 600_000,
      signalId: `t${rig.nowMs}`,
      generatedAtMs: rig.at.wallMs as EpochMs,
    });
  }

  #answer(order: Child, luck: number): void {
    if (hasEnded(order)) return;
    const { rig } = this;
    if (luck < 0.6) rig.fill(order);
    else if (luck < 0.75) rig.status(order, "expired", Math.max(order.cumQtyLots, Math.floor(order.qtyLots * luck)));
    else if (luck < 0.85) rig.status(order, "expired", order.cumQtyLots);
    else if (luck < 0.9) rig.report(order, { kind: "rejected", code: -2019 });
    // Else silence: it becomes unknown, and is asked for.
  }

  #place({ instrument }: Child): number {
    return this.#instruments.indexOf(instrument);
  }

  #take(): void {
    this.#orders = [...this.#orders.filter((order) => !hasEnded(order)), ...this.rig.placed()];
  }
}
