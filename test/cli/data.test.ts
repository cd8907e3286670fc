/** `outrigger data check` and `import` as a person runs them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { outrigger, temporary } from "./support.ts";

const T = 1_700_000_040_000;
const GOOD = `${T},1,1,1,1,1\n${T + 60_000},1,1,1,1,1\n`;

test("check: 0 for usable files, 1 for others, 2 for none; warnings count only with --strict", async () => {
  const dir = temporary({ "good.csv": GOOD, "stale.csv": `${T},1,1,1,1,0\n`, "bad.csv": `${T},1,0.5,1,1,1\n` });
  const file = (name: string) => join(dir, name);
  expect(await outrigger(["data", "check", file("good.csv")])).toMatchObject({ code: 0, err: "" });
  expect((await outrigger(["data", "check", file("stale.csv")])).code).toBe(0);
  expect((await outrigger(["data", "check", "--strict", file("stale.csv")])).code).toBe(1);
  const bad = await outrigger(["data", "check", "--json", file("good.csv"), file("bad.csv")]);
  expect(bad.code).toBe(1);
  expect(JSON.parse(bad.out)).toMatchObject({
    ok: false,
    files: [
      { file: file("good.csv"), usable: true, findings: [] },
      { file: file("bad.csv"), usable: false, findings: [{ code: "INCONSISTENT", severity: "error", lines: [1] }] },
    ],
  });
  const none = await outrigger(["data", "check", file("none.csv")]);
  expect(none.code).toBe(2);
  expect(none.err).toContain("none.csv");
});

test("import writes the file and says so; it does not overwrite what it reads", async () => {
  const dir = temporary({ "in.csv": GOOD });
  const ran = await outrigger(["data", "import", "in.csv", "--out", "out.csv", "--json"], {}, dir);
  expect(ran).toMatchObject({ code: 0, err: "" });
  const { sha256 } = JSON.parse(ran.out);
  expect(readFileSync(join(dir, "out.csv.sha256"), "utf8")).toBe(`${sha256}  out.csv\n`);
  expect((await outrigger(["data", "import", "in.csv", "--out", "in.csv"], {}, dir)).code).toBe(2);
  expect(readFileSync(join(dir, "in.csv"), "utf8")).toBe(GOOD);
});
