/**
 * Fingerprints: SHA-256 of a configuration, of what decides in it, and of the program that runs. They say whether evidence is about
 * what is about to trade.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../config/schema.ts";

/** Of every setting, defaults included; the order of keys and the form of the file make no difference. */
export const configSha256 = (config: Config): string => sha256Of(config);

/**
 * Of what decides: playbooks, score and instruments, without venues, limits and paths. The same for a paper, a backtest and a live
 * configuration that decide alike.
 */
export function playbooksSha256({ shield, signal, reversion, portfolio, score, instruments }: Config): string {
  const traded = instruments.map(({ symbol, tickSize, lotSize }) => ({ symbol, tickSize, lotSize }));
  return sha256Of({ shield, signal, reversion, portfolio, score, instruments: traded });
}

/** Of every program file of this build: sources or `dist/`, whichever runs. */
export function buildSha256(): string {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const hash = createHash("sha256");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => /\.(js|ts|wasm)$/.test(path));
  for (const path of files.filter((file) => !file.endsWith(".d.ts")).sort()) {
    hash.update(`${path.replaceAll("\\", "/")}\0`).update(readFileSync(join(root, path)));
  }
  return hash.digest("hex");
}

const sha256Of = (value: unknown): string => createHash("sha256").update(canonical(value)).digest("hex");

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  const sorted = entries.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${sorted.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(",")}}`;
}
