/**
 * TradingView strategy alerts → signals.
 *
 *   ticker           {{ticker}}                     the asset; `symbol` means the same
 *   market_position  {{strategy.market_position}}   the direction; flat makes the signal a close
 *   time             {{timenow}}                    when the alert fired; `timenow`, `generated_at` mean the same
 *   market_position_size  {{strategy.market_position_size}}   size of the position → quantity; optional
 *   contracts        {{strategy.order.contracts}}   size of the order → quantity, where the position's is not told: an order that
 *                                                   adds, reduces or turns round is not as large as what it leaves; optional
 *   action           {{strategy.order.action}}      buy or sell; checked, never used: it tells the order's side only
 *   id               unique per alert; `alert_id`, `signal_id` mean the same; optional, else from the body's SHA-256
 *
 * TradingView knows neither model nor confidence nor horizon: the source's configuration states them, and an alert may
 * override them by `confidence`, `strength`, `time_horizon`, `kind`, `model`, `model_version`. `notional` and `comment`
 * (the source context) are taken as well. `{{time}}` is the bar's opening time: an alert that sends it looks stale.
 */
import { hash } from "node:crypto";
import { type Decoded, DIRECTIONS, isClose, SIGNAL_KINDS, type SignalKind } from "../../domain/signal.ts";
import { Fields } from "../fields.ts";
import { malformed, validated } from "../validate.ts";
import type { Adapter } from "./adapter.ts";
import { parseAlertBody } from "./tradingview-body.ts";

export interface TradingViewOptions {
  readonly model: string;
  readonly modelVersion: string;
  /** What an alert means whose position is not flat. */
  readonly signalKind: Extract<SignalKind, "hedge" | "open" | "adjust">;
  readonly horizonMs: number;
  readonly confidence: number;
  /** Name of the alert's field that states the confidence, where it is not `confidence`. */
  readonly confidenceFromField?: string;
}

export function createTradingViewAdapter(options: TradingViewOptions): Adapter {
  return (body, contentType) => decodeAlert(body, contentType, options);
}

/** The passphrase an alert carries, for authentication: null where there is none, or where the body cannot be read. */
export function tradingViewPassphrase(body: Uint8Array, contentType: string): string | null {
  const parsed = parseAlertBody(body, contentType);
  const passphrase = parsed.ok ? parsed.fields.get("passphrase") : undefined;
  return typeof passphrase === "string" ? passphrase : null;
}

/** Our field → the names an alert may give it. Two of them at once must agree. */
const NAMES = {
  signal_id: ["id", "alert_id", "signal_id"],
  asset: ["ticker", "symbol"],
  direction: ["market_position", "strategy.market_position"],
  action: ["action", "strategy.order.action", "strategy.order_action"],
  position_size: ["market_position_size", "strategy.market_position_size"],
  quantity: ["contracts", "strategy.order.contracts", "strategy.order_contracts"],
  generated_at: ["time", "timenow", "generated_at"],
  source_context: ["comment", "source_context"],
} as const;

function decodeAlert(body: Uint8Array, contentType: string, options: TradingViewOptions): Decoded {
  const parsed = parseAlertBody(body, contentType);
  if (!parsed.ok) return parsed;
  const given = parsed.fields;
  for (const names of Object.values(NAMES)) {
    const stated = names.filter((name) => isStated(given.get(name)));
    const unfilled = stated.find((name) => isPlaceholder(given.get(name)));
    if (unfilled !== undefined) {
      return malformed(unfilled, `${unfilled} holds a placeholder that TradingView did not fill in`);
    }
    const other = stated.find((name) => given.get(name) !== given.get(stated[0] as string));
    if (other !== undefined) return malformed(other, `${other} contradicts ${stated[0]}`);
  }

  const statedName = (field: keyof typeof NAMES) => NAMES[field].find((name) => isStated(given.get(name)));
  const nameOf = (field: keyof typeof NAMES): string =>
    (field === "quantity" ? statedName("position_size") : undefined) ?? statedName(field) ?? NAMES[field][0];
  const fields = new Fields((name) => (isStated(given.get(name)) ? given.get(name) : undefined));
  const confidenceName = options.confidenceFromField ?? "confidence";
  const asset = fields.text(nameOf("asset"));
  const direction = fields.choice(nameOf("direction"), DIRECTIONS);
  if (fields.has(nameOf("action"))) fields.choice(nameOf("action"), ["buy", "sell"]);
  const kind = fields.has("kind") ? fields.choice("kind", SIGNAL_KINDS) : options.signalKind;
  const confidence = fields.decimalOr(confidenceName, options.confidence);
  const quantity = fields.decimalOr(nameOf("quantity"), Number.NaN);
  const signal = {
    signalId: fields.has(nameOf("signal_id")) ? fields.text(nameOf("signal_id")) : idFromBody(body),
    model: fields.textOr("model", options.model),
    modelVersion: fields.textOr("model_version", options.modelVersion),
    kind: isClose({ kind, direction }) ? "close" : kind,
    asset,
    direction,
    strength: fields.decimalOr("strength", confidence),
    confidence,
    horizonMs: fields.durationMsOr("time_horizon", options.horizonMs),
    generatedAtMs: fields.timeMs(nameOf("generated_at")),
    notional: fields.decimalOr("notional", Number.NaN),
    quantity: direction === "flat" && quantity === 0 ? Number.NaN : quantity,
    sequence: -1,
    sourceContext: fields.textOr(nameOf("source_context"), ""),
  } as const;
  if (fields.fault !== null) return { ok: false, error: fields.fault };
  const decoded = validated(signal);
  return decoded.ok ? decoded : inSendersWords(decoded.error.field, decoded.error.message, nameOf, confidenceName);
}

/** An alert without an id is named by its bytes: TradingView's resends are equal to the byte, two alerts are not. */
function idFromBody(body: Uint8Array): string {
  return hash("sha256", body, "hex").slice(0, 32);
}

/** The person who wrote the alert knows `contracts`, not `quantity`. */
function inSendersWords(
  field: string,
  message: string,
  nameOf: (field: keyof typeof NAMES) => string,
  confidenceName: string,
): Decoded {
  const name =
    field === "confidence" ? confidenceName : Object.hasOwn(NAMES, field) ? nameOf(field as keyof typeof NAMES) : field;
  return malformed(name, name + message.slice(field.length));
}

function isStated(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** What stays in an alert that is no strategy's: then there is no `{{strategy.market_position}}` to fill in. */
function isPlaceholder(value: unknown): boolean {
  return typeof value === "string" && value.startsWith("{{") && value.endsWith("}}");
}
