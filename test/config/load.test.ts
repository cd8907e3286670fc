import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { CONFIG_BYTES_MAX } from "../../src/config/document.ts";
import { openConfig } from "../../src/config/load.ts";
import { ConfigError, formatProblem } from "../../src/config/problem.ts";
import { createDirectory, resolveAsset } from "../../src/domain/instrument.ts";
import { load, problemsOf, SAMPLE_FILE, SMALL, sampleText, small } from "./sample.ts";

const dir = mkdtempSync(join(tmpdir(), "outrigger-config-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("loading", () => {
  it("loads the sample, and its instruments build a directory", () => {
    const { config } = openConfig(SAMPLE_FILE);
    const directory = createDirectory(
      config.sources.map((source) => source.name),
      config.venues.map((venue) => venue.name),
      config.instruments,
    );
    expect(directory.listings).toHaveLength(6);
    expect(resolveAsset(directory, "BTC-USD")).toBe(0);
    expect(resolveAsset(directory, "BTC/USDT:USDT")).toBe(2);
  });

  it("fills in SPEC's defaults", () => {
    const { config } = load(SMALL);
    const shield = config.shield[0];
    expect(config.receiver.port).toBe(8700);
    expect(config.receiver.bodyBytesMax).toBe(65_536);
    expect(config.receiver.answerTimeoutMs).toBe(2500);
    expect(config.sources[0]?.maxAgeMs).toEqual({
      open: 30_000,
      adjust: 30_000,
      hedge: 30_000,
      close: 86_400_000,
      evidence: 86_400_000,
    });
    expect(config.router).toMatchObject({
      mode: "best-first",
      childTimeoutMs: 500,
      validForMs: 400,
      slippageBpsMax: 20,
    });
    expect(config.router.slippageBpsMaxHighLeverage).toBe(50);
    expect(Object.values(shield?.weights ?? {})).toEqual([0.35, 0.25, 0.2, 0.15, 0.05]);
    expect(shield?.night).toEqual({ fromHour: 1, toHour: 4, factor: 1.2 });
    expect(shield?.decay).toMatchObject({ boostAt: 0.5, boostPoints: 0.2, nearFullAt: 0.8, nearFull: 0.95 });
    expect(shield?.correction).toMatchObject({ band: 0.05, slippageBuffer: 0.002 });
    expect(shield?.leverageGain).toBe(0.25);
    expect(shield?.overHedgeLotsMax).toBe(0);
  });

  it("makes every path absolute from the file, with {id} and {dataDir} replaced", () => {
    const secrets = small("secretsEnv: [DESK_SECRET]", 'secretsFile: ["{dataDir}/a", b, /c]');
    const { config } = load(`engine: { id: desk-1, dataDir: "../data/{id}" }\n${secrets}`);
    expect(config.engine.dataDir).toBe("/etc/data/desk-1");
    expect(config.sources[0]?.auth).toMatchObject({ secretsFile: ["/etc/data/desk-1/a", "/etc/outrigger/b", "/c"] });
    expect(load(SMALL).config.engine.dataDir).toBe("/etc/outrigger/.outrigger/outrigger");
    const names = ["apiKey", "apiSecret", "passphrase", "uid", "walletAddress", "privateKey"].map(
      (name) => `${name}File`,
    );
    const venue = small(
      "environment: paper",
      `environment: paper, ${names.map((name) => `${name}: k/${name}`).join(", ")}`,
    );
    for (const name of names) expect(load(venue).config.venues[0]).toHaveProperty(name, `/etc/outrigger/k/${name}`);
  });

  it("takes a key without a value as absent", () => {
    expect(load(`receiver:\n  port:\nrouter:\n${SMALL}`).config.receiver.port).toBe(8700);
    expect(problemsOf(small("onUnknown: wait", "onUnknown: "))[0]).toMatchObject({ setting: "shield[0].onUnknown" });
  });

  it("keeps decimals exact and refuses those that a float has already changed", () => {
    expect(load(small('tickSize: "0.1"', "tickSize: 0.1")).config.instruments[1]?.tickSize).toBe("0.1");
    expect(load(small('holdings: "1"', 'holdings: "-12345678901234567.5"')).config.shield[0]?.holdings).toBe(
      "-12345678901234567.5",
    );
    expect(problemsOf(small('holdings: "1"', "holdings: 1234567890.12345678"))[0]?.message).toContain("in quotes");
    expect(problemsOf(small('tickSize: "0.1"', "tickSize: 1e-7"))[0]?.setting).toBe("instruments[1].tickSize");
    for (const bad of ['"0"', '"-1"', '"1e3"', '"0x10"', '""', ".nan", ".inf", "true", '" 1"', '"１"']) {
      const [problem] = problemsOf(small('lotSize: "0.001"', `lotSize: ${bad}`));
      expect(problem?.setting, bad).toBe("instruments[1].lotSize");
    }
  });
});

