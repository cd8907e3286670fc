/** The disk that tests stand on: what it keeps and what it loses. */
import { beforeEach, describe, expect, it } from "vitest";
import { createPrng } from "../../src/sim/prng.ts";
import { SimDisk } from "../../src/sim/sim-disk.ts";

const ALL_LOST = { kept: 0, torn: 0, garbled: 0 };
const ALL_GARBLED = { kept: 0, torn: 0, garbled: 100 };
let disk: SimDisk;

const write = (fd: number, text: string, at = 0) => disk.writeSync(fd, Buffer.from(text), 0, text.length, at);
const read = (path: string, length: number): string => {
  const fd = disk.openSync(path, "r");
  const bytes = Buffer.alloc(length);
  const count = disk.readSync(fd, bytes, 0, length, 0);
  disk.closeSync(fd);
  return bytes.toString("latin1", 0, count);
};
/** A file whose name and first bytes are durable. */
function durableFile(path: string, text: string): number {
  const fd = disk.openSync(path, "w+");
  write(fd, text);
  disk.fsyncSync(fd);
  const directory = disk.openSync("/d", "r");
  disk.fsyncSync(directory);
  disk.closeSync(directory);
  return fd;
}

beforeEach(() => {
  disk = new SimDisk();
  disk.mkdirSync("/d");
});

describe("a power loss", () => {
  it("keeps what was synced, and nothing else need stay", () => {
    const fd = durableFile("/d/a", "durable");
    write(fd, "LOST", 2000);
    expect(read("/d/a", 2004).slice(2000)).toBe("LOST");
    expect(disk.losePower(ALL_LOST, createPrng(1))).toBe(4);
    expect(read("/d/a", 7)).toBe("durable");
    expect(read("/d/a", 2004).slice(2000)).toBe("\0\0\0\0");
  });

  it("garbles only bytes that were written and not synced", () => {
    const fd = durableFile("/d/a", "x".repeat(512));
    write(fd, "y".repeat(100), 100);
    disk.losePower(ALL_GARBLED, createPrng(1));
    const after = read("/d/a", 512);
    expect(after.slice(0, 100) + after.slice(200)).toBe("x".repeat(412));
    expect(after.slice(100, 200)).not.toBe("y".repeat(100));
  });

  it("keeps a first part of the changes of a directory", () => {
    durableFile("/d/a", "1");
    const left = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const names = ["b", "c"];
      for (const name of names) disk.closeSync(disk.openSync(`/d/${name}`, "w+"));
      disk.renameSync("/d/b", "/d/e");
      disk.losePower(ALL_LOST, createPrng(seed));
      left.add(disk.readdirSync("/d").join());
      for (const name of disk.readdirSync("/d")) if (name !== "a") disk.unlinkSync(`/d/${name}`);
      disk.fsyncSync(disk.openSync("/d", "r"));
    }
    expect([...left].sort()).toEqual(["a", "a,b", "a,b,c", "a,c,e"]);
  });
});

it("allocates nothing while it is full, and writes over what there is", () => {
  const fd = durableFile("/d/a", "12345678");
  disk.trouble.full = true;
  expect(write(fd, "ab", 2)).toBe(2);
  expect(() => write(fd, "ab", 7)).toThrow("ENOSPC");
  expect(() => disk.openSync("/d/new", "w+")).toThrow("ENOSPC");
  expect(read("/d/a", 8)).toBe("12ab5678");
});

it("fails a sync once, and the bytes stay unsynced", () => {
  const fd = durableFile("/d/a", "old");
  write(fd, "new");
  disk.trouble.syncFails = true;
  expect(() => disk.fdatasyncSync(fd)).toThrow("EIO");
  disk.losePower(ALL_LOST, createPrng(1));
  expect(read("/d/a", 3)).toBe("old");
});
