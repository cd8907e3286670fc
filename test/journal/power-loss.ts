/**
 * A disk that loses power, emulated on the files of a real log.
 *
 * Until it is synced, a sector may hold what it held at the last sync, what was written since, zeroes or anything; a segment
 * that got its name since may have lost it again. Whatever was synced stays. Two things are certain even in a segment that
 * is new: its identity sector and its size, which are synced before it gets its name.
 *
 * One assumption is the disk's: writing the rest of a sector does not harm the bytes in front that were synced earlier
 * ("powersafe overwrite" in SQLite's words, which assumes it too).
 */
import fs from "node:fs";
import { join } from "node:path";
import { SECTOR_BYTES } from "../../src/journal/format.ts";

export type DiskImage = ReadonlyMap<string, Buffer>;

export function takeImage(directory: string): DiskImage {
  const names = fs.readdirSync(directory).filter((name) => name.endsWith(".seg"));
  return new Map(names.map((name) => [name, fs.readFileSync(join(directory, name))]));
}

/** Writes into `target` one of the states that the disk may be in. */
export function losePower(target: string, synced: DiskImage, written: DiskImage, random: () => number): void {
  fs.rmSync(target, { recursive: true, force: true });
  fs.mkdirSync(target);
  // Mostly one fate for all sectors, or fine mixtures: both find holes that the other does not.
  const fateWeights = [random(), random(), random() < 0.5 ? 0 : random(), random() < 0.5 ? 0 : random()];
  const names = [...written.keys()].sort();
  const fresh = names.filter((name) => !synced.has(name));
  const keptFresh = Math.floor(random() * (fresh.length + 1));
  const lost = new Set(fresh.slice(keptFresh));
  for (const name of names) {
    if (lost.has(name)) continue;
    const now = written.get(name)!;
    const before = synced.get(name) ?? blank(now);
    const after = Buffer.from(before);
    for (let offset = 0; offset < now.length; offset += SECTOR_BYTES) {
      const newer = now.subarray(offset, offset + SECTOR_BYTES);
      if (newer.equals(before.subarray(offset, offset + SECTOR_BYTES))) continue;
      const fate = draw(fateWeights, random);
      const end = offset + SECTOR_BYTES;
      let from = offset;
      while (now[from] === before[from]) from++;
      if (fate === 1) newer.copy(after, offset);
      else if (fate === 2) after.fill(0, from, end);
      else if (fate === 3) for (let at = from; at < end; at++) after[at] = random() * 256;
    }
    fs.writeFileSync(join(target, name), after);
  }
}

function blank(segment: Buffer): Buffer {
  const bytes = Buffer.alloc(segment.length);
  segment.copy(bytes, 0, 0, SECTOR_BYTES);
  return bytes;
}

function draw(weights: readonly number[], random: () => number): number {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  return Math.max(
    0,
    weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    }),
  );
}
