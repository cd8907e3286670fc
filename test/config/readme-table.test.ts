/** What the documents say of settings, alarms and files is what there is. */
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { configTable, TABLE_BEGIN, TABLE_END } from "../../src/config/config-table.ts";
import { ALARM_CODES } from "../../src/core/event.ts";

const text = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

it("README's settings table is the generated one (outrigger config schema --markdown)", () => {
  expect(text.slice(text.indexOf(TABLE_BEGIN), text.indexOf(TABLE_END) + TABLE_END.length)).toBe(configTable());
});

it("README says of every alarm what to do", () => {
  const [, table = ""] = text.split("| alarm | what to do |\n");
  const codes: readonly string[] = table.split("\n\n")[0]!.match(/\b[A-Z]+(?:_[A-Z]+)*\b/g) ?? [];
  expect(ALARM_CODES.filter((code) => !codes.includes(code))).toEqual([]);
});

it.each(["README.md", "src/ARCHITECTURE.md", "CHANGELOG.md"])("%s names only files that are there", (document) => {
  const at = (path: string) => new URL(`../../${path}`, import.meta.url);
  const named =
    readFileSync(at(document), "utf8").match(/(?<=`|\]\()\w[\w-]*(\/[\w.-]+)+\.(ts|fbs|yaml|mjs|cjs)(?=`|\))/g) ?? [];
  const missing = named.filter((path) => !existsSync(at(path)) && !existsSync(at(`src/${path}`)));
  expect(missing).toEqual([]);
});
