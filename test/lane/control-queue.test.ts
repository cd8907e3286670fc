import { expect, it } from "vitest";
import type { Control } from "../../src/core/event.ts";
import { ControlQueue } from "../../src/lane/control-queue.ts";

const looked: Control = { type: "acknowledge", breaker: "rejects", subject: -1, reason: "looked" };
const active: Control = { type: "state", state: "active", reason: "go on" };
const reducing: Control = { type: "state", state: "reducing", reason: "careful" };
const kill: Control = { type: "kill", level: 2, reason: "stop" };

function queue() {
  const lost: string[] = [];
  const made = new ControlQueue((message) => lost.push(message));
  return { made, lost, next: () => made.forNextLife().map(({ control }) => control) };
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
  for (const control of [active, looked, reducing, kill]) made.add(control, false);
  expect(next()).toEqual([active, looked, reducing, kill]);
  expect(next()).toEqual([looked, reducing, kill]);
  expect(lost.join()).toContain("go on");
  expect(next()).toEqual([looked, reducing, kill]);
  for (let life = 0; life < 5; life++) expect(next()).toEqual([reducing, kill]);
  expect(lost).toHaveLength(2);
  made.add(active, true);
  expect(next()).toEqual([reducing, kill]);
});

it("keeps the newest 256, and says of each other that it is lost", () => {
  const { made, next, lost } = queue();
  for (let level = 0; level < 300; level++) made.add(kill, false);
  expect([next().length, lost.length]).toEqual([256, 44]);
});
