/** What holds of the portfolio hedge whatever markets and venues do. A failure names its seed. */
import { describe, expect, it } from "vitest";
import type { PortfolioRecord } from "../../src/core/playbooks/portfolio.ts";
import { createPrng } from "../../src/sim/prng.ts";
import { CoreRig } from "../support/core-rig.ts";
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
  quoteAll,
  TOGETHER,
} from "../support/portfolio-book.ts";
import { PortfolioSim, portfolioTurns, SIM_OPTIONS } from "../support/portfolio-sim.ts";

const SEEDS = Array.from({ length: Number(process.env["PORTFOLIO_SEEDS"] ?? 24) }, (_, seed) => seed);
const TURNS = 150;
const TIMEOUT_MS = 30_000 + 500 * SEEDS.length;

/** d before and after a correction, in lots; what was ordered lies between. */
const drift = ({ heldLots, targetLots }: PortfolioRecord) => heldLots - targetLots;
const BAND = SIM_OPTIONS.portfolio!.correction?.band ?? 0.05;

/** The same numbers by another way: from fills and prices alone. Every β of a leg is 1, and σ is equal. */
function counted(sim: PortfolioSim): { excess: number; gross: number } {
  const { rig } = sim;
  const notional = (instrument: number) => rig.held(instrument) * sim.lotNotional(instrument);
  const open = new Map([
    [A, leftOf(12 * sim.price(perpOf(A)), notional(perpOf(A)))],
    [B, leftOf(-5 * sim.price(perpOf(B)), notional(perpOf(B)))],
    [perpOf(D), leftOf(notional(perpOf(D)), notional(perpOf(C)))],
  ]);
  const { instruments, correlation } = rig.core.portfolio!.correlation.estimate!;
  const rho = (one: number, other: number) => correlation[instruments.indexOf(one)]![instruments.indexOf(other)]!;
  const linked = (one: number) => [...open.keys()].filter((other) => Math.abs(rho(one, other)) > 0.8);
  // Three rows: a chain is somebody with two links, or two with one.
  const hub = [...open.keys()].find((one) => linked(one).length === 3);
  const members = hub === undefined ? [...open.keys()].filter((one) => linked(one).length === 2) : [...open.keys()];
  const net = members.reduce((sum, one) => sum + open.get(one)! * rho(one, INDEX), 0);
  return { excess: Math.sign(net) * Math.max(0, Math.abs(net) - 40_000), gross: Math.abs(net) };
}
const leftOf = (exposure: number, hedge: number): number =>
  exposure > 0 ? Math.max(0, exposure + hedge) : Math.min(0, exposure + hedge);

