/** Planted bugs are tried for minutes and seldom; that each still has its place in the sources is seen at once. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { planted } from "./plants.ts";
import { MORE, NAMED } from "./route-plants.ts";
import { SIM_PLANTS } from "./sim-plants.ts";

const ROOT = new URL("../../", import.meta.url);

test.each([...SIM_PLANTS, ...NAMED, ...MORE])("$name has its place in $file", (plant) => {
  const text = readFileSync(fileURLToPath(new URL(plant.file, ROOT)), "utf8");
  expect(planted(plant, text)).not.toBe(text);
});
