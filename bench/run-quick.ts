import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeFrames } from "./frames.ts";
import { runRepetition } from "./repetition.ts";
const dir = mkdtempSync("/tmp/ob-");
writeFrames(join(dir, "frames"), 60000);
const [targets, client, server, reps = "1", nodeArgs = ""] = process.argv.slice(2);
const names = targets!.split(",") as never[];
const num = (t: string | undefined) => (t === "-" ? null : Number(t));
for (let r = 0; r < Number(reps); r++) {
const result = await runRepetition({
  targets: names, loads: [{ name: "closed", rate: 0, rounds: 6, block: 1000 }, { name: "1k", rate: 1000, rounds: 6, block: 500 }, { name: "10k", rate: 10000, rounds: 6, block: 1000 }],
  warmUp: 3000, directory: join(dir, String(r)), framesFile: join(dir, "frames"), client: ["/tmp/lc"], clientCpu: num(client), serverCpu: num(server), nodeArgs: nodeArgs ? nodeArgs.split(" ") : [],
});
const pct = (a: number[], p: number) => a.toSorted((x, y) => x - y)[Math.min(a.length - 1, Math.floor(p * a.length))]!;
result.forEach((byTarget, l) => byTarget.forEach((s, t) => {
  const b = byTarget[0]!.latenciesUs;
  const q = [0.5, 0.99, 0.999].map((p) => `${pct(s.latenciesUs, p).toFixed(1)} (${(pct(s.latenciesUs, p) / pct(b, p)).toFixed(2)})`);
  console.log(["closed", "1k", "10k"][l], names[t], s.latenciesUs.length, q.join("  "), s.lost, s.doubled, s.foreign);
}));
}
if (!process.env.KEEP) rmSync(dir, { recursive: true }); else console.log(dir);
