/**
 * Configuration schema: every setting of Outrigger, each declared once with unit, limits, default and sentence.
 *
 * Unknown keys are refused everywhere. Limits that a single setting cannot express (sums, names that must exist) are in
 * `relations.ts`; secrets are not settings, only the places they are read from (`secrets.ts`).
 */
import * as v from "valibot";
import { AnalysesConfig } from "./schema-analyses.ts";
import { BreakersConfig, RolloutConfig } from "./schema-breakers.ts";
import { InstrumentConfig } from "./schema-instruments.ts";
import { PaperConfig } from "./schema-paper.ts";
import { ReversionConfig, SignalConfig } from "./schema-playbooks.ts";
import { PortfolioConfig } from "./schema-portfolio.ts";
import { ReceiverConfig } from "./schema-receiver.ts";
import { RouterConfig } from "./schema-router.ts";
import { ScoreConfig } from "./schema-score.ts";
import { ShieldConfig } from "./schema-shield.ts";
import { SourceConfig } from "./schema-sources.ts";
import { VenueConfig } from "./schema-venues.ts";
import { host, integer, list, name, oneOf, path, port, real, section } from "./setting.ts";

/** Paper's limits, stated here because a live configuration must state its own (`relations.ts` refuses it otherwise). */
const PAPER_ORDER_NOTIONAL_MAX = 250_000;
const PAPER_POSITION_NOTIONAL_MAX = 1_000_000;

const EngineConfig = section(
  {
    id: v.optional(
      name("Name of this engine. Part of every client order id: never change it with orders open."),
      "outrigger",
    ),
    dataDir: v.optional(
      path("Journal, tokens and generated secrets. Relative to this file; {id} stands for engine.id."),
      ".outrigger/{id}",
    ),
    lanes: v.optional(
      oneOf(["pool", "inline"], {
        sentence:
          "pool: each lane in its own thread, isolated from the receiver. inline: lowest latency, no isolation.",
      }),
      "pool",
    ),
    logLevel: v.optional(
      oneOf(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
        sentence: "Least severe log line that is written.",
      }),
      "info",
    ),
  },
  "The engine itself.",
);

const ControlConfig = section(
  {
    host: v.optional(host("Address of the control API. Keep it on loopback."), "127.0.0.1"),
    port: v.optional(port("Port of the control API."), 8701),
  },
  "What `outrigger positions` and other commands talk to. Its token is in dataDir.",
);

const RiskConfig = section(
  {
    orderNotionalMax: v.optional(
      real({
        min: 0,
        max: 1e12,
        unit: "quote currency",
        sentence: "Largest single order. Live must state it: this default is paper's.",
      }),
      PAPER_ORDER_NOTIONAL_MAX,
    ),
    positionNotionalMax: v.optional(
      real({
        min: 0,
        max: 1e12,
        unit: "quote currency",
        sentence:
          "Largest position per instrument, open and unknown orders included. Live must state it: this default is paper's.",
      }),
      PAPER_POSITION_NOTIONAL_MAX,
    ),
    priceCollarBps: v.optional(
      real({
        min: 1,
        max: 5000,
        unit: "bps",
        sentence: "Farthest an order price may be from the mid over all venues.",
      }),
      100,
    ),
    depthMultipleMax: v.optional(
      real({
        min: 0,
        max: 1e12,
        unit: "x the usual depth",
        sentence: "Largest order, measured by what its listing usually shows at the touch. Not for what only reduces.",
      }),
      1000,
    ),
    ordersPerSecondMax: v.optional(
      integer({
        min: 1,
        max: 1_000_000,
        unit: "orders per second",
        sentence: "Most orders to one listing. What only reduces does not count.",
      }),
      1000,
    ),
    repeatMs: v.optional(
      integer({
        min: 0,
        max: 3_600_000,
        unit: "ms",
        sentence:
          "An order like the one before it, on another signal's word, within this time raises an alarm; 0: never.",
      }),
      250,
    ),
  },
  "Refuses what nobody meant.",
);

const RetentionConfig = section(
  {
    keepDays: v.exactOptional(
      integer({
        min: 1,
        max: 36_500,
        unit: "days",
        sentence: "Older segments of the intake and decision logs go; absent: they stay.",
      }),
    ),
    keepBytes: v.exactOptional(
      integer({
        min: 16_777_216,
        max: Number.MAX_SAFE_INTEGER,
        unit: "bytes per log",
        sentence: "The oldest segments go while a log takes more; absent: no limit.",
      }),
    ),
    archiveDir: v.exactOptional(path("Where those segments are moved to; absent: they are removed.")),
  },
  "What of the logs may go once snapshots cover it. Nothing that a start or an open dead letter needs goes.",
);

const JournalConfig = section(
  {
    segmentBytes: v.optional(
      integer({
        min: 1_048_576,
        max: 1_073_741_824,
        unit: "bytes",
        sentence: "Size of one preallocated journal segment.",
      }),
      67_108_864,
    ),
    quoteSegmentsMax: v.optional(
      integer({ min: 2, max: 4096, unit: "segments", sentence: "Quote segments kept; the oldest is deleted first." }),
      16,
    ),
    markMs: v.optional(
      integer({
        min: 1000,
        max: 86_400_000,
        unit: "ms",
        sentence: "Time between two records of equity, hedged and not.",
      }),
      60_000,
    ),
    retention: v.optional(RetentionConfig, {}),
  },
  "What is kept on disk, in dataDir.",
);

const DeadLettersConfig = section(
  {
    openAgeMsMax: v.optional(
      integer({
        min: 0,
        max: 86_400_000,
        unit: "ms",
        sentence: "A replay that opens or increases a hedge and is older needs an operator's --yes.",
      }),
      5000,
    ),
    priceCollarBps: v.optional(
      real({
        min: 1,
        max: 5000,
        unit: "bps",
        sentence: "How far the price may be from where it was when the letter was written.",
      }),
      100,
    ),
  },
  "What `outrigger dlq replay` may do.",
);

export const ConfigSchema = section(
  {
    engine: v.optional(EngineConfig, {}),
    receiver: v.optional(ReceiverConfig, {}),
    control: v.optional(ControlConfig, {}),
    sources: list(SourceConfig, { min: 1, max: 64, sentence: "Who may send signals." }),
    venues: list(VenueConfig, { min: 1, max: 8, sentence: "Where orders go." }),
    instruments: list(InstrumentConfig, { min: 1, max: 64, sentence: "What is held and what is traded." }),
    shield: v.optional(list(ShieldConfig, { min: 0, max: 64, sentence: "Positions to protect." }), []),
    signal: v.optional(list(SignalConfig, { min: 0, max: 32, sentence: "Positions that signals open." }), []),
    reversion: v.optional(list(ReversionConfig, { min: 0, max: 32, sentence: "Spreads that are traded." }), []),
    portfolio: v.exactOptional(PortfolioConfig),
    score: v.optional(ScoreConfig, {}),
    analyses: v.optional(AnalysesConfig, {}),
    router: v.optional(RouterConfig, {}),
    risk: v.optional(RiskConfig, {}),
    breakers: v.optional(BreakersConfig, {}),
    rollout: v.optional(RolloutConfig, {}),
    paper: v.optional(PaperConfig, {}),
    deadLetters: v.optional(DeadLettersConfig, {}),
    journal: v.optional(JournalConfig, {}),
  },
  "Configuration of Outrigger.",
);

/** What the engine is given: every default filled in, every path absolute. */
export type Config = v.InferOutput<typeof ConfigSchema>;
