/** The same as test/lane/amnesia-languages, spoken by ccxt in its own threads. */
import { test } from "vitest";
import { orphanIsAdopted } from "../support/orphan-adopted.ts";

test.each(["binance-usdm", "bybit-linear", "okx-swap"] as const)(
  "%s through ccxt: an orphan is found and adopted, and nothing is hedged twice",
  { timeout: 60_000 },
  (dialect) => orphanIsAdopted(dialect, true),
);
