import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Config } from "../../src/config/schema.ts";
import type { Analysis } from "../../src/core/analysis.ts";
import type { Mark } from "../../src/core/equity.ts";
import type { Event } from "../../src/core/event.ts";
import type { EpochMs, Ns } from "../../src/domain/units.ts";
import { encodeRareEvent } from "../../src/journal/event-records.ts";
import { encodeNamed } from "../../src/journal/json-records.ts";
import { lockDirectory } from "../../src/journal/lock.ts";
import { openLog } from "../../src/journal/open-log.ts";
import { RECORD, RECORD_VERSION } from "../../src/journal/records.ts";
import { logBlock } from "../../src/lane/log-blocks.ts";
import { createShared } from "../../src/memory/shared.ts";
import { configSha256, playbooksSha256 } from "../../src/preflight/fingerprint.ts";
import { diskAnswer, machineAnswer, nodeAnswer, portsAnswer } from "../../src/preflight/host-items.ts";
import { correlationAnswer, readEvidence, shadowAnswer } from "../../src/preflight/journal-items.ts";
import { backtestAnswer } from "../../src/preflight/report-items.ts";
import {
  decayAnswer,
  limitsAnswer,
  ratiosAnswer,
  rolloutAnswer,
  stopLossAnswer,
} from "../../src/preflight/sizing-items.ts";
import { clocksAnswer, keysAnswer, type Probe, venuesAnswer } from "../../src/preflight/venue-probe.ts";
import { coreConfig, kernels } from "../support/core-config.ts";
import { sampleConfig } from "../support/sample-config.ts";

const DAY_MS = 86_400_000;
const NOW_MS = 1_790_000_000_000;

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), "outrigger-preflight-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

describe("ratios", () => {
  it("that fall with the score pass, and the ratios are those of the live bands", () => {
    const answer = ratiosAnswer(coreConfig({ shields: [], signals: [{}] }), kernels);
    expect(answer.status).toBe("passed");
    const [shown] = Object.values(answer.evidence) as [{ ratio: number[] }];
    expect(shown.ratio[0]).toBe(0.6);
    expect(shown.ratio[2]).toBe(0.4);
    expect(shown.ratio[4]).toBe(0.2);
  });

  it("that are the same whatever the confidence fail, by name", () => {
    const answer = ratiosAnswer(coreConfig({ shields: [], signals: [{ policy: { policy: "full" } }] }), kernels);
    expect(answer).toMatchObject({ status: "failed", why: expect.stringContaining("BTC/USDT: policy full") });
  });

  it("of shields fail where strength has no weight", () => {
    const core = coreConfig();
    expect(ratiosAnswer(core, kernels).status).toBe("passed");
    const [shield] = core.shields;
    const linear = { ...shield!.linear, weights: [1, 0, 0, 0, 0] as const };
    expect(ratiosAnswer({ ...core, shields: [{ ...shield!, linear }] }, kernels).status).toBe("failed");
  });

  it("are no question where nothing goes by signals", () => {
    expect(ratiosAnswer(coreConfig({ shields: [] }), kernels).status).toBe("notApplicable");
  });
});

describe("decay and stops", () => {
  it("pass with S1's defaults, and fail where age changes nothing", () => {
    const core = coreConfig({ shields: [], signals: [{}] });
    expect(decayAnswer(core)).toMatchObject({ status: "passed" });
    const [signal] = core.signals;
    const decay = { ...signal!.decay, boostPoints: 0, nearFull: 0 };
    expect(decayAnswer({ ...core, signals: [{ ...signal!, decay }] })).toMatchObject({ status: "failed" });
    const closing = { ...decay, nearFullAction: "close" as const };
    expect(decayAnswer({ ...core, signals: [{ ...signal!, decay: closing }] })).toMatchObject({ status: "passed" });
  });

  it("need a stop on every position that is opened, below its whole worth", () => {
    const core = coreConfig({ shields: [], signals: [{ stopLoss: 0.05 }] });
    expect(stopLossAnswer(core).status).toBe("passed");
    expect(stopLossAnswer(coreConfig({ shields: [], signals: [{ stopLoss: 1 }] })).status).toBe("failed");
    expect(stopLossAnswer(coreConfig()).status).toBe("notApplicable");
  });
});

