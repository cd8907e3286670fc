/** Directories of a test's own, removed with it. */
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const MEMORY = "/dev/shm";

export function createTempDirectory(parent: string = os.tmpdir()): string {
  const directory = fs.mkdtempSync(join(parent, "outrigger-journal-"));
  // Not the blocking form: a segment being prepared in the background needs the event loop to come to its end.
  onTestFinished(() => fs.promises.rm(directory, { recursive: true, force: true, maxRetries: 20 }));
  return directory;
}

/** Without a real disk underneath where there is one to be had: for tests that emulate the disk, so that fsync is free. */
export function createMemoryDirectory(): string {
  return createTempDirectory(fs.existsSync(MEMORY) ? MEMORY : os.tmpdir());
}
