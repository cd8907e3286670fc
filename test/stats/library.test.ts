/** outrigger/stats as its users have it: one import by name, in plain Node, from what the build left in dist. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ols } from "../../src/stats/ols.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("the package's entry computes what the sources compute, with its types beside it", () => {
  const script = `
    import { ols, StatsError } from "outrigger/stats";
    const fit = ols([1, 2, 4, 8], [[1, 2, 3, 4]]);
    let code;
    try { ols([1, 2, 4], [[1, 1, 1]]); } catch (error) { code = error instanceof StatsError && error.code; }
    console.log(JSON.stringify({ fit, code }));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { cwd: ROOT });
  expect(stderr.toString()).toBe("");
  expect(JSON.parse(stdout.toString())).toEqual({ fit: ols([1, 2, 4, 8], [[1, 2, 3, 4]]), code: "COLLINEAR" });
  const { exports } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  for (const path of Object.values<string>(exports["./stats"])) {
    expect(existsSync(new URL(`../../${path}`, import.meta.url)), path).toBe(true);
  }
});
