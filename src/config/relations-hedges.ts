/** Hedge candidates can be traded, and those of a hedge that is chosen at the start are nobody else's meanwhile. */
import type { Complain } from "./complain.ts";
import { untradableInstrument } from "./named-instruments.ts";
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
        const problem = untradableInstrument(config, symbol);
        if (problem !== null) complain(at, problem);
        else if (hedgeCandidates.indexOf(symbol) !== k) complain(at, `a second candidate "${symbol}"`);
        else if (hedge === AUTO) {
          const own = `${name}[${i}].hedgeCandidates[`;
          const other = owned.find((each) => each.symbol === symbol && !each.owner.startsWith(own));
          if (other !== undefined) complain(at, `"${symbol}" belongs to ${other.owner}`);
        }
      });
    });
  }
}
