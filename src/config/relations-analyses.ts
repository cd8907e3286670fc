/** Histories are of instruments that exist, one of each, and from one place. */
import { type Complain, complainOf, unique } from "./complain.ts";
import { unknownInstrument } from "./named-instruments.ts";
import type { Config } from "./schema.ts";

export function checkAnalyses(config: Config, complain: Complain): void {
  const { analyses } = config;
  const here = (i: number, setting: string) => ["analyses", "history", i, setting];
  unique(
    analyses.history.map(({ instrument }) => instrument),
    (i) => here(i, "instrument"),
    "history of",
    complain,
  );
  analyses.history.forEach(({ instrument, file, exchange, symbol }, i) => {
    complainOf(unknownInstrument(config, instrument), here(i, "instrument"), complain);
    if ((file === undefined) === (exchange === undefined)) {
      complain(["analyses", "history", i], "needs file or exchange, and not both");
    }
    if (symbol !== undefined && exchange === undefined) complain(here(i, "symbol"), "belongs to exchange");
  });
}
