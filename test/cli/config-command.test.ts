import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseConfig } from "../../src/config/load.ts";
import { SAMPLE_FILE, SMALL } from "../config/sample.ts";
import { outrigger, temporary } from "./support.ts";

describe("outrigger config", () => {
  it("checks the sample", async () => {
    const { code, out } = await outrigger(["config", "check", "--config", SAMPLE_FILE, "--json"]);
    expect(JSON.parse(out)).toMatchObject({ ok: true, sources: 3, venues: 3, listings: 6, shields: 2 });
    expect(code).toBe(0);
  });

  it("names file, line and column of a typo, for people and for programs, with exit code 2", async () => {
    const dir = temporary({ "outrigger.yaml": SMALL.replace("holdings", "holding") });
    const file = join(dir, "outrigger.yaml");
    const line = SMALL.split("\n").findIndex((text) => text.includes("holdings")) + 1;
    const text = await outrigger(["config", "check"], {}, dir);
    expect(text.code).toBe(2);
    expect(text.err).toContain(`${file}:${line}:24: shield[0].holding: unknown setting; did you mean "holdings"?`);
    const json = await outrigger(["config", "check", "--json"], { OUTRIGGER_CONFIG: file });
    expect(json.code).toBe(2);
    expect(JSON.parse(json.out)).toMatchObject({ ok: false, code: "CONFIG_INVALID" });
    expect(JSON.parse(json.out).problems).toContainEqual(
      expect.objectContaining({ file, line, column: 24, setting: "shield[0].holding" }),
    );
  });

  it("checks secrets when asked, and only then", async () => {
    const dir = temporary({ "outrigger.yaml": SMALL });
    expect((await outrigger(["config", "check"], {}, dir)).code).toBe(0);
    const missing = await outrigger(["config", "check", "--secrets"], {}, dir);
    expect(missing.code).toBe(2);
    expect(missing.err).toContain("DESK_SECRET is not set");
    expect((await outrigger(["config", "check", "--secrets"], { DESK_SECRET: "whsec_x" }, dir)).code).toBe(0);
  });

  it("shows a configuration that loads to itself, and no secret in it", async () => {
    const dir = temporary({ "outrigger.yaml": SMALL });
    const env = { DESK_SECRET: "swordfish" };
    const shown = await outrigger(["config", "show"], env, dir);
    const json = await outrigger(["config", "show", "--json"], env, dir);
    expect(parse(shown.out)).toEqual(JSON.parse(json.out));
    expect(parseConfig(join(dir, "outrigger.yaml"), shown.out).config).toEqual(JSON.parse(json.out));
    expect(shown.out + json.out).not.toContain("swordfish");
  });

  it("prints schema and table", async () => {
    expect(JSON.parse((await outrigger(["config", "schema"])).out)).toMatchObject({ type: "object" });
    expect((await outrigger(["config", "schema", "--markdown"])).out).toContain("| `router.validForMs` |");
  });
});

describe("outrigger", () => {
  it("says what it can do, without a configuration", async () => {
    const { code, out } = await outrigger(["--help"]);
    expect(code).toBe(0);
    for (const word of ["run", "paper", "send", "positions", "config", "Exit codes:"]) expect(out).toContain(word);
    for (const command of ["send", "positions", "config check"]) {
      const help = await outrigger([...command.split(" "), "--help"]);
      expect(help.code).toBe(0);
      expect(help.out).toMatch(/Example:\n {2}outrigger /);
    }
  });

  it("answers a wrong command line with exit code 2", async () => {
    const dir = temporary();
    for (const args of [
      ["nosuch"],
      ["send"],
      ["config", "check", "--nosuch"],
      ["send", "-a", "X", "-k", "buy"],
      ["send", "-a", "X", "--confidence", "2"],
    ]) {
      expect((await outrigger(args, {}, dir)).code, args.join(" ")).toBe(2);
    }
    const none = await outrigger(["config", "check"], {}, dir);
    expect(none).toMatchObject({ code: 2, err: expect.stringContaining("--config or OUTRIGGER_CONFIG") });
  });
});
