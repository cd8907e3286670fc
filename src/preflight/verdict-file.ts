/**
 * The verdict of a preflight, kept beside the journal: what was found, of which configuration and program, and when. `run --live` goes
 * by it.
 *
 * Invariants
 *   - The last preflight counts, whichever way it came out: one that fails takes an earlier pass away.
 *   - A pass begins live trading for a day. What has begun may start again with the same configuration and program whenever it has
 *     to: a process that died at night must not leave its positions alone because a checklist has aged.
 */
import fs from "node:fs";
import { join } from "node:path";
import { replaceFile } from "../journal/files.ts";
import type { Item } from "./item.ts";

export const PASS_AGE_MS_MAX = 86_400_000;

export interface Verdict {
  readonly engine: { readonly name: "outrigger"; readonly version: string; readonly build_sha256: string };
  readonly config: { readonly file: string; readonly sha256: string };
  readonly environment: string;
  /** RFC 3339. */
  readonly at: string;
  readonly passed: boolean;
  readonly items: readonly Item[];
}

export const verdictPath = (dataDir: string): string => join(dataDir, "preflight.json");
const begunPath = (dataDir: string): string => join(dataDir, "live.json");

export function writeVerdict(dataDir: string, verdict: Verdict): void {
  writeDurably(verdictPath(dataDir), verdict);
}

interface Begun {
  readonly config: string;
  readonly build: string;
  /** Of the preflight that it began with. */
  readonly preflightAt: string;
}

/** Why live trading may not start; null where it may. */
export function liveRefusal(dataDir: string, configSha256: string, buildSha256: string, wallMs: number): string | null {
  const verdict = read<Verdict>(verdictPath(dataDir));
  if (verdict === null || !Array.isArray(verdict.items) || verdict.items.length === 0) {
    return "no preflight has been made: run outrigger preflight";
  }
  const failed = verdict.items.filter(({ status }) => status === "failed");
  if (!verdict.passed || failed.length > 0) {
    return `the preflight of ${verdict.at} failed: ${failed.map(({ id, why }) => `${id} (${why})`).join(", ")}`;
  }
  if (verdict.config?.sha256 !== configSha256) return `the preflight of ${verdict.at} was of another configuration`;
  if (verdict.engine?.build_sha256 !== buildSha256) return `the preflight of ${verdict.at} was of another build`;
  const ageMs = wallMs - Date.parse(verdict.at);
  const begun = read<Begun>(begunPath(dataDir));
  const goesOn =
    begun !== null && begun.config === configSha256 && begun.build === buildSha256 && begun.preflightAt === verdict.at;
  if (goesOn || (ageMs >= 0 && ageMs <= PASS_AGE_MS_MAX)) return null;
  return `the preflight of ${verdict.at} is ${Math.round(ageMs / 3_600_000)} hours old, live begins within 24 of it`;
}

/** Live trading begins by the pass that stands. */
export function beginLive(dataDir: string, configSha256: string, buildSha256: string): void {
  const verdict = read<Verdict>(verdictPath(dataDir));
  const begun: Begun = { config: configSha256, build: buildSha256, preflightAt: verdict?.at ?? "" };
  writeDurably(begunPath(dataDir), begun);
}

/** Null where there is none, or none that can be read. */
function read<Form>(path: string): Form | null {
  try {
    return JSON.parse(fs.readFileSync(path, "utf8")) as Form;
  } catch {
    return null;
  }
}

const writeDurably = (path: string, document: object): void =>
  replaceFile(path, Buffer.from(`${JSON.stringify(document, null, 2)}\n`));
