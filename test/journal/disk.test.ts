/**
 * Disks that are full and disks that fail, for real: small file systems of the kernel's own. Needs the right to mount, and
 * skips with one line where there is none.
 */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { DurableWatch } from "../../src/journal/durable-watch.ts";
import { type FlusherFault, startFlusher } from "../../src/journal/flusher.ts";
import { LogWriter } from "../../src/journal/log.ts";
import { eventually } from "../support/eventually.ts";
import { codeOf, createBlock, openSmall, payloadFor, readAll } from "./support-parts.ts";
import { createTempDirectory } from "./temp-directory.ts";

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: "ignore" });
}

/** Mounts and unmounts at the end; null where that is not permitted. */
function mount(directory: string, ...args: string[]): string | null {
  fs.mkdirSync(directory);
  try {
    run("mount", ...args, directory);
  } catch {
    return null;
  }
  onTestFinished(() => run("umount", "--lazy", directory));
  return directory;
}

function canMount(): boolean {
  const probe = fs.mkdtempSync(join(os.tmpdir(), "outrigger-mount-"));
  try {
    run("mount", "-t", "tmpfs", "-o", "size=64k", "outrigger-test", probe);
    run("umount", probe);
    return true;
  } catch {
    return false;
  } finally {
    fs.rmdirSync(probe);
  }
}

const permitted = canMount();
if (!permitted) console.warn("skipped: the tests with full and failing disks (no right to mount)");

const SEGMENT = { segmentBytes: 65_536 };

describe.skipIf(!permitted)("a full disk", () => {
  it("does not stop a log inside its segment, then fails it with ENOSPC, and all that was written is there", async () => {
    const disk = mount(join(createTempDirectory(), "disk"), "-t", "tmpfs", "-o", "size=256k", "outrigger-test")!;
    const directory = join(disk, "log");
    const { writer } = openSmall(directory, SEGMENT);
    // Somebody else takes the rest.
    const hog = fs.openSync(join(disk, "hog"), "w");
    expect(() => {
      for (;;) fs.writeSync(hog, Buffer.alloc(4_096, 1));
    }).toThrow("ENOSPC");
    fs.closeSync(hog);
    let writtenLsn = 0;
    let failure = "none";
    for (let lsn = 1; lsn < 10_000 && failure === "none"; lsn++) {
      failure = codeOf(() => {
        writer.append(1, 1, 0, 0, payloadFor(lsn));
        writer.write();
        writtenLsn = lsn;
      }) as string;
      if (failure === "no error") failure = "none";
      // Lets the preparation run into the full disk, so that the failure is announced before it happens.
      if (lsn % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(failure).toBe("JOURNAL_WRITE_FAILED");
    expect(writer.state).toBe("failed");
    // On a busy machine the log may run into its end before the preparation has told of it.
    await eventually(() => writer.preparationErrno === "ENOSPC");
    expect(writtenLsn).toBeGreaterThan(200);
    // Nothing half made holds on to the little space there is.
    expect(fs.readdirSync(directory)).toEqual(["00000001.seg"]);
    // Space returns, but this writer does not.
    fs.unlinkSync(join(disk, "hog"));
    expect(codeOf(() => writer.append(1, 1, 0, 0, payloadFor(1)))).toBe("JOURNAL_FAILED");
    expect(codeOf(() => writer.write())).toBe("JOURNAL_FAILED");
    writer.close();
    const reopened = openSmall(directory, SEGMENT);
    expect(reopened.lastLsn).toBe(writtenLsn);
    expect(reopened.writer).toBeInstanceOf(LogWriter);
    reopened.writer.append(1, 1, 0, 0, payloadFor(writtenLsn + 1));
    reopened.writer.close();
    const all = readAll(directory);
    expect(all.length).toBe(writtenLsn + 1);
    expect(all.every(({ lsn, payload }) => payload.equals(payloadFor(lsn)))).toBe(true);
  });

  it("refuses to make a log at all", () => {
    const disk = mount(join(createTempDirectory(), "disk"), "-t", "tmpfs", "-o", "size=32k", "outrigger-test")!;
    expect(() => openSmall(join(disk, "log"), SEGMENT)).toThrow(
      expect.objectContaining({ code: "JOURNAL_WRITE_FAILED", details: expect.objectContaining({ errno: "ENOSPC" }) }),
    );
  });
});

describe.skipIf(!permitted)("a disk that fails", () => {
  it("is found out by the sync: nothing more is called durable, and what had been is still there", async (context) => {
    // A file system in a file on a disk that is too small for it: its writes are accepted and fail when they reach the disk.
    const directory = createTempDirectory();
    const disk = mount(join(directory, "disk"), "-t", "tmpfs", "-o", "size=24m", "outrigger-test")!;
    const image = join(disk, "image");
    fs.closeSync(fs.openSync(image, "w"));
    fs.truncateSync(image, 16 * 1024 * 1024);
    let inner: string | null = null;
    try {
      run("mkfs.ext4", "-q", "-O", "^has_journal", image);
      inner = mount(join(directory, "inner"), "-o", "loop", image);
    } catch {
      // No mkfs here.
    }
    if (inner === null) {
      console.warn("skipped: a disk that fails (no loop device or no mkfs.ext4)");
      context.skip();
      return;
    }
    const block = createBlock();
    const log = join(inner, "log");
    const { writer } = openSmall(log, { block, segmentBytes: 8 * 1024 * 1024, bufferBytes: 1024 * 1024 });
    const watch = new DurableWatch(block);
    const faults: FlusherFault[] = [];
    const flusher = await startFlusher({ logs: [{ directory: log, block }], onFault: (fault) => faults.push(fault) });
    onTestFinished(() => flusher.stop());
    const durable = (lsn: number) => new Promise<boolean>((resolve) => watch.whenDurable(lsn, resolve));
    const first = writer.append(1, 1, 0, 0, payloadFor(1));
    writer.write();
    expect(await durable(first)).toBe(true);
    // The disk shrinks under it: the blocks of the segment that hold nothing yet are given back, and taken by another.
    run("fallocate", "--punch-hole", "--offset", `${1024 * 1024}`, "--length", `${15 * 1024 * 1024}`, image);
    const hog = fs.openSync(join(disk, "hog"), "w");
    expect(() => {
      for (;;) fs.writeSync(hog, Buffer.alloc(65_536, 1));
    }).toThrow("ENOSPC");
    fs.closeSync(hog);
    let last = 0;
    for (let lsn = 2; lsn < 12; lsn++) last = writer.append(1, 1, 0, 0, Buffer.alloc(500_000, lsn));
    writer.write();
    expect(await durable(last)).toBe(false);
    expect(watch.failure).toBeGreaterThan(0);
    await expect.poll(() => faults.length).toBe(1);
    writer.append(1, 1, 0, 0, payloadFor(2));
    writer.write();
    expect(await durable(last + 1)).toBe(false);
    expect(watch.durableLsn).toBeLessThan(last);
    writer.close();
  });
});
