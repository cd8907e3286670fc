import { Command } from "commander";
import { expect, it } from "vitest";
import { register } from "../../src/cli/operate.ts";
import { controlPort } from "./control-port.ts";
import { outrigger } from "./support.ts";

/** In this process: a command's own takes a second of processor. */
async function run(dir: string, args: readonly string[]) {
  const [said, codes]: [string[], number[]] = [[], []];
  const out = (text: string) => void said.push(text);
  const program = new Command().exitOverride();
  register(program, { env: {}, cwd: dir, out, err: out, setExitCode: (code) => void codes.push(code) });
  await program.parseAsync(["operate", ...args], { from: "user" });
  return { code: codes.at(-1) ?? 0, out: said.join("\n") };
}

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
  expect((await run(dir, args)).code).toBe(0);
  expect(told).toEqual([expected]);
});

/** Answers the command with `answer`, and with these alarms once the engine was asked twice what became of it. */
async function answering(answer: object, alarms: readonly object[], args: readonly string[]) {
  let asked = 0;
  const { dir } = await controlPort((told) => {
    if (told !== "GET /status") return answer;
    asked += 1;
    return { alarms: [{ atMs: 6, code: "STATE_CHANGED", message: "before" }, ...(asked > 2 ? alarms : [])] };
  });
  return run(dir, [...args, "-r", "x"]);
}

it("prints what became of a command, which the lane says later", async () => {
  const alarms = [
    { atMs: 7, code: "LATE_FILL", message: "something else" },
    { atMs: 7, code: "BREAKER_CLOSED", message: "clock acknowledged: x" },
    { atMs: 8, code: "STATE_CHANGED", message: "active: x" },
  ];
  const { code, out } = await answering({ handedOver: {}, atMs: 7 }, alarms, ["acknowledge", "clock"]);
  expect([code, out]).toEqual([0, "BREAKER_CLOSED: clock acknowledged: x\nSTATE_CHANGED: active: x"]);
});

it.each([
  ["proposed", 0, "--confirm within ten minutes"],
  ["notProposed", 4, "must have been proposed"],
] as const)("a limit that was %s ends with code %i", async (change, code, words) => {
  const alarm = { atMs: 7, code: "LIMIT_CHANGED", message: `drawdownMax: ${change}, 5: x` };
  const told = await answering({ handedOver: {}, atMs: 7 }, [alarm], ["limit", "drawdownMax", "5", "--confirm"]);
  expect(told).toMatchObject({ code, out: expect.stringContaining(words) });
  expect(await answering({ step: change }, [], ["resume"])).toMatchObject({
    code,
    out: expect.stringContaining(words),
  });
});

it("says what the kill switch is", async () => {
  expect((await answering({ killed: 1 }, [], ["kill", "1"])).out).toBe(
    "kill switch 1: nothing that increases risk is sent",
  );
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
