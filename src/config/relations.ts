/**
 * Relations between settings: sums, names that must exist, durations that must outlast one another. Each rule is one
 * function; a rule finds all of its problems. Settings are valid by themselves when this runs.
 */
import { createDirectory } from "../domain/instrument.ts";
import { type Complain, meant, unique } from "./complain.ts";
import type { ConfigDocument } from "./document.ts";
import type { Problem, SettingPath } from "./problem.ts";
import { checkAnalyses } from "./relations-analyses.ts";
import { checkHedgeCandidates } from "./relations-hedges.ts";
import { checkInstruments } from "./relations-instruments.ts";
import { checkPlaybooks, checkRollout, checkShields } from "./relations-playbooks.ts";
import { checkPortfolio } from "./relations-portfolio.ts";
import type { Config } from "./schema.ts";
import { isMapping } from "./walk.ts";

const LIVE_LIMITS = [
  ["risk", "orderNotionalMax"],
  ["risk", "positionNotionalMax"],
  ["breakers", "dailyLossMax"],
  ["breakers", "drawdownMax"],
  ["breakers", "dailyCostMax"],
] as const;

export function checkRelations(config: Config, document: ConfigDocument): Problem[] {
  const problems: Problem[] = [];
  const complain: Complain = (path, message) => problems.push(document.problem(path, message));
  checkPorts(config, complain);
  checkSources(config, complain);
  checkVenues(config, complain);
  checkPaper(config, complain);
  checkRouter(config, complain);
  checkLiveLimits(config, document, complain);
  checkInstruments(config, complain);
  checkShields(config, complain);
  checkPlaybooks(config, complain);
  checkPortfolio(config, complain);
  checkHedgeCandidates(config, complain);
  checkRollout(config, complain);
  checkAnalyses(config, complain);
  checkRetention(config, complain);
  // A directory can be built only once instruments are sound.
  if (problems.length === 0) checkAliases(config, complain);
  return problems;
}

function checkPorts(config: Config, complain: Complain): void {
  const claimed = new Map<number, string>();
  const claim = (port: number, owner: string, path: SettingPath) => {
    if (port === 0) return;
    const other = claimed.get(port);
    if (other !== undefined) complain(path, `port ${port} is already used by ${other}`);
    claimed.set(port, owner);
  };
  claim(config.receiver.port, "receiver.port", ["receiver", "port"]);
  claim(config.control.port, "control.port", ["control", "port"]);
  config.paper.venues.forEach((venue, i) => {
    claim(venue.port, `paper.venues[${i}]`, ["paper", "venues", i, "port"]);
  });
}

function checkSources(config: Config, complain: Complain): void {
  unique(
    config.sources.map((source) => source.name),
    (i) => ["sources", i, "name"],
    "source",
    complain,
  );
  const paths = config.sources.map((source) => (source.adapter === "feed" ? null : (source.path ?? source.name)));
  unique(paths, (i) => ["sources", i, "path"], "path", complain);
  config.sources.forEach((source, i) => {
    const { auth } = source;
    const here = ["sources", i, "auth"];
    if (auth.type === "tradingview") exactlyOne(auth, "passphraseEnv", "passphraseFile", here, complain);
    else if (auth.type === "bearer") exactlyOne(auth, "tokenEnv", "tokenFile", here, complain);
    else if (auth.secretsEnv === undefined && auth.secretsFile === undefined) {
      complain(here, "needs secretsEnv or secretsFile");
    }
  });
}

