/**
 * Wiring: turns the configuration into what each part is made from. The only place that knows both; plain data in, plain
 * data out, nothing is started here.
 */
import { durationMs } from "../config/duration.ts";
import { ccxtPlace, venueEndpoints, venueRestHeaders } from "../config/endpoints.ts";
import { journalDirectory } from "../config/paths.ts";
import type { Config } from "../config/schema.ts";
import { AUTO } from "../config/schema-shield.ts";
import type { SourceConfig } from "../config/schema-sources.ts";
import type { Secrets, VenueSecrets } from "../config/secrets.ts";
import type { CoreConfig, ShieldConfig } from "../core/config.ts";
import { ownerCount, ownerName } from "../core/owners.ts";
import type { ReplaySource } from "../dead-letters/desk.ts";
import { createDirectory, type Directory, type Instrument } from "../domain/instrument.ts";
import { AssertionError, assert, lots, type Notional } from "../domain/units.ts";
import type { SourceRules } from "../gateway/admission.ts";
import { type AuthOptions, createVerifier } from "../gateway/auth.ts";
import type { FeedSource, HookSource, ReceiverOptions } from "../gateway/receiver.ts";
import type { RetentionRule } from "../journal/retention.ts";
import type { LaneOptions, VenueOptions } from "../lane/options.ts";
import type { CcxtCredentials } from "../venues/ccxt/options.ts";
import type { Adapter } from "../wire/adapters/adapter.ts";
import { createSchemaAdapter } from "../wire/adapters/schema.ts";
import { createTradingViewAdapter, tradingViewPassphrase } from "../wire/adapters/tradingview.ts";
import { betaRule, linearConfig, portfolioConfig, rampConfig, reversionConfig, signalConfig } from "./playbooks.ts";

const DAY_MS = 86_400_000;
const RECONNECT_BACKOFF = { baseMs: 50, maxMs: 2000 } as const;

export function laneOptions(config: Config, secrets: Secrets, bootId: string): LaneOptions {
  const directory = directoryOf(config);
  return {
    index: 0,
    core: coreConfig(config, directory),
    venues: config.venues.map((venue, index): VenueOptions => {
      const keys = secrets.venues.get(venue.name);
      assert(keys !== undefined, `no keys were read for venue ${venue.name}`);
      return venueOptions(config, venue, index, keys);
    }),
    journal: {
      directory: journalDirectory(config),
      segmentBytes: config.journal.segmentBytes,
      quoteSegmentsMax: config.journal.quoteSegmentsMax,
    },
    bootId,
  };
}

export function retentionRule({ journal: { retention } }: Config): RetentionRule {
  const { keepDays, keepBytes = Number.POSITIVE_INFINITY, archiveDir = null } = retention;
  return {
    keepMs: keepDays === undefined ? Number.POSITIVE_INFINITY : keepDays * DAY_MS,
    keepBytes,
    archive: archiveDir,
  };
}

type VenueConfig = Config["venues"][number];

/** One member per venue type. */
function venueOptions(config: Config, venue: VenueConfig, index: number, keys: VenueSecrets): VenueOptions {
  const shared = {
    index,
    name: venue.name,
    heartbeatMs: venue.heartbeatMs,
    staleAfterMs: venue.staleAfterMs,
    reconnectBackoff: RECONNECT_BACKOFF,
    // Elsewhere there is nothing to take.
    refuseKeysThatWithdraw: venue.environment === "live",
  };
  const native = {
    ...shared,
    ...(venue.orderSockets !== undefined && { orderSockets: venue.orderSockets === 1 ? (1 as const) : (2 as const) }),
    ...(venue.rotateAfterMs !== undefined && { rotateAfterMs: venue.rotateAfterMs }),
  };
  const secret = keys.apiSecret.reveal();
  switch (venue.type) {
    case "binance-usdm":
      return {
        ...native,
        type: venue.type,
        endpoints: venueEndpoints(config, venue),
        credentials: {
          apiKey: keys.apiKey.reveal(),
          secret: venue.keyType === "hmac" ? { type: "hmac", secret } : { type: "ed25519", privateKeyPem: secret },
        },
      };
    case "bybit-linear":
      return {
        ...native,
        type: venue.type,
        endpoints: venueEndpoints(config, venue),
        credentials: { apiKey: keys.apiKey.reveal(), secret },
      };
    case "okx-swap":
      return {
        ...native,
        type: venue.type,
        endpoints: venueEndpoints(config, venue),
        restHeaders: venueRestHeaders(venue),
        credentials: { apiKey: keys.apiKey.reveal(), secret, passphrase: keys.passphrase?.reveal() ?? "" },
      };
    case "ccxt":
      return {
        ...shared,
        type: venue.type,
        exchange: venue.exchange ?? "",
        environment: ccxtPlace(config, venue),
        credentials: ccxtCredentials(keys),
      };
  }
}

