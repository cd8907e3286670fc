/** A disk that a test can fill: a tmpfs of its own. Null where this user may not mount. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";

export interface SmallDisk {
  readonly path: string;
  /** Takes all that is left. */
  fill(): void;
  /** Gives it back. */
  free(): void;
  unmount(): void;
}

export function mountSmallDisk(megabytes: number): SmallDisk | null {
  const path = fs.mkdtempSync(join(os.tmpdir(), "outrigger-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "outrigger-test", path], { stdio: "ignore" });
  } catch {
    fs.rmdirSync(path);
    return null;
  }
  const hog = join(path, "hog");
  return {
    path,
    fill() {
      const fd = fs.openSync(hog, "a");
      try {
        for (;;) fs.writeSync(fd, Buffer.alloc(4096, 1));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      } finally {
        fs.closeSync(fd);
      }
    },
    free: () => fs.rmSync(hog, { force: true }),
    unmount() {
      execFileSync("umount", ["--lazy", path], { stdio: "ignore" });
      fs.rmdirSync(path);
    },
  };
}