function checkVenues(config: Config, complain: Complain): void {
  unique(
    config.venues.map((venue) => venue.name),
    (i) => ["venues", i, "name"],
    "venue",
    complain,
  );
  const environment = config.venues[0]?.environment;
  config.venues.forEach((venue, i) => {
    const here = ["venues", i];
    if (venue.environment !== environment) {
      complain(
        [...here, "environment"],
        `is ${venue.environment}, the first venue is ${environment}: keep them in separate files`,
      );
    }
    if (2 * venue.heartbeatMs > venue.staleAfterMs) {
      complain(
        [...here, "staleAfterMs"],
        `${venue.staleAfterMs} ms must be at least twice heartbeatMs, ${venue.heartbeatMs} ms`,
      );
    }
    if ((venue.type === "ccxt") !== (venue.exchange !== undefined))
      complain([...here, "exchange"], "belongs to type ccxt, which needs it");
    if ((venue.type === "bybit-linear" || venue.type === "okx-swap") && venue.keyType !== "hmac")
      complain([...here, "keyType"], `is ${venue.keyType}: a ${venue.type} venue takes hmac keys only`);
    if (venue.type === "ccxt" && Object.keys(venue.endpoints).length > 0)
      complain([...here, "endpoints"], "are not for type ccxt, which knows its own");
    for (const setting of ["orderSockets", "rotateAfterMs"] as const) {
      if (venue.type === "ccxt" && venue[setting] !== undefined)
        complain([...here, setting], "is not for type ccxt, which keeps its own connections");
    }
    for (const further of ["passphrase", "uid", "walletAddress", "privateKey"] as const) {
      if (venue[`${further}Env`] !== undefined && venue[`${further}File`] !== undefined)
        exactlyOne(venue, `${further}Env`, `${further}File`, here, complain);
    }
    // An on-chain exchange has a wallet in place of a key.
    if (venue.privateKeyEnv !== undefined || venue.privateKeyFile !== undefined) return;
    const paperKey = venue.environment === "paper" && venue.apiKeyEnv === undefined && venue.apiKeyFile === undefined;
    if (paperKey && venue.keyType === "hmac" && venue.apiSecretEnv === undefined && venue.apiSecretFile === undefined)
      return;
    exactlyOne(venue, "apiKeyEnv", "apiKeyFile", here, complain);
    exactlyOne(venue, "apiSecretEnv", "apiSecretFile", here, complain);
    if (venue.type === "okx-swap" && venue.passphraseEnv === undefined && venue.passphraseFile === undefined)
      exactlyOne(venue, "passphraseEnv", "passphraseFile", here, complain);
  });
}

function checkPaper(config: Config, complain: Complain): void {
  const served = config.paper.venues.map((venue) => venue.name);
  unique(served, (i) => ["paper", "venues", i, "name"], "paper venue", complain);
  const names = config.venues.filter((venue) => venue.environment === "paper").map((venue) => venue.name);
  served.forEach((name, i) => {
    if (!names.includes(name))
      complain(["paper", "venues", i, "name"], `no venue "${name}" with environment paper${meant(name, names)}`);
  });
  config.venues.forEach((venue, i) => {
    const { rest, orders, stream, market } = venue.endpoints;
    const addressed = [rest, orders, stream, market].every((endpoint) => endpoint !== undefined);
    if (venue.environment === "paper" && !addressed && !served.includes(venue.name)) {
      const or = venue.type === "ccxt" ? "" : ", or all four endpoints";
      complain(["venues", i], `paper venue "${venue.name}" needs a port in paper.venues${or}`);
    }
  });
  const { type, files } = config.paper.market;
  if (type === "csv" && files.length === 0)
    complain(["paper", "market", "files"], "a csv market needs at least one file");
  if (type !== "csv" && files.length > 0)
    complain(["paper", "market", "files"], "only a csv market plays files; set type: csv");
  const symbols = config.instruments.flatMap((instrument) => instrument.listings.map((listing) => listing.symbol));
  unique(
    config.paper.initialPrices.map((entry) => entry.symbol),
    (i) => ["paper", "initialPrices", i, "symbol"],
    "price of",
    complain,
  );
  config.paper.initialPrices.forEach((entry, i) => {
    if (!symbols.includes(entry.symbol)) {
      complain(
        ["paper", "initialPrices", i, "symbol"],
        `no listing has the symbol "${entry.symbol}"${meant(entry.symbol, symbols)}`,
      );
    }
  });
}

type Below = (low: [string, number], high: [string, number], why: string, section?: SettingPath) => void;

