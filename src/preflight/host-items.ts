/**
 * Items about the machine: room and speed of the disk, free ports, and whether Node and the hardware are what was measured with.
 * Used by `preflight` and `doctor`.
 */
import fs from "node:fs";
import { createServer } from "node:net";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { standbyDirectory } from "../config/paths.ts";
import { holderOf } from "../journal/lock.ts";
import { type Answer, failed, judged, notApplicable, passed } from "./item.ts";

/** Median of one fdatasync. Webhooks are answered after one: a slower disk makes senders wait and repeat. */
const SYNC_MS_P50_MAX = 20;
const SYNCS = 50;
const SYNC_BYTES = 4096;
const CORES_MIN = 2;
const MEMORY_GIB_MIN = 1.5;
const NODE_MAJOR = 22;

export interface DiskNeeds {
  readonly segmentBytes: number;
  readonly quoteSegmentsMax: number;
}

/** Writes and removes a file in `directory`, which is made where it is not there. */
export function diskAnswer(directory: string, { segmentBytes, quoteSegmentsMax }: DiskNeeds): Answer {
  // What quotes may take, and two segments each for signals and decisions with the next one prepared.
  const needBytes = segmentBytes * (quoteSegmentsMax + 6);
  try {
    fs.mkdirSync(directory, { recursive: true });
    const { bavail, bsize, type } = fs.statfsSync(directory);
    const freeBytes = bavail * bsize;
    const times = syncTimes(join(directory, `preflight-sync.${process.pid}`));
    const [p50Ms, p99Ms] = [0.5, 0.99].map((at) => times[Math.floor(at * (times.length - 1))]!);
    const evidence = { directory, freeBytes, needBytes, fileSystemType: type, syncs: SYNCS, p50Ms, p99Ms };
    const wrong = [];
    if (freeBytes < needBytes) wrong.push(`${mib(freeBytes)} MiB are free, ${mib(needBytes)} are needed`);
    if (p50Ms! > SYNC_MS_P50_MAX) {
      wrong.push(`a fdatasync takes ${p50Ms!.toFixed(1)} ms (median), at most ${SYNC_MS_P50_MAX} may be`);
    }
    return judged(wrong, `${mib(freeBytes)} MiB free, a fdatasync takes ${p50Ms!.toFixed(2)} ms (median)`, evidence);
  } catch (cause) {
    return failed(`${directory}: ${(cause as Error).message}`, { directory });
  }
}

/** Sorted, in ms. */
function syncTimes(path: string): number[] {
  const fd = fs.openSync(path, "w");
  try {
    const page = Buffer.alloc(SYNC_BYTES, 1);
    const times = Array.from({ length: SYNCS }, (_, n) => {
      fs.writeSync(fd, page, 0, page.length, n * SYNC_BYTES);
      const from = performance.now();
      fs.fdatasyncSync(fd);
      return performance.now() - from;
    });
    return times.sort((one, other) => one - other);
  } finally {
    fs.closeSync(fd);
    fs.rmSync(path, { force: true });
  }
}

export interface Door {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** Each is listened on for a moment. Those that a process of this configuration holds itself are as they should be. */
export async function portsAnswer(doors: readonly Door[], dataDir: string): Promise<Answer> {
  const looked = await Promise.all(
    doors.map(async (door) => ({ ...door, taken: door.port === 0 ? null : await takenBy(door) })),
  );
  const wrong = looked
    .filter(({ taken }) => taken !== null)
    .map(({ name, host, port, taken }) => `${name}: ${host}:${port} ${taken === "EADDRINUSE" ? "is in use" : taken}`);
  if (doors.every(({ port }) => port === 0)) return notApplicable("any free port will do", { doors: looked });
  const own = [dataDir, standbyDirectory(dataDir)].map(holderOf).find((pid) => pid !== null);
  if (wrong.length > 0 && own !== undefined)
    return notApplicable(`in use while process ${own} of this configuration runs`, { doors: looked });
  return judged(wrong, "free", { doors: looked });
}

/** The reason why it cannot be listened on; null where it can. */
function takenBy({ host, port }: Door): Promise<string | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

export function nodeAnswer(): Answer {
  const { node, v8 } = process.versions;
  const evidence = { node, v8, napi: process.versions["napi"], platform: process.platform, arch: process.arch };
  return node.split(".")[0] === String(NODE_MAJOR)
    ? passed(`Node ${node}`, evidence)
    : failed(`Node ${node}: ${NODE_MAJOR} is what everything was measured and tested with`, evidence);
}

export function machineAnswer(): Answer {
  const cores = availableParallelism();
  const memoryGib = Math.round((totalmem() / 2 ** 30) * 10) / 10;
  const wrong = [];
  if (cores < CORES_MIN) wrong.push(`${cores} core: receiver and lane would share it`);
  if (memoryGib < MEMORY_GIB_MIN) wrong.push(`${memoryGib} GiB of memory, ${MEMORY_GIB_MIN} are needed`);
  return judged(wrong, `${cores} cores, ${memoryGib} GiB of memory`, { cores, memoryGib });
}

const mib = (bytes: number): number => Math.floor(bytes / 2 ** 20);