it("live sizes begin below all of it; paper's need not", () => {
  const full = coreConfig();
  const staged = coreConfig({ ramp: { fraction: 0.1, startMs: NOW_MS, durationMs: 14 * DAY_MS } });
  expect(rolloutAnswer(full, true, NOW_MS).status).toBe("failed");
  expect(rolloutAnswer(full, false, NOW_MS).status).toBe("notApplicable");
  expect(rolloutAnswer(staged, true, NOW_MS)).toMatchObject({
    status: "passed",
    evidence: { shareNow: 0.1, days: 14 },
  });
  expect(limitsAnswer(full, true).evidence["limits"]).toHaveLength(full.directory.instruments.length);
});

describe("a journal as evidence", () => {
  /** A decision log with marks and correlations at these times. */
  function journal(marks: readonly number[], correlations: readonly number[] = [], lastIsRefused = false): string {
    const directory = temporary();
    const shared = createShared();
    const { writer } = openLog({
      directory: join(directory, "decisions"),
      logId: 1,
      bootId: "test",
      block: logBlock(shared, 1),
      wallMs: NOW_MS,
      segmentBytes: 65_536,
    });
    let nowNs = 0;
    const append = (type: number, wallMs: number, payload: Buffer) =>
      writer.append(type, RECORD_VERSION, ++nowNs, wallMs, payload);
    for (const atMs of marks) {
      const mark: Mark = { atMs: atMs as EpochMs, hedged: 1, shadow: 2, peak: 3, dayStart: 0 };
      append(RECORD.MARK, atMs, encodeNamed(mark));
    }
    for (const atMs of correlations) {
      const analysis = { kind: "correlation", untilMs: atMs } as Analysis;
      const event: Event = { type: "analysis", nowNs: nowNs as Ns, wallMs: atMs as EpochMs, analysis };
      // Age counts from the newest observation, not from when it came in.
      append(RECORD.EVENT_ANALYSIS, NOW_MS, encodeRareEvent(0, event));
    }
    const alarm = { code: "ANALYSIS_REFUSED", message: "correlation: instrument 3 has no row", value: 2 };
    if (lastIsRefused) append(RECORD.ALARM, NOW_MS, Buffer.from(JSON.stringify(alarm)));
    const halfLife = { kind: "halfLife", asset: 0, hedge: 1, bars: 10 } as const;
    const other: Event = { type: "analysis", nowNs: nowNs as Ns, wallMs: NOW_MS as EpochMs, analysis: halfLife };
    append(RECORD.EVENT_ANALYSIS, NOW_MS, encodeRareEvent(1, other));
    writer.close();
    return directory;
  }
  const shadow = (...marks: number[]) => shadowAnswer([readEvidence(journal(marks))!], NOW_MS);
  const two = { shields: [{}, { asset: 2, hedge: 3 }] as never };
  const correlation = (...times: number[]) =>
    correlationAnswer(coreConfig({ ...two, portfolio: {} }), [readEvidence(journal([], times))!], NOW_MS);

  it("shows the shadow where it ran for a day and a week has not passed since, to the ms", () => {
    expect(shadow().status).toBe("failed");
    expect(shadow(NOW_MS - DAY_MS, NOW_MS)).toMatchObject({
      status: "passed",
      evidence: { journals: [{ marks: 2, hedged: 1, shadow: 2 }] },
    });
    expect(shadow(NOW_MS - DAY_MS + 1, NOW_MS).status).toBe("failed");
    expect(shadow(NOW_MS - 9 * DAY_MS, NOW_MS - 7 * DAY_MS).status).toBe("passed");
    expect(shadow(NOW_MS - 9 * DAY_MS, NOW_MS - 7 * DAY_MS - 1).status).toBe("failed");
  });

  it("has correlations of at most seven days, to the ms, where a portfolio hedge goes by them", () => {
    expect(correlation().status).toBe("failed");
    expect(correlation(NOW_MS - 20 * DAY_MS, NOW_MS - 7 * DAY_MS).status).toBe("passed");
    expect(correlation(NOW_MS - 7 * DAY_MS - 1).status).toBe("failed");
    const refused = readEvidence(journal([], [NOW_MS - 8 * DAY_MS, NOW_MS], true))!;
    expect(correlationAnswer(coreConfig({ ...two, portfolio: {} }), [refused], NOW_MS).status).toBe("failed");
    expect(correlationAnswer(coreConfig({ portfolio: {} }), [], NOW_MS).status).toBe("notApplicable");
    expect(correlationAnswer(coreConfig(two), [], NOW_MS).status).toBe("notApplicable");
  });

  it("is none where there is no decision log", () => {
    expect(readEvidence(temporary())).toBeNull();
    expect(shadowAnswer([], NOW_MS).status).toBe("failed");
  });
});

