import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { SMALL } from "../config/sample.ts";
import { outrigger, temporary } from "./support.ts";

/** A control port that writes down what it is told. */
async function control() {
  const told: string[] = [];
  const server = createServer((request, response) => {
    request.on("data", (body: Buffer) => told.push(`${request.method} ${request.url} ${body.toString("utf8")}`));
    request.on("end", () => response.end("{}"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const dir = temporary({ "outrigger.yaml": `control: { port: ${(server.address() as AddressInfo).port} }\n${SMALL}` });
  const data = join(dir, ".outrigger/outrigger");
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, "control.token"), "t0ken", { mode: 0o600 });
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
