/** Hedge candidates can be traded, and those of a hedge that is chosen at the start are nobody else's meanwhile. */
import { type Complain, meant } from "./complain.ts";
import { ownedInstruments } from "./owned-instruments.ts";
import type { SettingPath } from "./problem.ts";
import type { Config } from "./schema.ts";
import { AUTO } from "./schema-shield.ts";

export function checkHedgeCandidates(config: Config, complain: Complain): void {
  const owned = ownedInstruments(config);
  for (const name of ["shield", "signal", "reversion"] as const) {
    config[name].forEach(({ hedge, hedgeCandidates }, i) => {
      const here: SettingPath = [name, i];
      if (hedge === AUTO && hedgeCandidates.length < 2) {
        complain([...here, "hedge"], "auto chooses among hedgeCandidates: name two or more");
      }
      hedgeCandidates.forEach((symbol, k) => {
        const at = [...here, "hedgeCandidates", k];
        const problem = problemOf(config, symbol);
        if (problem !== null) complain(at, problem);
        else if (hedgeCandidates.indexOf(symbol) !== k) complain(at, `a second candidate "${symbol}"`);
        else if (hedge === AUTO) {
          const others = owned.filter(
            (each) => each.symbol === symbol && each.owner !== `${name}[${i}].hedgeCandidates[${k}]`,
          );
          if (others[0] !== undefined) complain(at, `"${symbol}" belongs to ${others[0].owner}`);
        }
      });
    });
  }
}

function problemOf({ instruments }: Config, symbol: string): string | null {
  const found = instruments.find((instrument) => instrument.symbol === symbol);
  if (found === undefined) {
    const symbols = instruments.map((instrument) => instrument.symbol);
    return `no instrument "${symbol}"${meant(symbol, symbols)}`;
  }
  return found.listings.length === 0 ? `"${symbol}" has no listing, so it cannot be traded` : null;
}