describe("the portfolio hedge", { timeout: TIMEOUT_MS }, () => {
  it("reduces |d| by every correction, makes none inside its band, and grows by no old matrix", () => {
    const met = new Set<string>();
    for (const seed of SEEDS) {
      const sim = new PortfolioSim();
      for (const turn of portfolioTurns(seed, TURNS)) {
        const from = sim.rig.log.length;
        sim.turn(turn);
        const commands = sim.rig.log.slice(from);
        commands.forEach((command, at) => {
          if (command.type === "alarm") met.add(command.alarm.code);
          if (command.type !== "clustered" || command.record.cause === undefined) return;
          const { record } = command;
          const where = `seed ${seed} at ${sim.rig.nowMs} ms: ${JSON.stringify(record)}`;
          met.add(record.why);
          const order = commands
            .slice(0, at)
            .findLast((each) => each.type === "place" && each.child.cause === record.cause!.text);
          if (order?.type !== "place") return;
          const signed = order.child.side === "buy" ? order.child.qtyLots : -order.child.qtyLots;
          expect(Math.abs(drift(record) + signed), where).toBeLessThan(Math.abs(drift(record)));
          // Toward the target, not past it.
          expect(Math.sign(drift(record) + signed) * Math.sign(drift(record)), where).toBeGreaterThanOrEqual(0);
          const gross = record.clusters.reduce((sum, { net }) => sum + Math.abs(net), 0);
          const lotNotional = record.indexPrice * 0.001;
          expect(Math.abs(drift(record)) * lotNotional, where).toBeGreaterThan(BAND * gross);
          if (record.isStale) {
            expect(Math.abs(record.heldLots + signed), where).toBeLessThan(Math.abs(record.heldLots));
          } else {
            const excess = record.clusters.reduce((sum, each) => sum + each.excess, 0);
            expect(Math.abs(record.targetLots * lotNotional + excess), where).toBeLessThanOrEqual(lotNotional);
          }
        });
      }
      // Once all is calm, what is held is the target to the band, and the same again is no order.
      sim.calm(4000);
      const { portfolio } = sim.rig.core;
      const ordered = sim.rig.log.length;
      sim.calm(2000);
      const later = sim.rig.log
        .slice(ordered)
        .filter((each) => each.type === "place" && each.child.instrument === INDEX);
      expect(later, `seed ${seed}, quiet`).toEqual([]);
      if (portfolio!.isStale(sim.rig.at.wallMs)) continue;
      met.add("counted");
      const { excess, gross } = counted(sim);
      const heldNotional = sim.rig.held(INDEX) * sim.lotNotional(INDEX);
      // What legs hold and what the index holds: nothing twice, nothing missing.
      expect(
        Math.abs(heldNotional + excess),
        `seed ${seed}: ${heldNotional}, ${excess} of ${gross}`,
      ).toBeLessThanOrEqual(BAND * gross + 2 * sim.lotNotional(INDEX));
    }
    // What none of the runs had met, they would not have proved.
    expect([...met]).toEqual(
      expect.arrayContaining([
        "beyond the limit",
        "within the limit again",
        "CORRELATION_STALE",
        "UNKNOWN_OUTCOME",
        "counted",
      ]),
    );
  });

  it("never hedges what legs cover: open exposure is between nothing and what stands", () => {
    const met = new Set<number>();
    for (const seed of SEEDS) {
      const sim = new PortfolioSim();
      for (const turn of portfolioTurns(seed, TURNS)) sim.turn(turn);
      for (const record of sim.records) {
        for (const { instrument, notional } of record.open) {
          const where = `seed ${seed}: ${JSON.stringify(record)}`;
          met.add(instrument);
          // Holdings are 12 long and 5 short; a position opens long.
          expect(Math.sign(notional), where).toBe(instrument === B ? -1 : 1);
          // At no more than three times the price that all began with.
          const most = { [A]: 120_000, [B]: 50_000, [perpOf(D)]: 160_000 }[instrument]!;
          expect(Math.abs(notional), where).toBeLessThan(3 * most);
        }
        expect(record.open.map(({ instrument }) => instrument)).not.toContain(perpOf(C));
        expect(record.open.map(({ instrument }) => instrument)).not.toContain(INDEX);
      }
    }
    expect(met).toEqual(new Set([A, B, perpOf(D)]));
  });

  it("gives the same commands for the same events, and after a restart goes on as it was", () => {
    for (const seed of SEEDS.slice(0, 10)) {
      const run = () => {
        const sim = new PortfolioSim();
        for (const turn of portfolioTurns(seed, TURNS)) sim.turn(turn);
        return sim;
      };
      const sim = run();
      expect(JSON.stringify(run().rig.log), `seed ${seed}`).toBe(JSON.stringify(sim.rig.log));
      sim.calm(8000);
      const before = sim.rig.core.portfolio!;
      const rig = CoreRig.restarted(sim.rig, SIM_OPTIONS);
      const after = rig.core.portfolio!;
      expect(after.correlation.estimate).toEqual(before.correlation.estimate);
      expect([after.isWhole, rig.held(INDEX)], `seed ${seed}`).toEqual([before.isWhole, sim.rig.held(INDEX)]);
      // Causes go on behind those of the life before: no order id is made twice.
      const ids = sim.rig.log.flatMap((each) => (each.type === "place" ? [each.child.clientOrderId] : []));
      const next = new PortfolioSim([4, 5, 6, 7, INDEX], rig);
      for (const turn of portfolioTurns(seed + 1000, 40)) next.turn(turn);
      const later = rig.log.flatMap((each) => (each.type === "place" ? [each.child.clientOrderId] : []));
      expect(new Set([...ids, ...later]).size).toBe(ids.length + later.length);
    }
  });
});

describe("independent instruments", () => {
  it("may be quoted in any order: the index is ordered the same", () => {
    for (const seed of SEEDS.slice(0, 20)) {
      const { float } = createPrng(seed);
      const prices = [4, 5, 6, 7].map(() => Math.round(MID_TICKS * (0.5 + float())));
      const holdings = [0, 1, 2, 3].map(() => Math.round((float() - 0.4) * 300) / 10);
      const order = [4, 5, 6, 7].map((instrument) => ({ instrument, at: float() })).sort((a, b) => a.at - b.at);
      const held = (instruments: readonly number[]) => {
        const rig = bookRig(bookOptions(holdings), TOGETHER);
        rig.nowMs += 300;
        for (const instrument of instruments) {
          for (const listing of [2 * (instrument - 4), 2 * (instrument - 4) + 1])
            rig.quote(listing, prices[instrument - 4]! - 1, prices[instrument - 4]! + 1);
        }
        rig.take();
        rig.nowMs += 3000;
        for (const listing of [8, 9]) rig.quote(listing, MID_TICKS - 1, MID_TICKS + 1);
        return rig.core.portfolio!.targetLots;
      };
      expect(held(order.map(({ instrument }) => instrument)), `seed ${seed}`).toBe(held([4, 5, 6, 7]));
    }
  });

  it("change nothing for a cluster they are not in, and no row's place in the matrix changes anything", () => {
    for (const seed of SEEDS.slice(0, 20)) {
      const { float } = createPrng(seed);
      const draw = () => Math.round((float() - 0.4) * 300) / 10;
      const [a, b] = [draw(), draw()];
      const rows = [A, B, C, D, INDEX].map((instrument) => ({ instrument, sigma: 0.01 + float() * 0.05 }));
      const rho = { "0,1": 0.85 + float() / 10, "0,8": float(), "1,8": float(), "2,8": float(), "3,8": float() };
      const target = (holdings: readonly number[], order = rows) => {
        const rig = bookRig(bookOptions(holdings), correlationOf(order, rho));
        rig.nowMs += 300;
        quoteAll(rig);
        return rig.core.portfolio!.targetLots;
      };
      const alone = target([a, b, 0, 0]);
      expect(target([a, b, draw(), draw()]), `seed ${seed}`).toBe(alone);
      expect(
        target(
          [a, b, draw(), draw()],
          rows.toSorted(() => float() - 0.5),
        ),
        `seed ${seed}`,
      ).toBe(alone);
    }
  });
});
