import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { lockDirectory } from "../../src/journal/lock.ts";
import { codeOf } from "./support-parts.ts";
import { createTempDirectory } from "./temp-directory.ts";

const HOLDER = `
  import { lockDirectory } from ${JSON.stringify(new URL("../../src/journal/lock.ts", import.meta.url).href)};
  try {
    globalThis.held = lockDirectory(process.argv[1], process.pid);
    console.log("held");
    setInterval(() => globalThis.held, 1000);
  } catch (error) {
    console.log(error.code);
  }
`;

function startHolder(directory: string) {
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", HOLDER, directory], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const said = once(child.stdout.setEncoding("utf8"), "data").then(([text]) => String(text).trim());
  return { child, said, exited: once(child, "exit") };
}

describe("the lock of a data directory", () => {
  it("keeps a second process out, names the holder, and ends with kill -9", async () => {
    const directory = createTempDirectory();
    const first = startHolder(directory);
    expect(await first.said).toBe("held");
    expect(() => lockDirectory(directory, process.pid)).toThrow(
      expect.objectContaining({
        code: "JOURNAL_LOCKED",
        details: expect.objectContaining({ holderPid: first.child.pid }),
      }),
    );
    const second = startHolder(directory);
    expect(await second.said).toBe("JOURNAL_LOCKED");
    await second.exited;
    first.child.kill("SIGKILL");
    await first.exited;
    lockDirectory(directory, process.pid).release();
  });

  it("holds inside one process too, and is free after release", () => {
    const directory = createTempDirectory();
    const lock = lockDirectory(directory, process.pid);
    expect(codeOf(() => lockDirectory(directory, process.pid))).toBe("JOURNAL_LOCKED");
    lock.release();
    lock.release();
    lockDirectory(directory, process.pid).release();
  });

  it("goes to exactly one of several processes that want it at once", async () => {
    const directory = createTempDirectory();
    const holders = Array.from({ length: 4 }, () => startHolder(directory));
    const said = await Promise.all(holders.map((holder) => holder.said));
    for (const { child } of holders) child.kill("SIGKILL");
    await Promise.all(holders.map(({ exited }) => exited));
    expect(said.toSorted()).toEqual(["JOURNAL_LOCKED", "JOURNAL_LOCKED", "JOURNAL_LOCKED", "held"]);
  });
});