describe("a report as evidence", () => {
  const OURS = "a".repeat(64);
  const report = (result: object, inputs: object = { playbooks_sha256: OURS }) => {
    const file = join(temporary(), "run.json");
    writeFileSync(file, JSON.stringify({ engine: { version: "0.1.0" }, command: "backtest run", inputs, result }));
    return file;
  };
  it.each([
    ["of 180 days and 200 trades", { days: 180, trades: 200 }, OURS, "passed"],
    ["of a moment less", { days: 179.9, trades: 200 }, OURS, "failed"],
    ["of one trade less", { days: 180, trades: 199 }, OURS, "failed"],
    ["of other playbooks", { days: 180, trades: 200 }, "b".repeat(64), "failed"],
    ["that does not say how long", { trades: 200 }, OURS, "failed"],
  ])("%s", (_name, result, playbooks, status) => {
    expect(backtestAnswer([report(result, { playbooks_sha256: playbooks })], OURS).status).toBe(status);
  });

  it("may be one of several; one that cannot be read, or is no report, is said to be none", () => {
    const good = report({ days: 200, trades: 300 });
    const bad = join(temporary(), "no.json");
    writeFileSync(bad, "[1");
    expect(backtestAnswer([bad, join(temporary(), "gone.json"), good], OURS).status).toBe("passed");
    expect(backtestAnswer([bad], OURS)).toMatchObject({
      status: "failed",
      why: expect.stringContaining("no report of"),
    });
    expect(backtestAnswer([join(temporary(), "gone.json")], OURS).why).toContain("ENOENT");
    expect(backtestAnswer([], OURS).status).toBe("failed");
  });
});

describe("venues", () => {
  const probe: Probe = {
    venue: "a",
    connectMs: 5,
    failure: null,
    positions: 0,
    listings: 2,
    quoted: 2,
    rights: { canTrade: true, canWithdraw: false },
    rightsFailure: null,
    clockOffsetMs: -250,
    clockErrorMs: 250,
  };
  const core = coreConfig({ breakers: { clockOffsetMsMax: 250 } });

  it("answer, quote every listing, and tell what the key may do", () => {
    expect(venuesAnswer([probe]).status).toBe("passed");
    expect(venuesAnswer([probe, { ...probe, venue: "b", quoted: 1 }]).why).toBe("b: 1 of 2 listings were quoted");
    expect(venuesAnswer([{ ...probe, failure: "away" }]).why).toBe("a: away");
  });

  it("refuse keys that can withdraw where there is something to take", () => {
    const withdraws = { ...probe, rights: { canTrade: true, canWithdraw: true } };
    expect(keysAnswer([probe], true).status).toBe("passed");
    expect(keysAnswer([withdraws], true).status).toBe("failed");
    expect(keysAnswer([withdraws], false).status).toBe("passed");
    expect(keysAnswer([{ ...probe, rights: { canTrade: false, canWithdraw: false } }], false).status).toBe("failed");
    expect(keysAnswer([{ ...probe, rights: null, rightsFailure: "403" }], false).why).toContain("403");
  });

  it("have clocks that are known and near, to the ms", () => {
    expect(clocksAnswer([probe], core).status).toBe("passed");
    expect(clocksAnswer([{ ...probe, clockErrorMs: 250.1 }], core).status).toBe("failed");
    expect(clocksAnswer([{ ...probe, clockOffsetMs: -250.1 }], core).status).toBe("failed");
    expect(clocksAnswer([{ ...probe, clockErrorMs: Number.NaN }], core).why).toContain("is not known");
  });
});

