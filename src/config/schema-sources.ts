/**
 * Sources: who may send signals, how each proves itself and what it may ask for.
 *
 * The adapter fixes which proofs make sense: a feed shows a bearer token when it connects, a webhook signs its body, and
 * TradingView, which cannot sign, sends a passphrase from known addresses.
 */
import * as v from "valibot";
import { SIGNAL_KINDS } from "../domain/signal.ts";
import { durationMs } from "./duration.ts";
import { envName, fraction, integer, list, name, oneOf, path, section, text } from "./setting.ts";

/** The addresses TradingView sends alerts from, by its own documentation. */
const TRADINGVIEW_ADDRESSES = ["52.89.214.238", "34.212.75.30", "54.218.53.128", "52.32.178.7"] as const;

const signingSecrets = {
  secretsEnv: v.exactOptional(
    list(envName("Variable that holds one secret."), {
      min: 1,
      max: 8,
      sentence: "Environment variables with one secret each; all are accepted, so secrets can be rotated.",
    }),
  ),
  secretsFile: v.exactOptional(
    list(path("File that holds one secret."), {
      min: 1,
      max: 8,
      sentence:
        "Files with one secret each. {dataDir} stands for engine.dataDir; other relative paths start at this file.",
    }),
  ),
};

const StandardWebhooksAuth = section(
  { type: v.literal("standard-webhooks"), ...signingSecrets },
  "Standard Webhooks headers, HMAC-SHA256; secrets are whsec_ and base64.",
);
const GithubAuth = section(
  { type: v.literal("github"), ...signingSecrets },
  "x-hub-signature-256. Carries no time: replays are caught by signal id and age.",
);
const StripeAuth = section({ type: v.literal("stripe"), ...signingSecrets }, "stripe-signature, t= and v1=.");

const TradingViewAuth = section(
  {
    type: v.literal("tradingview"),
    passphraseEnv: v.exactOptional(
      envName("Environment variable with the passphrase (16 to 128 letters, digits, _ or -) that the alert carries."),
    ),
    passphraseFile: v.exactOptional(path("File with that passphrase.")),
    ipAllowlist: v.optional(
      list(text({ pattern: /^[0-9A-Fa-f.:]{2,45}$/, form: "an IP address", sentence: "One address." }), {
        min: 1,
        max: 64,
        sentence: "Socket addresses alerts may come from; TradingView's own by default.",
      }),
      [...TRADINGVIEW_ADDRESSES],
    ),
  },
  "Passphrase in the body and known addresses, for a sender that cannot sign. Use an unguessable path too.",
);

const BearerAuth = section(
  {
    type: v.literal("bearer"),
    tokenEnv: v.exactOptional(envName("Environment variable with the token of the upgrade request.")),
    tokenFile: v.exactOptional(path("File with that token.")),
  },
  "Bearer token, checked when the feed connects.",
);

const ageMs = (what: string, byDefault: number) =>
  v.optional(
    integer({
      min: 100,
      max: 604_800_000,
      unit: "ms",
      sentence: `Oldest generated_at of ${what} that is still executed.`,
    }),
    byDefault,
  );

const MaxAgeConfig = section(
  {
    open: ageMs("an open", 30_000),
    adjust: ageMs("an adjust", 30_000),
    hedge: ageMs("a hedge", 30_000),
    close: ageMs("a close", 86_400_000),
    evidence: ageMs("evidence", 86_400_000),
  },
  "When a signal is stale, by kind.",
);

const common = {
  name: name("Name of the sender. With the signal id it is the idempotency key: never reuse it for another sender."),
  ratePerSecMax: v.optional(integer({ min: 1, max: 1_000_000, unit: "signals/s", sentence: "Above it 429." }), 1000),
  rateBurst: v.exactOptional(
    integer({
      min: 1,
      max: 1_000_000,
      unit: "signals",
      sentence: "Taken at once after a pause; ratePerSecMax by default.",
    }),
  ),
  maxAgeMs: v.optional(MaxAgeConfig, {}),
  kinds: v.optional(
    list(oneOf(SIGNAL_KINDS, { sentence: "One kind." }), {
      min: 1,
      max: SIGNAL_KINDS.length,
      sentence: "Kinds this source may send; others are refused.",
    }),
    [...SIGNAL_KINDS],
  ),
  heartbeatMs: v.exactOptional(
    integer({
      min: 100,
      max: 604_800_000,
      unit: "ms",
      sentence: "Silent for longer raises an alarm. Absent: no alarm.",
    }),
  ),
};

const webhook = {
  path: v.exactOptional(
    text({
      pattern: /^[A-Za-z0-9_-]{1,128}$/,
      form: "1 to 128 letters, digits, _ or -",
      sentence: "Last part of the address, /hooks/<path>; the name by default. Make it unguessable for TradingView.",
    }),
  ),
  toleranceS: v.optional(
    integer({
      min: 1,
      max: 3600,
      unit: "s",
      sentence: "How old the timestamp of a signature may be, where it has one.",
    }),
    300,
  ),
};

const SchemaSource = section(
  {
    adapter: v.literal("schema"),
    ...common,
    ...webhook,
    auth: v.variant("type", [StandardWebhooksAuth, GithubAuth, StripeAuth]),
  },
  "Webhook in Outrigger's own JSON.",
);

/** What an alert does not say about itself. */
const TradingViewDefaults = section(
  {
    model: v.optional(name("Model that the signals count for."), "tradingview"),
    modelVersion: v.optional(
      text({ pattern: /^[\x21-\x7e]{1,64}$/, form: "1 to 64 printable characters", sentence: "Its version." }),
      "1",
    ),
    signalKind: v.optional(
      oneOf(["hedge", "open", "adjust"], { sentence: "Kind of every alert that is not flat; a flat one is a close." }),
      "hedge",
    ),
    horizon: v.optional(
      v.pipe(
        text({
          pattern: /^[1-9]\d{0,8}[smhd]$/,
          form: "a duration such as 30s, 15m, 4h or 2d",
          sentence: "How long an alert holds.",
        }),
        v.check((value) => durationMs(value) <= 366 * 86_400_000, "a duration of at most 366d"),
      ),
      "4h",
    ),
    confidence: v.optional(fraction({ sentence: "Confidence of an alert that states none." }), 0.7),
  },
  "What TradingView alerts do not say themselves.",
);

const TradingViewSource = section(
  {
    adapter: v.literal("tradingview"),
    ...common,
    ...webhook,
    auth: v.variant("type", [TradingViewAuth, StandardWebhooksAuth, GithubAuth, StripeAuth]),
    tradingview: v.optional(TradingViewDefaults, {}),
  },
  "TradingView strategy alerts, JSON or text.",
);

const FeedSource = section(
  { adapter: v.literal("feed"), ...common, auth: v.variant("type", [BearerAuth]) },
  "WebSocket /feed, FlatBuffers frames.",
);

export const SourceConfig = v.variant("adapter", [SchemaSource, TradingViewSource, FeedSource]);
export type SourceConfig = v.InferOutput<typeof SourceConfig>;
export type AuthConfig = SourceConfig["auth"];