/** By ccxt's names, and only what there is. */
function ccxtCredentials(keys: VenueSecrets): CcxtCredentials {
  const { apiKey, apiSecret: secret, passphrase: password, uid, walletAddress, privateKey } = keys;
  const named = { apiKey, secret, password, uid, walletAddress, privateKey };
  const given = Object.entries(named).map(([name, value]) => [name, value?.reveal() ?? ""] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ""));
}

export function directoryOf(config: Config): Directory {
  return createDirectory(
    config.sources.map((source) => source.name),
    config.venues.map((venue) => venue.name),
    config.instruments,
  );
}

export function coreConfig(config: Config, directory: Directory): CoreConfig {
  const { router, risk } = config;
  const indexOf = (symbol: string) => instrumentIndex(directory, symbol);
  return {
    engineId: config.engine.id,
    directory,
    shields: config.shield.map((shield) => shieldConfig(shield, directory)),
    router: {
      mode: router.mode,
      racerDelayMsMin: router.race.delayMsMin,
      racerDelayMsMax: router.race.delayMsMax,
      netMs: router.race.netMs,
      overHedgeMsMax: router.overHedgeMsMax,
      depthShare: router.split.depthShare,
      speedBpsPerMs: router.speedBpsPerMs,
      doubtPenaltyMs: router.doubtPenaltyMs,
      nakedLegMsMax: router.nakedLegMsMax,
      childTimeoutMs: router.childTimeoutMs,
      validForMs: router.validForMs,
      totalMs: router.totalMs,
      quoteAgeMsMax: router.quoteAgeMsMax,
      clockErrorMsMax: router.clockErrorMsMax,
      slippageBpsMax: router.slippageBpsMax,
      slippageBpsMaxHighLeverage: router.slippageBpsMaxHighLeverage,
      resolveFirstMs: router.resolve.firstMs,
      resolveMaxMs: router.resolve.maxMs,
      quarantineAfterMs: router.resolve.quarantineAfterMs,
      absenceGraceMs: router.resolve.absenceGraceMs,
      notFoundsMin: router.resolve.notFoundsMin,
      notFoundSpacingMs: router.resolve.notFoundSpacingMs,
      intentsOpenMax: router.intentsOpenMax,
      attemptsMax: router.attemptsMax,
      retryMs: router.retryMs,
    },
    ramp: rampConfig(config.rollout),
    signals: config.signal.map((signal) => signalConfig(signal, indexOf)),
    reversions: config.reversion.map((reversion) => reversionConfig(reversion, indexOf)),
    ...(config.portfolio !== undefined && { portfolio: portfolioConfig(config.portfolio, indexOf) }),
    score: config.score,
    breakers: config.breakers,
    markMs: config.journal.markMs,
    risk: {
      limits: directory.instruments.map((instrument) => ({
        orderNotionalMax: inUnits(risk.orderNotionalMax, instrument),
        positionNotionalMax: inUnits(risk.positionNotionalMax, instrument),
      })),
      priceCollarBps: risk.priceCollarBps,
      depthMultipleMax: risk.depthMultipleMax,
      ordersPerSecondMax: risk.ordersPerSecondMax,
      repeatMs: risk.repeatMs,
    },
    analysisAgeMsMax: config.analyses.staleDays * DAY_MS,
    ageMsMax: config.sources.map(({ maxAgeMs }) => maxAgeMs),
  };
}

function shieldConfig(shield: Config["shield"][number], directory: Directory): ShieldConfig {
  return {
    asset: instrumentIndex(directory, shield.asset),
    hedge: instrumentIndex(directory, shield.hedge),
    holdings: Number(shield.holdings),
    beta: shield.beta,
    betaRule: betaRule(shield.betaRule),
    linear: linearConfig(shield, shield.leverage),
    decay: shield.decay,
    correction: shield.correction,
    volatility: shield.volatility,
    onUnknown: shield.onUnknown,
    overHedgeLotsMax: lots(shield.overHedgeLotsMax),
  };
}

/** What `hedge: auto` stands for is known once an engine has started. */
class HedgeNotChosen extends Error {
  override readonly name = "HedgeNotChosen";
  readonly code = "HEDGE_NOT_CHOSEN";
}

