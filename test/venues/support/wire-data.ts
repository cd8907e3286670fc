/** Recorded payloads of ../shared/data/wire; absent on machines that have only the repository. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const WIRE = fileURLToPath(new URL("../../../../shared/data/wire/", import.meta.url));

export const hasWireData = existsSync(WIRE);
if (!hasWireData) console.warn("skipped: recorded payloads, ../shared/data/wire is absent");

export function recorded(path: string): unknown {
  return JSON.parse(readFileSync(WIRE + path, "utf8"));
}

export function recordedNames(folder: string, pattern: RegExp): string[] {
  return hasWireData ? readdirSync(WIRE + folder).filter((name) => pattern.test(name)) : [];
}