describe("the machine", () => {
  it("has room on its disk, or says how much is missing", () => {
    const directory = join(temporary(), "made", "here");
    expect(diskAnswer(directory, { segmentBytes: 4096, quoteSegmentsMax: 2 }).evidence).toMatchObject({
      needBytes: 4096 * 8,
      p50Ms: expect.any(Number),
    });
    const huge = diskAnswer(directory, { segmentBytes: 2 ** 50, quoteSegmentsMax: 2 });
    expect(huge).toMatchObject({ status: "failed", why: expect.stringContaining("are needed") });
    const file = join(temporary(), "file");
    writeFileSync(file, "");
    expect(diskAnswer(join(file, "x"), { segmentBytes: 4096, quoteSegmentsMax: 2 }).status).toBe("failed");
  });

  it("has free ports, or says which is not", async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const door = { name: "receiver", host: "127.0.0.1", port };
    const dataDir = temporary();
    expect(await portsAnswer([door], dataDir)).toMatchObject({
      status: "failed",
      why: `receiver: 127.0.0.1:${port} is in use`,
    });
    const lock = lockDirectory(join(dataDir, "standby"), process.pid);
    expect(await portsAnswer([door], dataDir)).toMatchObject({
      status: "notApplicable",
      why: `in use while process ${process.pid} of this configuration runs`,
    });
    expect((await portsAnswer([{ ...door, port: 0 }], dataDir)).status).toBe("notApplicable");
    await new Promise((done) => server.close(done));
    expect((await portsAnswer([door], dataDir)).status).toBe("passed");
    lock.release();
  });

  it("does not take a port for its own because of a process that has died", async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    onTestFinished(() => void server.close());
    const dataDir = temporary();
    const { port } = server.address() as { port: number };
    writeFileSync(join(dataDir, "engine.pid"), `${spawnSync(process.execPath, ["-e", ""]).pid}\n`);
    expect((await portsAnswer([{ name: "receiver", host: "127.0.0.1", port }], dataDir)).status).toBe("failed");
  });

  it("runs this Node", () => {
    expect(nodeAnswer().status).toBe("passed");
    expect(machineAnswer().evidence).toMatchObject({ cores: expect.any(Number) });
  });
});

describe("fingerprints", () => {
  it("change with any setting, and those of playbooks with what decides only", () => {
    const { config } = sampleConfig({ directory: temporary(), venues: [{ name: "a", port: 1 }] });
    const changed = (change: (copy: Config) => unknown): Config => {
      const copy = structuredClone(config);
      change(copy);
      return copy;
    };
    const otherPort = changed((copy) => Object.assign(copy.receiver, { port: 9999 }));
    const otherBeta = changed((copy) => Object.assign(copy.shield[0]!, { beta: 0.9 }));
    const shuffled = Object.fromEntries(Object.entries(config).reverse()) as Config;
    expect(configSha256(shuffled)).toBe(configSha256(config));
    expect(new Set([config, otherPort, otherBeta].map(configSha256)).size).toBe(3);
    expect(playbooksSha256(otherPort)).toBe(playbooksSha256(config));
    expect(playbooksSha256(otherBeta)).not.toBe(playbooksSha256(config));
  });
});
