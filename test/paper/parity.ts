/** Recorded payloads of real venues, and what ours lack of them. */
import { existsSync, readFileSync } from "node:fs";
import type { Json } from "./client.ts";

export const WIRE = new URL("../../../shared/data/wire/", import.meta.url);

/** Whether the recordings are there; says so once per test file where they are not. */
export function recordingsPresent(): boolean {
  const present = existsSync(new URL("binance/", WIRE));
  if (!present) console.log("skipped: wire parity needs ../shared/data/wire");
  return present;
}

export function recorded(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, WIRE), "utf8"));
}

/** What `ours` lacks, or has with another type, as paths. A recorded null says nothing of the type. */
export function gaps(theirs: unknown, ours: unknown, path = ""): string[] {
  if (theirs === null) return [];
  if (Array.isArray(theirs))
    return Array.isArray(ours) ? (theirs.length > 0 ? gaps(theirs[0], ours[0], `${path}[]`) : []) : [path];
  if (typeof theirs !== "object") return typeof theirs === typeof ours ? [] : [`${path}:${typeof theirs}`];
  if (typeof ours !== "object" || ours === null) return [path];
  return Object.entries(theirs as Json).flatMap(([key, value]) => {
    const at = path === "" ? key : `${path}.${key}`;
    return key in ours ? gaps(value, (ours as Json)[key], at) : [at];
  });
}
