import { expect, it } from "vitest";
import { type Word, WordQueue } from "../../src/lane/word-queue.ts";

const looked: Word = {
  type: "control",
  control: { type: "acknowledge", breaker: "rejects", subject: -1, reason: "looked" },
};
const active: Word = { type: "control", control: { type: "state", state: "active", reason: "go on" } };
const reducing: Word = { type: "control", control: { type: "state", state: "reducing", reason: "careful" } };
const measured: Word = { type: "analysis", analysis: { kind: "halfLife", asset: 0, hedge: 1, bars: 9 } };
const kill: Word = { type: "control", control: { type: "kill", level: 2, reason: "stop" } };

const words = [looked, active, reducing, kill, measured];
const holdsOf = (word: Word) => (word.type === "control" ? word.control : word.analysis);

function queue() {
  const lost: string[] = [];
  const made = new WordQueue((message) => lost.push(message));
  return {
    made,
    lost,
    next: () => made.forNextLife().map((said) => words.find((word) => holdsOf(word) === holdsOf(said))),
  };
}

it("tells each life what none before has in its log, in order", () => {
  const { made, next, lost } = queue();
  const first = made.add(looked, true);
  const second = made.add(kill, true);
  made.add(reducing, false);
  expect(next()).toEqual([looked, kill, reducing]);
  made.heard(first.number);
  expect(next()).toEqual([kill, reducing]);
  made.heard(second.number);
  made.heard(first.number);
  expect(next()).toEqual([reducing]);
  expect(lost).toEqual([]);
});

it("tells ACTIVE to one life, caution to every one, and nothing else to more than three that died of it", () => {
  const { made, next, lost } = queue();
  for (const word of [active, looked, reducing, kill, measured]) made.add(word, false);
  expect(next()).toEqual([active, looked, reducing, kill, measured]);
  expect(next()).toEqual([looked, reducing, kill, measured]);
  expect(lost.join()).toContain("go on");
  expect(next()).toEqual([looked, reducing, kill, measured]);
  for (let life = 0; life < 5; life++) expect(next()).toEqual([reducing, kill]);
  expect(lost).toHaveLength(3);
  made.add(active, true);
  expect(next()).toEqual([reducing, kill]);
});

it("keeps the newest 256, and says of each other that it is lost", () => {
  const { made, next, lost } = queue();
  for (let level = 0; level < 300; level++) made.add(kill, false);
  expect([next().length, lost.length]).toEqual([256, 44]);
});
