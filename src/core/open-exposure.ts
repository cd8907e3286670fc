/**
 * Open exposure: what each playbook holds or protects, less what its own hedge covers, in signed quote notional.
 *
 *     E + H / β,  toward zero and never past it        H = −E · β · h leaves E · (1 − h)
 *
 * Invariants
 *   - Never hedged twice: an order of a leg that may still fill, and a hedge that a leg is on its way to, cover already.
 *   - A leg that hedges is no exposure of its own, whatever it is correlated with.
 *   - Prices are the last that were seen: a venue that is silent makes what stands there no smaller.
 */
import type { Directory } from "../domain/instrument.ts";
import type { ShieldConfig } from "./config.ts";
import type { Correlation, CorrelationEstimate } from "./correlation.ts";
import type { Ledger } from "./ledger.ts";
import type { ReversionPlaybook } from "./playbooks/reversion.ts";
import type { Shield } from "./playbooks/shield.ts";
import type { SignalPlaybook } from "./playbooks/signal.ts";

/** What of `exposure` a hedge of `coverNotional` at ratio `beta` leaves open. */
export function openNotional(exposure: number, coverNotional: number, beta: number): number {
  if (beta === 0) return exposure;
  const open = exposure + coverNotional / beta;
  // What covers too much is the leg's own to take off.
  return open * exposure <= 0 ? 0 : open;
}

export class OpenExposure {
  /** Every instrument whose quotes change it. */
  readonly instruments: ReadonlySet<number>;
  readonly #shields: readonly Shield[];
  readonly #playbooks: readonly (SignalPlaybook | ReversionPlaybook)[];
  readonly #ledger: Ledger;
  readonly #directory: Directory;
  /** By instrument, in quote currency; NaN before the first quote. */
  readonly #price: Float64Array;

  constructor(
    shields: readonly Shield[],
    playbooks: readonly (SignalPlaybook | ReversionPlaybook)[],
    ledger: Ledger,
    directory: Directory,
  ) {
    this.#shields = shields;
    this.#playbooks = playbooks;
    this.#ledger = ledger;
    this.#directory = directory;
    this.#price = new Float64Array(directory.instruments.length).fill(Number.NaN);
    this.instruments = new Set([
      ...shields.flatMap(({ config }) => [config.asset, config.hedge]),
      ...playbooks.flatMap(({ config }) => [config.primary, config.hedge]),
    ]);
  }

  onPrice(instrument: number, price: number): void {
    this.#price[instrument] = price;
  }

  /** Instruments that a matrix must have a row for. What is held and not traded may go by its hedge. */
  needs({ instruments }: CorrelationEstimate): number[] {
    return [
      ...this.#shields.map(({ config }) => (instruments.includes(config.asset) ? config.asset : config.hedge)),
      ...this.#playbooks.map(({ config }) => config.primary),
    ];
  }

  /** Sets `to` to what is open by row of the matrix. False where something stands whose price was never seen. */
  measure(correlation: Correlation, to: Float64Array): boolean {
    to.fill(0);
    for (const { config, beta, decision, settling, targetLots } of this.#shields) {
      if (config.holdings === 0) continue;
      const exposure = config.holdings * this.#heldPrice(config);
      const wished = decision !== null && settling ? targetLots : 0;
      const ownRow = correlation.rowOf(config.asset);
      const row = ownRow < 0 ? correlation.rowOf(config.hedge) : ownRow;
      if (!this.#add(to, row, exposure, config.hedge, wished, beta)) return false;
    }
    for (const { config, position } of this.#playbooks) {
      const held = this.#ledger.heldLots(config.primary);
      if (held === 0) continue;
      const exposure = held * this.#lotNotional(config.primary);
      if (!this.#add(to, correlation.rowOf(config.primary), exposure, config.hedge, position.hedgeLots, position.beta))
        return false;
    }
    return true;
  }

  /** Sum of what is open, each without its sign; NaN where a price was never seen. Needs no matrix. */
  gross(): number {
    let gross = 0;
    for (const { config } of this.#shields) {
      if (config.holdings !== 0) gross += Math.abs(config.holdings * this.#heldPrice(config));
    }
    for (const { config } of this.#playbooks) {
      const held = this.#ledger.heldLots(config.primary);
      if (held !== 0) gross += Math.abs(held * this.#lotNotional(config.primary));
    }
    return gross;
  }

  #add(to: Float64Array, row: number, exposure: number, hedge: number, wishedLots: number, beta: number): boolean {
    const coverLots = this.#coverLots(hedge, -Math.sign(exposure * beta), wishedLots);
    const open = openNotional(exposure, coverLots === 0 ? 0 : coverLots * this.#lotNotional(hedge), beta);
    to[row]! += open;
    return !Number.isNaN(open);
  }

  /** The hedge as it stands, as it may become by what is pending, or as it is wished: whichever covers most. */
  #coverLots(hedge: number, side: number, wishedLots: number): number {
    const pending = side > 0 ? this.#ledger.pendingBuyLots(hedge) : this.#ledger.pendingSellLots(hedge);
    const coming = side * this.#ledger.heldLots(hedge) + pending;
    return side * Math.max(coming, side * wishedLots);
  }

  /** At its own price or, where that is not quoted, at the hedge's. */
  #heldPrice({ asset, hedge }: ShieldConfig): number {
    const own = this.#price[asset]!;
    return Number.isNaN(own) ? this.#price[hedge]! : own;
  }

  #lotNotional(instrument: number): number {
    return this.#price[instrument]! * this.#directory.instruments[instrument]!.lot;
  }
}