function instrumentIndex(directory: Directory, symbol: string): number {
  const found = directory.instruments.find((instrument) => instrument.symbol === symbol);
  if (symbol === AUTO)
    throw new HedgeNotChosen("hedge: auto is chosen at the first start: run the engine, or name a hedge");
  if (found === undefined) throw new AssertionError(`a playbook names ${symbol}, which is not a configured instrument`);
  return found.index;
}

/** A limit in quote currency as whole tick-lots, rounded down: a limit is never loosened by rounding. */
const inUnits = (quote: number, instrument: Instrument): Notional =>
  Math.min(Number.MAX_SAFE_INTEGER, Math.floor(quote / (instrument.tick * instrument.lot) + 1e-6)) as Notional;

export function receiverOptions(config: Config, secrets: Secrets): ReceiverOptions {
  const hooks: HookSource[] = [];
  const feeds: FeedSource[] = [];
  config.sources.forEach((source, index) => {
    const rules = sourceRules(source, index);
    const given = (secrets.sources.get(source.name) ?? []).map((secret, n) => ({
      id: `${source.name}-${n}`,
      secret: secret.reveal(),
    }));
    if (source.adapter === "feed") feeds.push({ ...rules, tokens: given.map(({ secret }) => secret) });
    else hooks.push(hookSource(source, rules, given));
  });
  const { receiver } = config;
  return {
    host: receiver.host,
    port: receiver.port,
    connectionsMax: receiver.connectionsMax,
    bodyBytesMax: receiver.bodyBytesMax,
    answerTimeoutMs: receiver.answerTimeoutMs,
    backlogMax: receiver.backlogMax,
    authFailuresPerMinuteMax: receiver.authFailuresPerMinuteMax,
    feed: receiver.feed,
    hooks,
    feeds,
  };
}

/** How each source's bytes are read, in every form it may send them in. */
export function replaySources(config: Config, secrets: Secrets, decodeFrame: ReplaySource["decoders"][number]) {
  const { hooks } = receiverOptions(config, secrets);
  return config.sources.map((source, index): ReplaySource => {
    const hook = hooks.find((each) => each.index === index);
    const decoders = hook?.contentTypes.map((type) => (body: Uint8Array) => hook.decode(body, type));
    return { rules: sourceRules(source, index), decoders: decoders ?? [decodeFrame] };
  });
}

export const sourceRules = (source: SourceConfig, index: number): SourceRules => ({
  index,
  name: source.name,
  kinds: source.kinds,
  maxAgeMs: source.maxAgeMs,
  ratePerSecMax: source.ratePerSecMax,
  rateBurst: source.rateBurst ?? source.ratePerSecMax,
});

/** What operators call sources, venues, instruments and, by owner, playbooks. */
export function subjectsOf(core: CoreConfig) {
  const { sources, venues, instruments } = core.directory;
  const playbooks = Array.from({ length: ownerCount(core) }, (_, owner) => ownerName(core, owner));
  const sized = [...core.shields.map(() => true), ...core.signals.map(({ policy }) => policy.policy === "linear")];
  return {
    sources,
    venues: venues.map(({ name }) => name),
    instruments: instruments.map(({ symbol }) => symbol),
    playbooks,
    linear: playbooks.filter((_, owner) => sized[owner] === true),
  };
}

type Hook = Exclude<SourceConfig, { adapter: "feed" }>;

function hookSource(
  source: Hook,
  rules: SourceRules,
  secrets: readonly { readonly id: string; readonly secret: string }[],
): HookSource {
  return {
    ...rules,
    path: source.path ?? source.name,
    verify: createVerifier(authOptions(source, secrets)),
    contentTypes: source.adapter === "tradingview" ? ["application/json", "text/plain"] : ["application/json"],
    decode: sourceAdapter(source),
  };
}

/** Turns a body of this source into a signal. A feed's is the schema's JSON here: its frames are binary and decoded as such. */
export function sourceAdapter(source: SourceConfig): Adapter {
  if (source.adapter !== "tradingview") return createSchemaAdapter();
  const { tradingview } = source;
  return createTradingViewAdapter({ ...tradingview, horizonMs: durationMs(tradingview.horizon) });
}

function authOptions({ auth, toleranceS }: Hook, secrets: AuthOptions["secrets"]): AuthOptions {
  switch (auth.type) {
    case "tradingview":
      return { type: auth.type, secrets, addresses: auth.ipAllowlist, passphraseOf: tradingViewPassphrase };
    case "github":
      return { type: auth.type, secrets };
    default:
      return { type: auth.type, secrets, tolerancePastS: toleranceS };
  }
}
