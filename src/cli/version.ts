/** The engine's version, as package.json beside src/ and dist/ states it. */
import { readFileSync } from "node:fs";

export function engineVersion(): string {
  return JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;
}
