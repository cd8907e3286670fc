/** bin/outrigger.cjs from copies of the package in the places npm puts it. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run, temporary } from "./support.ts";

const BIN = new URL("../../bin/", import.meta.url).pathname;
/** Prints which Node it runs under and its arguments; then exits as told, or waits for a signal. */
const MAIN = `
const [how, ...rest] = process.argv.slice(2);
console.log(JSON.stringify({ node: process.execPath, rest }));
if (how === "exit") process.exit(Number(rest[0]));
if (how === "die") process.kill(process.pid, "SIGKILL");
// Ends by itself, so that a launcher that forgets it leaves nothing behind.
setTimeout(() => process.exit(9), 15_000);
process.on("SIGTERM", () => process.exit(7));
console.log("ready");
`;

/** A package at `where` under a temporary directory, with a Node at `nodeAt` when given. */
function install(where: string, nodeAt: string | null, main: string | null = MAIN): string {
  const root = temporary();
  const dir = join(root, where);
  mkdirSync(join(dir, "bin"), { recursive: true });
  mkdirSync(join(dir, "dist"));
  for (const file of ["outrigger.cjs", "node-flags.cjs"]) copyFileSync(join(BIN, file), join(dir, "bin", file));
  writeFileSync(join(dir, "package.json"), '{"type":"module"}');
  if (main !== null) writeFileSync(join(dir, "dist/main.js"), main);
  if (nodeAt !== null) {
    mkdirSync(join(root, nodeAt, "bin"), { recursive: true });
    symlinkSync(process.execPath, join(root, nodeAt, "bin/node"));
  }
  return join(dir, "bin/outrigger.cjs");
}

const ROOT = new URL("../../", import.meta.url);
/** Which files of the addon a thread loads with `ws`, after the module that is named by the first argument. */
const LOADED_WITH_WS = `
import { Worker } from "node:worker_threads";
await import(process.argv[1]);
const look = 'require("ws"); const files = Object.keys(require.cache).filter((file) => file.includes("bufferutil"));';
new Worker(look + 'require("node:worker_threads").parentPort.postMessage(files.length)', { eval: true, execArgv: [] }).on(
  "message",
  (files) => console.log("files:", files),
);
`;

/** A Node of another major version on this machine, or null. */
const otherNode = ["/usr/bin/node", "/usr/local/bin/node"].find((path) => {
  const answer = spawnSync(path, ["--version"], { encoding: "utf8" });
  return answer.status === 0 && !answer.stdout.startsWith("v22.");
});

describe("launcher", () => {
  it.each([
    ["nested", "pkg", "pkg/node_modules/node"],
    ["hoisted", "node_modules/outrigger", "node_modules/node"],
  ])("finds the %s Node and passes arguments and exit code on", async (_case, where, nodeAt) => {
    const launcher = install(where, nodeAt);
    const ran = await run(process.execPath, [launcher, "exit", "5", "--x", "a b"], {});
    expect(ran.code).toBe(5);
    const said = JSON.parse(ran.out);
    expect(said.rest).toEqual(["5", "--x", "a b"]);
  });

  it("works through a link in a bin directory", async () => {
    const launcher = install("node_modules/outrigger", "node_modules/node");
    const link = join(temporary(), "outrigger");
    symlinkSync(launcher, link);
    expect((await run(process.execPath, [link, "exit", "0"], {})).code).toBe(0);
  });

  it("uses the Node it runs under when that is a 22 and none is bundled, and skips a bundled one that does not answer", async () => {
    expect((await run(process.execPath, [install("pkg", null), "exit", "3"], {})).code).toBe(3);
    const launcher = install("pkg", null);
    const broken = join(launcher, "../../node_modules/node/bin");
    mkdirSync(broken, { recursive: true });
    writeFileSync(join(broken, "node"), "This file intentionally left blank", { mode: 0o755 });
    expect((await run(process.execPath, [launcher, "exit", "4"], {})).code).toBe(4);
  });

  it("says what to do when it is not built", async () => {
    const ran = await run(process.execPath, [install("pkg", null, null), "x"], {});
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining("npm run build") });
  });

  it.skipIf(!otherNode)("from another Node's shell: runs under the bundled 22, or says what is missing", async () => {
    const ran = await run(otherNode!, [install("pkg", "pkg/node_modules/node"), "exit", "6"], {});
    expect(ran.code).toBe(6);
    const missing = await run(otherNode!, [install("pkg", null), "exit", "6"], {});
    expect(missing).toMatchObject({ code: 1, err: expect.stringMatching(/needs Node 22.*\n.*npm ci/) });
  });

  it("passes a signal on and ends with the code the engine ends with", async () => {
    const child = spawn(process.execPath, [install("pkg", null), "wait"], { stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    for await (const chunk of child.stdout) {
      out += chunk;
      if (out.includes("ready")) break;
    }
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([7, null]);
  });

  it("dies of the signal the engine died of", async () => {
    const child = spawn(process.execPath, [install("pkg", null), "die"], { stdio: "ignore" });
    expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
  });

  it.each([
    ["none where the command has begun", new URL("dist/main.js", ROOT).href, /files: 0\n$/],
    ["some where nobody has forbidden it", "node:path", /files: [1-9]/],
  ])("loads no addon that aborts the process when a thread ends too early: %s", async (_, module, says) => {
    const script = ["--input-type=module", "-e", LOADED_WITH_WS, module, "--version"];
    const ran = await run(process.execPath, script, {}, ROOT.pathname);
    expect(ran).toMatchObject({ code: 0, err: "", out: expect.stringMatching(says) });
  });

  it("keeps to syntax and imports that old Nodes know", () => {
    const source = readFileSync(join(BIN, "outrigger.cjs"), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    expect(source).not.toMatch(/\?\.|\?\?|node:|\bimport\b|\bawait\b|\.\.\.|\*\*|#\w+ =|catch \{/);
  });
});