describe("problems", () => {
  it("names file, line and column of a typo and suggests the setting that was meant", () => {
    const [problem, ...others] = problemsOf(`${SMALL}router:\n  childTimeoutMs: 500\n  valdForMs: 400\n`);
    expect(others).toEqual([]);
    const line = SMALL.split("\n").length + 2;
    expect(formatProblem(problem!)).toBe(
      `/etc/outrigger/test.yaml:${line}:3: router.valdForMs: unknown setting; did you mean "validForMs"?`,
    );
  });

  it.each([
    ["engin: { id: x }\n", "engin", "engine"],
    ["receiver: { prot: 1 }\n", "receiver.prot", "port"],
    ["receiver: { feed: { idle: 9 } }\n", "receiver.feed.idle", "idleTimeoutS"],
    ["risk: { orderNotionlaMax: 1 }\n", "risk.orderNotionlaMax", "orderNotionalMax"],
  ])("finds the typo in %j", (text, setting, meant) => {
    const [problem] = problemsOf(text + SMALL);
    expect(problem).toMatchObject({ setting, message: `unknown setting; did you mean "${meant}"?` });
  });

  it("suggests nothing where nothing is near", () => {
    expect(problemsOf(`zzzzzz: 1\n${SMALL}`)[0]?.message).toBe("unknown setting");
  });

  it("finds typos inside lists and inside the form a choice asks for", () => {
    const found = problemsOf(
      small("secretsEnv: [DESK_SECRET]", "secretEnv: [X], tokenEnv: Y").replace(
        "symbol: BTCUSDT",
        "symbol: BTCUSDT, lot: 1",
      ),
    );
    expect(found.map((problem) => problem.setting)).toEqual([
      "sources[0].auth.secretEnv",
      "sources[0].auth.tokenEnv",
      "instruments[1].listings[0].lot",
    ]);
    expect(found[0]?.message).toContain('"secretsEnv"');
  });

  it("reports everything at once, in the order of the file", () => {
    const text = `receiver: { port: 70000, hots: x }\ncontrol: 7\nrouter: { mode: rase, validForMs: "400" }\n${SMALL}`;
    const found = problemsOf(text);
    expect(found.map((problem) => problem.setting)).toEqual([
      "receiver.port",
      "receiver.hots",
      "control",
      "router.mode",
      "router.validForMs",
    ]);
    expect(found.map((problem) => [problem.line, problem.column])).toEqual([
      [1, 19],
      [1, 26],
      [2, 10],
      [3, 17],
      [3, 35],
    ]);
  });

  it("states type, limits and unit of a wrong value, and the value", () => {
    expect(problemsOf(`router: { validForMs: 5 }\n${SMALL}`)[0]?.message).toBe(
      "expected a whole number from 10 to 60000 (ms), got 5",
    );
    expect(problemsOf(`router: { validForMs: 400.5 }\n${SMALL}`)[0]?.message).toContain("a whole number");
    expect(problemsOf(`engine: { lanes: pol }\n${SMALL}`)[0]?.message).toBe(
      'expected one of pool, inline, got "pol"; did you mean "pool"?',
    );
    expect(problemsOf(small("adapter: schema", "adapter: webhook"))[0]?.message).toBe(
      'expected one of schema, tradingview, feed, got "webhook"',
    );
    expect(problemsOf(small("    adapter: schema\n", ""))[0]).toMatchObject({
      setting: "sources[0].adapter",
      message: "missing; expected one of schema, tradingview, feed",
    });
    expect(problemsOf(small("environment: paper", "environment: papre"))[0]?.message).toContain('"paper"?');
  });

  it("requires onUnknown, which has no default on purpose", () => {
    const [problem] = problemsOf(small(", onUnknown: wait", ""));
    expect(problem?.setting).toBe("shield[0].onUnknown");
    expect(problem?.message).toMatch(/^missing, and it has no default\. .*overHedgeLotsMax/);
  });

  it("reports what sections are missing altogether", () => {
    expect(problemsOf("engine: {}\n").map((problem) => problem.setting)).toEqual(["sources", "venues", "instruments"]);
    for (const text of ["", "[]", "5", "# nothing"]) expect(problemsOf(text)[0]?.message).toContain("mapping");
  });

  it("reports YAML errors with their place, and duplicate keys among them", () => {
    expect(problemsOf("engine:\n  id: a\n  id: b\n")[0]).toMatchObject({ line: 3, column: 3 });
    expect(problemsOf("engine: [\n")[0]?.line).toBe(2);
    expect(problemsOf("engine: !!js/function x\n").length).toBeGreaterThan(0);
  });

  it("survives documents made to harm", () => {
    const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 12; i++)
      bomb.push(
        `b${i}: &b${i} [${Array(9)
          .fill(i === 1 ? "*a" : `*b${i - 1}`)
          .join(", ")}]`,
      );
    expect(problemsOf(bomb.join("\n")).length).toBeGreaterThan(0);
    expect(problemsOf(`__proto__: { port: 1 }\nconstructor: 1\n${SMALL}`).map((problem) => problem.setting)).toEqual([
      "__proto__",
      "constructor",
    ]);
    expect(({} as { port?: number }).port).toBeUndefined();
    expect(problemsOf(`${"[".repeat(3000)}\n`).length).toBeGreaterThan(0);
  });

  it("refuses a missing file, a directory and an oversize file by code", () => {
    const code = (path: string) => {
      try {
        openConfig(path);
        return "loaded";
      } catch (error) {
        return error instanceof ConfigError ? error.code : String(error);
      }
    };
    writeFileSync(join(dir, "big.yaml"), `#${"x".repeat(CONFIG_BYTES_MAX)}`);
    expect(code(join(dir, "none.yaml"))).toBe("CONFIG_NOT_FOUND");
    expect(code(dir)).toBe("CONFIG_UNREADABLE");
    expect(code(join(dir, "big.yaml"))).toBe("CONFIG_UNREADABLE");
  });

  it("finds a typo in any key of the sample, at its own line", () => {
    const lines = sampleText().split("\n");
    let tried = 0;
    lines.forEach((line, i) => {
      const key = /^( *(?:- )?)([a-zA-Z]+):/.exec(line);
      if (!key) return;
      const [, indent = "", word = ""] = key;
      const broken = lines.with(i, `${indent}${word}q${line.slice(indent.length + word.length)}`);
      const found = problemsOf(broken.join("\n"));
      const at = found.find((problem) => problem.line === i + 1 && problem.column === indent.length + 1);
      expect(at?.message, line).toBe(`unknown setting; did you mean "${word}"?`);
      tried += 1;
    });
    expect(tried).toBeGreaterThan(50);
  });
});
