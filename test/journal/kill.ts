/** Kills a process that appends and acknowledges, at a random instant, and looks at what it left. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { openSmall, payloadFor, readAll } from "./support-parts.ts";

export interface KillRun {
  readonly acked: number;
  readonly kept: number;
}

/** Runs on top of what earlier runs left in the directory. Fails when an acknowledged record is gone or any is wrong. */
export async function killAtRandomInstant(directory: string, seed: number, killAfterMs: number): Promise<KillRun> {
  const program = fileURLToPath(new URL("./journal-child.ts", import.meta.url));
  const ackPath = join(directory, "acks.txt");
  const child = spawn(process.execPath, [program, directory, ackPath, `${seed}`], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  // The instant is counted from the first acknowledgement: before it there is nothing to lose.
  child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), killAfterMs));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  expect({ code, signal, complaints: complaints.replace(/^.*Warning.*$\s*/gm, "") }).toEqual({
    code: null,
    signal: "SIGKILL",
    complaints: "",
  });
  const output = fs.readFileSync(ackPath, "utf8");
  const acked = [...output.matchAll(/^acked (\d+)$/gm)].map((match) => Number(match[1]));
  expect(output).not.toContain("failed");
  // Acknowledged in order: the last stands for all.
  expect(acked).toEqual(acked.toSorted((a, b) => a - b));
  const opened = openSmall(directory);
  opened.writer.close();
  expect(opened.lastLsn).toBeGreaterThanOrEqual(acked.at(-1) ?? 0);
  const all = readAll(directory);
  expect(all.length).toBe(opened.lastLsn);
  const wrong = all.findIndex(({ lsn, payload }, index) => lsn !== index + 1 || !payload.equals(payloadFor(index + 1)));
  expect(wrong).toBe(-1);
  return { acked: acked.length, kept: opened.lastLsn };
}
