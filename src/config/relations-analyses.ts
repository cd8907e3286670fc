/** Histories are of instruments that exist, one of each, and from one place. */
import { type Complain, meant, unique } from "./complain.ts";
import type { Config } from "./schema.ts";

export function checkAnalyses({ analyses, instruments }: Config, complain: Complain): void {
  const symbols = instruments.map(({ symbol }) => symbol);
  const here = (i: number, setting: string) => ["analyses", "history", i, setting];
  unique(
    analyses.history.map(({ instrument }) => instrument),
    (i) => here(i, "instrument"),
    "history of",
    complain,
  );
  analyses.history.forEach(({ instrument, file, exchange, symbol }, i) => {
    if (!symbols.includes(instrument)) {
      complain(here(i, "instrument"), `no instrument "${instrument}"${meant(instrument, symbols)}`);
    }
    if ((file === undefined) === (exchange === undefined)) {
      complain(["analyses", "history", i], "needs file or exchange, and not both");
    }
    if (symbol !== undefined && exchange === undefined) complain(here(i, "symbol"), "belongs to exchange");
  });
}
