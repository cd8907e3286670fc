/** The index of the portfolio hedge can be traded and belongs to nothing else, and there is something to hedge with it. */
import { type Complain, complainOf } from "./complain.ts";
import { untradableInstrument } from "./named-instruments.ts";
import { ownedInstruments } from "./owned-instruments.ts";
import { checkBudget } from "./relations-playbooks.ts";
import type { Config } from "./schema.ts";

export function checkPortfolio(config: Config, complain: Complain): void {
  const { portfolio } = config;
  if (portfolio === undefined) return;
  const { index } = portfolio;
  const here = ["portfolio", "index"];
  complainOf(untradableInstrument(config, index), here, complain);
  const owned = ownedInstruments(config);
  const owner = owned.find(({ symbol }) => symbol === index)?.owner;
  if (owner !== undefined) complain(here, `"${index}" belongs to ${owner}: an index is nothing else's`);
  if (owned.length === 0) complain(["portfolio"], "there is no shield, signal or reversion to hedge");
  checkBudget(portfolio, ["portfolio"], complain);
}
