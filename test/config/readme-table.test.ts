import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { configTable, TABLE_BEGIN, TABLE_END } from "../../src/config/config-table.ts";

const README = new URL("../../README.md", import.meta.url);
const text = existsSync(README) ? readFileSync(README, "utf8") : "";
const marked = text.includes(TABLE_BEGIN) || text.includes(TABLE_END);

it.skipIf(!marked)("README's settings table is the generated one (outrigger config schema --markdown)", () => {
  expect(text.slice(text.indexOf(TABLE_BEGIN), text.indexOf(TABLE_END) + TABLE_END.length)).toBe(configTable());
});
