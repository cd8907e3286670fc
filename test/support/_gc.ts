import { fileURLToPath } from "node:url";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { pause, startPaperProcess, startProcess } from "./engine-process.ts";
import { createWorld } from "./world.ts";
const world = await createWorld({ dedupeIdsMax: 65_536, hedgeMaxAgeMs: 5000 });
const paper = await startPaperProcess(world);
const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const child = spawn(process.execPath, ["--trace-gc", ...(process.argv[3] ?? "").split(" ").filter(Boolean), main, "run", "--paper", "--config", world.configFile], { stdio: ["ignore", "pipe", "pipe"] });
let out = ""; child.stdout.on("data", (d) => { out += d; }); child.stderr.on("data", (d) => { out += d; });
await pause(3500);
const secs = Number(process.argv[2]);
const load = await startProcess([fileURLToPath(new URL("./feed-load.ts", import.meta.url)), `${world.receiver.replace("http", "ws")}/feed`, world.feedToken, "5000", String(secs)]);
for (let i = 0; i < secs + 2; i += 5) { await pause(5000); const s = readFileSync(`/proc/${child.pid}/status`, "utf8"); const m = readFileSync(`/proc/${child.pid}/smaps_rollup`, "utf8");
 console.log(i + 5, /VmRSS:\s+(\d+)/.exec(s)?.[1], /RssAnon:\s+(\d+)/.exec(s)?.[1], "file", /RssFile:\s+(\d+)/.exec(s)?.[1], "shm", /RssShmem:\s+(\d+)/.exec(s)?.[1]); }
console.log(load.output().split("\n")[1]);
child.kill("SIGKILL"); await paper.end("SIGTERM");
writeFileSync("/tmp/gc.txt", out); world.remove();
