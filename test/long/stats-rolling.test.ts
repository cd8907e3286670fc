/** Rolling statistics after ten million ticks, scores and lines, in windows of every parity. */
import { test } from "vitest";
import { checkDrift } from "../stats/rolling-drift.ts";

test.each([20, 501, 4096])("no drift after ten million ticks, window %i", (window) => {
  checkDrift({ window, scores: 10_000_000, lines: 10_000_000 });
});
