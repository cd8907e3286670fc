/** The index of the portfolio hedge can be traded and belongs to nothing else, and there is something to hedge with it. */
import { type Complain, meant } from "./complain.ts";
import type { Config } from "./schema.ts";

export function checkPortfolio(config: Config, complain: Complain): void {
  const { portfolio, instruments } = config;
  if (portfolio === undefined) return;
  const { index, onUnknown, overHedgeLotsMax } = portfolio;
  const found = instruments.find(({ symbol }) => symbol === index);
  const here = ["portfolio", "index"];
  if (found === undefined) {
    const symbols = instruments.map(({ symbol }) => symbol);
    complain(here, `no instrument "${index}"${meant(index, symbols)}`);
  } else if (found.listings.length === 0) {
    complain(here, `"${index}" has no listing, so it cannot be traded`);
  }
  const owner = ownersOf(config).find(([symbol]) => symbol === index);
  if (owner !== undefined) complain(here, `"${index}" belongs to ${owner[1]}: an index is nothing else's`);
  if (ownersOf(config).length === 0) complain(["portfolio"], "there is no shield, signal or reversion to hedge");
  if (onUnknown === "hedgeAnyway" && overHedgeLotsMax === 0) {
    complain(["portfolio", "overHedgeLotsMax"], "hedgeAnyway needs a budget: state how many lots may be too much");
  }
}

/** Every instrument that a playbook holds, protects or trades, and where it says so. */
function ownersOf({ shield, signal, reversion }: Config): [symbol: string, owner: string][] {
  return [
    ...shield.flatMap(({ asset, hedge }, i): [string, string][] => [
      [asset, `shield[${i}].asset`],
      [hedge, `shield[${i}].hedge`],
    ]),
    ...Object.entries({ signal, reversion }).flatMap(([name, playbooks]) =>
      playbooks.flatMap(({ primary, hedge }, i): [string, string][] => [
        [primary, `${name}[${i}].primary`],
        [hedge, `${name}[${i}].hedge`],
      ]),
    ),
  ];
}
