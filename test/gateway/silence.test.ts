import { expect, it } from "vitest";
import { SilenceWatch } from "../../src/gateway/silence.ts";

function watch() {
  const heard = [0, 0];
  const alarms: [string, number][] = [];
  const sources = [
    { index: 0, name: "llm", heartbeatMs: 1000 },
    { index: 1, name: "quiet", heartbeatMs: 60_000 },
  ];
  const silence = new SilenceWatch(
    sources,
    10_000,
    (source) => heard[source] ?? 0,
    (...alarm) => alarms.push(alarm),
  );
  return { heard, alarms, silence };
}

it("alarms a source that was never heard, counting from the start, at one ms over its heartbeat and once", () => {
  const { alarms, silence } = watch();
  silence.check(11_000);
  expect(alarms).toEqual([]);
  silence.check(11_001);
  silence.check(12_000);
  expect(alarms).toEqual([["llm", 1001]]);
});

it("alarms the next silence of a source that came back", () => {
  const { heard, alarms, silence } = watch();
  silence.check(11_500);
  heard[0] = 11_600;
  silence.check(12_000);
  silence.check(12_601);
  expect(alarms).toEqual([
    ["llm", 1500],
    ["llm", 1001],
  ]);
});
