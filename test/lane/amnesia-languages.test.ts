/** Power loss in every language: whatever a venue speaks, an order that only it remembers is found there and adopted. */
import { test } from "vitest";
import { orphanIsAdopted } from "../support/orphan-adopted.ts";

test.each(["binance-usdm", "bybit-linear", "okx-swap"] as const)(
  "%s: an orphan is found and adopted, and nothing is hedged twice",
  { timeout: 20_000 },
  (dialect) => orphanIsAdopted(dialect, false),
);
