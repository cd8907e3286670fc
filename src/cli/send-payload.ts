/**
 * Payloads of `outrigger send`: the schema JSON of SPEC §1, and an alert as TradingView would send it.
 *
 * What is given is sent, even where the engine will refuse it: trying refusals is a use of this command.
 */
import type { Redacted } from "../config/secret.ts";
import type { Direction, SignalKind } from "../domain/signal.ts";

export interface SignalOptions {
  readonly id?: string;
  readonly asset: string;
  /** Absent where the source's configuration or `SIGNAL_DEFAULTS` is to say it. */
  readonly kind?: SignalKind;
  readonly direction: Direction;
  readonly confidence?: number;
  readonly strength?: number;
  readonly horizon?: string;
  readonly notional?: string;
  readonly quantity?: string;
  readonly model?: string;
  readonly modelVersion?: string;
  readonly generatedAt?: string;
  readonly sequence?: number;
  readonly context?: string;
}

/** What is sent where nothing was given. A TradingView alert leaves it out instead: its source has defaults of its own. */
export const SIGNAL_DEFAULTS = {
  kind: "hedge",
  confidence: 0.8,
  horizon: "4h",
  model: "manual",
  modelVersion: "1",
} as const;

export interface Payload {
  readonly body: string;
  readonly contentType: string;
}

export function schemaBody(given: SignalOptions, wallMs: number): Payload {
  const signal = { ...SIGNAL_DEFAULTS, ...given };
  const body = JSON.stringify({
    signal_id: signal.id,
    model: signal.model,
    model_version: signal.modelVersion,
    kind: signal.kind,
    asset: signal.asset,
    direction: signal.direction,
    strength: signal.strength,
    confidence: signal.confidence,
    time_horizon: signal.horizon,
    generated_at: signal.generatedAt ?? new Date(wallMs).toISOString(),
    notional: signal.notional,
    quantity: signal.quantity,
    source_context: signal.context,
  });
  return { body, contentType: "application/json" };
}

/** The side of the order follows from the direction the strategy ends up in, as in a strategy's own alert. */
export function tradingViewBody(
  signal: SignalOptions,
  passphrase: Redacted | null,
  wallMs: number,
  asText: boolean,
): Payload {
  const fields: Record<string, string | undefined> = {
    id: signal.id,
    ticker: signal.asset,
    action: signal.direction === "long" ? "buy" : "sell",
    contracts: signal.quantity,
    market_position: signal.kind === "close" ? "flat" : signal.direction,
    notional: signal.notional,
    kind: signal.kind,
    confidence: signal.confidence?.toString(),
    strength: signal.strength?.toString(),
    time_horizon: signal.horizon,
    model: signal.model,
    model_version: signal.modelVersion,
    comment: signal.context,
    time: signal.generatedAt ?? new Date(wallMs).toISOString().replace(/\.\d+Z$/, "Z"),
    passphrase: passphrase?.reveal(),
  };
  if (!asText) return { body: JSON.stringify(fields), contentType: "application/json" };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { body: given.map(([key, value]) => `${key}=${value}`).join(" "), contentType: "text/plain; charset=utf-8" };
}
