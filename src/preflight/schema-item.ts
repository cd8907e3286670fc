/**
 * Does every source speak the normalised schema (S1)? A sample of each is read by the source's own adapter, as the receiver would, and
 * has to come out as the same signal.
 */
import type { Config } from "../config/schema.ts";
import type { SourceConfig } from "../config/schema-sources.ts";
import type { CoreConfig } from "../core/config.ts";
import type { Decoded, DecodedSignal } from "../domain/signal.ts";
import type { EpochMs } from "../domain/units.ts";
import { decodeFrame } from "../wire/decode.ts";
import { encodeFrame } from "../wire/encode.ts";
import { sourceAdapter } from "../wiring/wiring.ts";
import { type Answer, judged } from "./item.ts";

export function schemaAnswer(config: Config, core: CoreConfig, wallMs: number): Answer {
  const { instruments, spellings } = core.directory;
  const asked = [...core.shields, ...core.signals].map(({ asset }) => asset);
  const symbol = instruments[asked[0] ?? core.reversions[0]?.primary ?? 0]!.symbol;
  const wrong: string[] = [];
  const sources = config.sources.map((source) => {
    const sample = sampleOf(source, symbol, wallMs);
    const read = readBack(source, sample);
    const problem = read.ok ? differs(read.signal, sample, source) : read.error.message;
    if (problem !== null) wrong.push(`${source.name}: ${problem}`);
    return { source: source.name, adapter: source.adapter, kinds: source.kinds, read: problem ?? "as it was meant" };
  });
  const known = spellings.get(symbol) ?? -1;
  if (known < 0) wrong.push(`${symbol} names no instrument`);
  return judged(wrong, `${sources.length} sources are read into the schema`, { sample: symbol, sources });
}

function sampleOf(source: SourceConfig, asset: string, wallMs: number): DecodedSignal {
  const states = source.adapter === "tradingview" ? source.tradingview : { model: "preflight", modelVersion: "1" };
  return {
    signalId: "preflight-1",
    model: states.model,
    modelVersion: states.modelVersion,
    kind: source.adapter === "tradingview" ? source.tradingview.signalKind : (source.kinds[0] ?? "hedge"),
    asset,
    direction: "long",
    strength: 0.8,
    confidence: 0.8,
    horizonMs: 14_400_000,
    generatedAtMs: (Math.floor(wallMs / 1000) * 1000) as EpochMs,
    notional: Number.NaN,
    quantity: Number.NaN,
    sequence: -1,
    sourceContext: "",
  };
}

function readBack(source: SourceConfig, sample: DecodedSignal): Decoded {
  if (source.adapter === "feed") return decodeFrame(encodeFrame(sample));
  return sourceAdapter(source)(Buffer.from(JSON.stringify(bodyOf(source, sample))), "application/json");
}

/** As that sender would write it. */
function bodyOf(source: SourceConfig, signal: DecodedSignal): object {
  const generatedAt = new Date(signal.generatedAtMs).toISOString();
  const { signalId, asset, direction, confidence, model, kind } = signal;
  if (source.adapter === "tradingview") {
    return { id: signalId, ticker: asset, market_position: direction, action: "buy", confidence, time: generatedAt };
  }
  return {
    signal_id: signalId,
    model,
    model_version: signal.modelVersion,
    kind,
    asset,
    direction,
    confidence,
    time_horizon: "4h",
    generated_at: generatedAt,
  };
}

/** Which field came out different; null where none did. An alert's horizon is its source's. */
function differs(read: DecodedSignal, meant: DecodedSignal, { adapter }: SourceConfig): string | null {
  const fields = [
    "signalId",
    "model",
    "modelVersion",
    "kind",
    "asset",
    "direction",
    "confidence",
    "generatedAtMs",
  ] as const;
  const wrong = fields.find((field) => read[field] !== meant[field]);
  if (wrong !== undefined) return `${wrong} came out as ${read[wrong]}, meant was ${meant[wrong]}`;
  const horizonWrong = adapter !== "tradingview" && read.horizonMs !== meant.horizonMs;
  return horizonWrong ? `time_horizon came out as ${read.horizonMs} ms, meant was ${meant.horizonMs}` : null;
}
