import { expect, it } from "vitest";
import { controlPort } from "./control-port.ts";
import { outrigger } from "./support.ts";

/** A control port that writes down what it is told. */
async function control() {
  const told: string[] = [];
  const { dir } = await controlPort((each) => {
    told.push(each);
    return {};
  });
  return { dir, told };
}

it.each([
  [["kill", "1", "-r", "news"], 'POST /kill {"level":1,"reason":"news"}'],
  [
    ["kill", "0", "venue", "a", "-r", "back", "--confirm"],
    'POST /kill/part {"part":"venue","name":"a","level":0,"reason":"back","confirmed":true}',
  ],
  [["state", "active", "-r", "checked"], 'POST /state {"state":"active","reason":"checked"}'],
  [
    ["acknowledge", "venueDown", "a", "-r", "back"],
    'POST /breakers/acknowledge {"breaker":"venueDown","reason":"back","subject":"a"}',
  ],
  [
    ["weights", "shield:X", "3", "-r", "crash"],
    'POST /weights {"playbook":"shield:X","version":3,"confirmed":false,"reason":"crash"}',
  ],
  [["without", "b", "-r", "down till noon"], 'POST /venues/without {"venue":"b","reason":"down till noon"}'],
  [["acknowledge", "clock", "-r", "ntp"], 'POST /breakers/acknowledge {"breaker":"clock","reason":"ntp"}'],
  [
    ["limit", "drawdownMax", "1e3", "-r", "thin", "--confirm"],
    'POST /limits {"name":"drawdownMax","value":1000,"confirmed":true,"reason":"thin"}',
  ],
])("operate %j", async (args, expected) => {
  const { dir, told } = await control();
  expect((await outrigger(["operate", ...args], {}, dir)).code).toBe(0);
  expect(told).toEqual([expected]);
});

it.each([
  [["state", "active"], "--reason"],
  [["without", "b"], "--reason"],
  [["limit", "drawdownMax", "much", "-r", "x"], "value: much is not a number"],
  [["fuse", "-r", "x"], "unknown command"],
])("operate %j is refused and nothing is sent", async (args, message) => {
  const { dir, told } = await control();
  const { code, err } = await outrigger(["operate", ...args], {}, dir);
  expect([code, told]).toEqual([2, []]);
  expect(err).toContain(message);
});
