/** The progress bar: on terminals only, not too often, and gone when it is done. */
import { expect, test } from "vitest";
import { ProgressBar } from "../../src/cli/progress-bar.ts";

function barOn(isTTY: boolean): { bar: ProgressBar; written: string[]; clock: { nowMs: number } } {
  const written: string[] = [];
  const clock = { nowMs: 0 };
  const stream = { isTTY, write: (text: string) => written.push(text) };
  return { bar: new ProgressBar(stream, () => clock.nowMs), written, clock };
}

test("shows how far it is, at most ten times a second, and takes itself away once", () => {
  const { bar, written, clock } = barOn(true);
  bar.show(0, "0 bars");
  bar.show(0.1, "not yet");
  clock.nowMs = 100;
  bar.show(0.5, "500 bars");
  clock.nowMs = 250;
  bar.show(1.7, "more than all");
  bar.clear();
  bar.clear();
  expect(written).toEqual([
    `\r\u001b[K${"░".repeat(30)}   0 %  0 bars`,
    `\r\u001b[K${"█".repeat(15)}${"░".repeat(15)}  50 %  500 bars`,
    `\r\u001b[K${"█".repeat(30)} 100 %  more than all`,
    "\r\u001b[K",
  ]);
});

test("writes nothing where nobody looks", () => {
  const { bar, written } = barOn(false);
  bar.show(0.5, "half");
  bar.clear();
  expect(written).toEqual([]);
});