function checkRouter(config: Config, complain: Complain): void {
  const { router, receiver } = config;
  const below: Below = (low, high, why, section = ["router"]) => {
    if (low[1] < high[1]) return;
    complain([...section, low[0]], `${low[1]} ms must be less than ${high[0]}, ${high[1]} ms: ${why}`);
  };
  below(
    ["validForMs", router.validForMs],
    ["childTimeoutMs", router.childTimeoutMs],
    "an order must be dead at the venue before the next venue is considered",
  );
  below(
    ["clockErrorMsMax", router.clockErrorMsMax],
    ["validForMs", router.validForMs],
    "a stamp that far off would make every order late",
  );
  below(["childTimeoutMs", router.childTimeoutMs], ["totalMs", router.totalMs], "a backup venue needs time too");
  if (router.slippageBpsMax > router.slippageBpsMaxHighLeverage) {
    complain(
      ["router", "slippageBpsMaxHighLeverage"],
      `${router.slippageBpsMaxHighLeverage} bps must be at least slippageBpsMax, ${router.slippageBpsMax} bps`,
    );
  }
  if (router.slippageBpsMaxHighLeverage > config.risk.priceCollarBps) {
    complain(
      ["risk", "priceCollarBps"],
      `${config.risk.priceCollarBps} bps must be at least router.slippageBpsMaxHighLeverage, ${router.slippageBpsMaxHighLeverage} bps: the gate would refuse the router's own orders`,
    );
  }
  if (router.mode === "race") checkRace(config, complain, below);
  if (router.mode === "split" && router.split.depthShare === 0) {
    complain(["router", "split", "depthShare"], "0 counts on no depth at all: mode split needs some");
  }
  const resolve: SettingPath = ["router", "resolve"];
  const { firstMs, maxMs, quarantineAfterMs, absenceGraceMs } = router.resolve;
  if (firstMs > maxMs) complain([...resolve, "maxMs"], `${maxMs} ms must be at least firstMs, ${firstMs} ms`);
  below(["maxMs", maxMs], ["quarantineAfterMs", quarantineAfterMs], "a query must fit in before quarantine", resolve);
  below(
    ["absenceGraceMs", absenceGraceMs],
    ["quarantineAfterMs", quarantineAfterMs],
    "absence must be provable before quarantine",
    resolve,
  );
  if (receiver.backlogMax >= receiver.dedupeIdsMax) {
    complain(
      ["receiver", "backlogMax"],
      `${receiver.backlogMax} must be less than dedupeIdsMax, ${receiver.dedupeIdsMax}`,
    );
  }
}

function checkRace({ router, shield }: Config, complain: Complain, below: Below): void {
  const { race, overHedgeMsMax, childTimeoutMs } = router;
  const here: SettingPath = ["router", "race"];
  if (race.delayMsMax !== 0 && race.delayMsMin > race.delayMsMax) {
    complain([...here, "delayMsMin"], `${race.delayMsMin} ms must be at most delayMsMax, ${race.delayMsMax} ms`);
  }
  below(
    ["delayMsMax", race.delayMsMax],
    ["childTimeoutMs", childTimeoutMs],
    "after that an order is in doubt, and no race any more",
    here,
  );
  below(["netMs", race.netMs], ["overHedgeMsMax", overHedgeMsMax], "unwinding needs time before the alarm", here);
  shield.forEach(({ overHedgeLotsMax }, i) => {
    if (overHedgeLotsMax > 0) return;
    complain(
      ["shield", i, "overHedgeLotsMax"],
      "router.mode race needs a budget: state how many lots may be hedged too much",
    );
  });
}

function checkRetention({ journal: { retention } }: Config, complain: Complain): void {
  const { keepDays, keepBytes, archiveDir } = retention;
  if (archiveDir !== undefined && keepDays === undefined && keepBytes === undefined)
    complain(["journal", "retention", "archiveDir"], "nothing is ever moved there: state keepDays or keepBytes");
}

/** Limits of money have a default for paper only (SPEC §7). */
function checkLiveLimits(config: Config, document: ConfigDocument, complain: Complain): void {
  if (!config.venues.some((venue) => venue.environment === "live")) return;
  const stated = (section: string, limit: string) =>
    isMapping(document.value) && isMapping(document.value[section]) && Object.hasOwn(document.value[section], limit);
  for (const [section, limit] of LIVE_LIMITS) {
    if (!stated(section, limit))
      complain([section, limit], "must be stated for live venues: it has a default for paper only");
  }
}

/** A spelling with two meanings is refused when a signal comes; one that was configured so is a mistake. */
function checkAliases(config: Config, complain: Complain): void {
  const venues = config.venues.map((venue) => venue.name);
  const directory = createDirectory([], venues, config.instruments);
  config.instruments.forEach((instrument, i) => {
    instrument.aliases.forEach((alias, j) => {
      if (directory.spellings.get(alias) !== -1) return;
      complain(["instruments", i, "aliases", j], `"${alias}" means another instrument as well, so it would be refused`);
    });
  });
}

function exactlyOne(of: object, env: string, file: string, path: SettingPath, complain: Complain): void {
  const given = [env, file].filter((key) => (of as Record<string, unknown>)[key] !== undefined);
  if (given.length === 0) complain(path, `needs ${env} or ${file}`);
  if (given.length === 2) complain([...path, file], `give ${env} or ${file}, not both`);
}
