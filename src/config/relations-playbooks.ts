/**
 * Playbooks and instruments fit together: what is named exists and can be traded, and no instrument has two owners, because a
 * position belongs to one of them.
 */
import { type Complain, complainOf, unique } from "./complain.ts";
import { unknownInstrument, untradableInstrument } from "./named-instruments.ts";
import type { SettingPath } from "./problem.ts";
import type { Config } from "./schema.ts";
import { AUTO } from "./schema-shield.ts";

const WEIGHT_SUM_TOLERANCE = 1e-9;

export function checkShields(config: Config, complain: Complain): void {
  unique(
    config.shield.map((shield) => shield.asset),
    (i) => ["shield", i, "asset"],
    "shield of",
    complain,
  );
  // One position per hedge instrument: two shields on it would undo each other's corrections.
  unique(
    config.shield.map(({ hedge }) => (hedge === AUTO ? null : hedge)),
    (i) => ["shield", i, "hedge"],
    "shield hedged with",
    complain,
  );
  config.shield.forEach((shield, i) => {
    const here = ["shield", i];
    for (const field of ["asset", "hedge"] as const) {
      if (shield[field] === AUTO) continue;
      const problemOf = field === "hedge" ? untradableInstrument : unknownInstrument;
      complainOf(problemOf(config, shield[field]), [...here, field], complain);
    }
    checkWeights(shield.weights, [...here, "weights"], complain);
    checkDecay(shield.decay, [...here, "decay"], complain);
    if (shield.night.fromHour > shield.night.toHour) {
      complain(
        [...here, "night", "toHour"],
        `${shield.night.toHour} must be at least fromHour, ${shield.night.fromHour}`,
      );
    }
    checkBudget(shield, here, complain);
  });
}

export function checkPlaybooks(config: Config, complain: Complain): void {
  const owned = new Map<string, string>();
  for (const [i, shield] of config.shield.entries()) owned.set(shield.hedge, `shield[${i}]`);
  for (const name of ["signal", "reversion"] as const) {
    config[name].forEach((playbook, i) => {
      const here = [name, i];
      for (const leg of ["primary", "hedge"] as const) {
        const symbol = playbook[leg];
        if (symbol === AUTO) continue;
        complainOf(untradableInstrument(config, symbol), [...here, leg], complain);
        const owner = owned.get(symbol);
        if (owner !== undefined) complain([...here, leg], `"${symbol}" is already traded by ${owner}`);
        else owned.set(symbol, `${name}[${i}].${leg}`);
      }
      checkBudget(playbook, here, complain);
      const { bandMin, bandMax } = playbook.corridor;
      if (bandMin > bandMax)
        complain([...here, "corridor", "bandMin"], `${bandMin} must be at most bandMax, ${bandMax}`);
    });
  }
  const claimed = new Set(config.shield.map(({ asset }) => asset));
  const claim = (asset: string, here: SettingPath) => {
    if (claimed.has(asset)) complain(here, `a second playbook for "${asset}"`);
    claimed.add(asset);
  };
  config.signal.forEach(({ asset }, i) => {
    claim(asset, ["signal", i, "asset"]);
  });
  config.reversion.forEach(({ primary }, i) => {
    claim(primary, ["reversion", i, "primary"]);
  });
  config.signal.forEach((signal, i) => {
    const here = ["signal", i];
    complainOf(unknownInstrument(config, signal.asset), [...here, "asset"], complain);
    if (signal.notional > signal.notionalMax) {
      complain([...here, "notional"], `${signal.notional} must be at most notionalMax, ${signal.notionalMax}`);
    }
    const { lowFrom, highFrom } = signal.bands;
    if (lowFrom >= highFrom)
      complain([...here, "bands", "lowFrom"], `${lowFrom} must be less than highFrom, ${highFrom}`);
    checkDecay(signal.decay, [...here, "decay"], complain);
    checkWeights(signal.linear.weights, [...here, "linear", "weights"], complain);
  });
  config.reversion.forEach(({ exitZ, entryZ, stopZ, halfLifeBarsMin, halfLifeBarsMax }, i) => {
    const here = ["reversion", i];
    if (exitZ >= entryZ) complain([...here, "exitZ"], `${exitZ} must be less than entryZ, ${entryZ}`);
    if (entryZ >= stopZ) complain([...here, "stopZ"], `${stopZ} must be more than entryZ, ${entryZ}`);
    if (halfLifeBarsMin > halfLifeBarsMax) {
      complain([...here, "halfLifeBarsMin"], `${halfLifeBarsMin} must be at most halfLifeBarsMax, ${halfLifeBarsMax}`);
    }
  });
}

export function checkRollout({ rollout }: Config, complain: Complain): void {
  if (rollout.fraction < 1 && rollout.from === undefined) {
    complain(["rollout", "from"], "a fraction below 1 grows from a first day: state it");
  }
}

function checkWeights(weights: Config["shield"][number]["weights"], path: SettingPath, complain: Complain): void {
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
  if (Math.abs(sum - 1) <= WEIGHT_SUM_TOLERANCE) return;
  complain(path, `the weights sum to ${Number(sum.toFixed(9))}, they must sum to 1`);
}

function checkDecay(
  { boostAt, nearFullAt }: Config["shield"][number]["decay"],
  path: SettingPath,
  complain: Complain,
): void {
  if (boostAt >= nearFullAt) complain([...path, "boostAt"], `${boostAt} must be less than nearFullAt, ${nearFullAt}`);
}

/** Of whatever may hedge again what is in doubt. */
export function checkBudget(
  { onUnknown, overHedgeLotsMax }: Pick<Config["shield"][number], "onUnknown" | "overHedgeLotsMax">,
  path: SettingPath,
  complain: Complain,
): void {
  if (onUnknown !== "hedgeAnyway" || overHedgeLotsMax > 0) return;
  complain([...path, "overHedgeLotsMax"], "hedgeAnyway needs a budget: state how many lots may be too much");
}
