/**
 * Warm-up: lets the engine's compiler see the decision path before the first signal does.
 *
 * A throwaway core of the same configuration is fed made-up quotes, signals and fills on made-up time. Nothing of it is
 * journaled, sent or kept: a core has no way to reach out, so this is all that it can do. Without it the first thousands of
 * signals of a lane's life run several times slower than the rest.
 */
import type { CoreConfig, CoreKernels } from "../core/config.ts";
import { Core } from "../core/step.ts";
import { createOrderReport } from "../domain/order.ts";
import type { Signal } from "../domain/signal.ts";
import type { EpochMs, Ns } from "../domain/units.ts";

const START_MS = 1_700_000_000_000;
const STEP_MS = 1;

export function warmUp(config: CoreConfig, kernels: CoreKernels, signals: number): void {
  if (config.shields.length === 0) return;
  const core = new Core(config, { kernels, tagOf: () => "0000000000000000", epoch: 0 });
  const { directory } = config;
  const report = createOrderReport();
  // As large as a real one: a number that fits 31 bits would be another kind of field to the compiler, which would start over.
  let nowNs = 1e13 as Ns;
  let wallMs = START_MS as EpochMs;
  for (const { index } of directory.venues) {
    const live = { ordersLive: true, streamLive: true, quotesLive: true, clockOffsetMs: 0, clockErrorMs: 0 };
    core.step({ type: "venue", nowNs, wallMs, status: { venue: index, ...live } });
    core.step({ type: "positions", nowNs, wallMs, venue: index, lots: [] });
  }
  for (let made = 0; made < signals; made++) {
    nowNs = (nowNs + STEP_MS * 1e6) as Ns;
    wallMs = (wallMs + STEP_MS) as EpochMs;
    const shield = config.shields[made % config.shields.length]!;
    for (const listing of directory.listings) {
      if (listing.instrument !== shield.hedge) continue;
      const midTicks = plausibleTicks(config, shield.hedge, shield.holdings, listing.tickStep);
      const quote = {
        listing: listing.index,
        bidTicks: midTicks - listing.tickStep,
        askTicks: midTicks + listing.tickStep,
        bidLots: 1,
        askLots: 1,
        venueMs: wallMs,
      };
      core.step({ type: "quote", nowNs, wallMs, quote });
    }
    core.step({
      type: "signal",
      nowNs,
      wallMs,
      signal: madeUpSignal(made, shield.asset, shield.holdings, nowNs, wallMs),
    });
    for (let i = 0; i < core.commands.length; i++) {
      const command = core.commands[i]!;
      if (command.type !== "place") continue;
      report.clientOrderId = command.child.clientOrderId;
      report.venue = command.child.venue;
      report.kind = "status";
      report.status = "filled";
      report.cumQtyLots = command.child.qtyLots;
      report.avgPxTicks = command.child.pxTicks;
      core.step({ type: "report", nowNs, wallMs, report });
    }
    core.commands.length = 0;
    core.nextTimerNs();
  }
}

/** A price at which all of the holdings are worth half the largest order, so that risk lets most orders pass. */
function plausibleTicks(config: CoreConfig, instrument: number, holdings: number, tickStep: number): number {
  const { lot } = config.directory.instruments[instrument]!;
  const holdingsLots = Math.max(1, Math.abs(holdings) / lot);
  const ticks = Math.floor(config.risk.limits[instrument]!.orderNotionalMax / 2 / holdingsLots);
  return Math.max(10, Math.floor(Math.min(ticks, 1e9) / tickStep)) * tickStep;
}

function madeUpSignal(made: number, instrument: number, holdings: number, receivedNs: Ns, wallMs: EpochMs): Signal {
  const strength = (made % 100) / 100;
  return {
    intakeSeq: made + 1,
    signalId: `warm-up-${made}`,
    source: 0,
    kind: "hedge",
    instrument,
    direction: holdings > 0 ? "long" : "short",
    strength,
    confidence: strength,
    horizonMs: 3_600_000,
    generatedAtMs: wallMs,
    notional: Number.NaN,
    quantity: Number.NaN,
    receivedNs,
    model: 0,
    modelVersion: 0,
  };
}
