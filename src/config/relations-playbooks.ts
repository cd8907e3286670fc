/**
 * Playbooks and instruments fit together: what is named exists and can be traded, and no instrument has two owners, because a
 * position belongs to one of them.
 */
import { type Complain, meant } from "./complain.ts";
import type { ConfigDocument } from "./document.ts";
import type { SettingPath } from "./problem.ts";
import type { Config } from "./schema.ts";
import { AUTO } from "./schema-shield.ts";
import { isMapping } from "./walk.ts";

const WEIGHT_SUM_TOLERANCE = 1e-9;

export function checkPlaybooks(config: Config, complain: Complain): void {
  const symbols = config.instruments.map((instrument) => instrument.symbol);
  const tradable = config.instruments.filter((each) => each.listings.length > 0).map((each) => each.symbol);
  const owned = new Map<string, string>();
  for (const [i, shield] of config.shield.entries()) owned.set(shield.hedge, `shield[${i}]`);
  for (const name of ["signal", "reversion"] as const) {
    config[name].forEach((playbook, i) => {
      const here = [name, i];
      for (const leg of ["primary", "hedge"] as const) {
        const symbol = playbook[leg];
        if (symbol === AUTO) continue;
        if (!symbols.includes(symbol)) {
          complain([...here, leg], `no instrument "${symbol}"${meant(symbol, symbols)}`);
        } else if (!tradable.includes(symbol)) {
          complain([...here, leg], `"${symbol}" has no listing, so it cannot be traded`);
        }
        const owner = owned.get(symbol);
        if (owner !== undefined) complain([...here, leg], `"${symbol}" is already traded by ${owner}`);
        else owned.set(symbol, `${name}[${i}].${leg}`);
      }
      if (playbook.onUnknown === "hedgeAnyway" && playbook.overHedgeLotsMax === 0) {
        complain([...here, "overHedgeLotsMax"], "hedgeAnyway needs a budget: state how many lots may be too much");
      }
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
    if (!symbols.includes(signal.asset)) {
      complain([...here, "asset"], `no instrument "${signal.asset}"${meant(signal.asset, symbols)}`);
    }
    if (signal.notional > signal.notionalMax) {
      complain([...here, "notional"], `${signal.notional} must be at most notionalMax, ${signal.notionalMax}`);
    }
    const { lowFrom, highFrom } = signal.bands;
    if (lowFrom >= highFrom)
      complain([...here, "bands", "lowFrom"], `${lowFrom} must be less than highFrom, ${highFrom}`);
    const { boostAt, nearFullAt } = signal.decay;
    if (boostAt >= nearFullAt) {
      complain([...here, "decay", "boostAt"], `${boostAt} must be less than nearFullAt, ${nearFullAt}`);
    }
    const sum = Object.values(signal.linear.weights).reduce((total, weight) => total + weight, 0);
    if (Math.abs(sum - 1) > WEIGHT_SUM_TOLERANCE) {
      complain([...here, "linear", "weights"], `the weights sum to ${Number(sum.toFixed(9))}, they must sum to 1`);
    }
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

/** Limits of money that have a default for paper only. */
export function checkLiveLosses(config: Config, document: ConfigDocument, complain: Complain): void {
  if (!config.venues.some((venue) => venue.environment === "live")) return;
  const given = isMapping(document.value) && isMapping(document.value["breakers"]) ? document.value["breakers"] : {};
  for (const limit of ["dailyLossMax", "drawdownMax", "dailyCostMax"]) {
    if (!Object.hasOwn(given, limit))
      complain(["breakers", limit], "must be stated for live venues: it has a default for paper only");
  }
}
