#!/usr/bin/env node
// biome-ignore-all lint/style/useNodejsImportProtocol: Nodes before 12.20 do not know the prefix.
/*
 * Launcher: runs Outrigger under the Node 22 that was installed with it, whatever `node` the shell has.
 *
 * Written for old Nodes (no syntax beyond ES2017, no node: imports): it must at least run far enough to say what is
 * missing. Exit code and signals pass through unchanged.
 */
"use strict";

const childProcess = require("child_process");
const fs = require("fs");
const path = require("path");
const nodeFlags = require("./node-flags.cjs");

const NODE_MAJOR = 22;
// Whoever linked us into a bin directory: the package is where the file really is.
const packageDir = path.dirname(path.dirname(fs.realpathSync(__filename)));
const mainFile = path.join(packageDir, "dist", "main.js");

if (!fs.existsSync(mainFile)) fail("is not built yet. Run: npm run build (in " + packageDir + ")");
const node = findNode();
if (node === null) {
  fail(
    "needs Node " +
      NODE_MAJOR +
      ", and this is " +
      process.version +
      ".\n" +
      "Run npm ci in " +
      packageDir +
      ': it installs one beside the package (if npm asks, allow the install script of "node").\n' +
      "Or run it with a Node " +
      NODE_MAJOR +
      " of your own.",
  );
}
run(node);

/** The bundled Node, nested in this package or hoisted beside it; else this one when it is the right version. */
function findNode() {
  const name = process.platform === "win32" ? "node.exe" : "node";
  for (let dir = packageDir; ; dir = path.dirname(dir)) {
    const candidate = path.join(dir, "node_modules", "node", "bin", name);
    if (works(candidate)) return candidate;
    if (path.dirname(dir) === dir) break;
  }
  return process.versions.node.split(".")[0] === String(NODE_MAJOR) ? process.execPath : null;
}

/** npm leaves a placeholder there when the install script was not allowed: only a file that answers counts. */
function works(candidate) {
  if (!fs.existsSync(candidate)) return false;
  const answer = childProcess.spawnSync(candidate, ["--version"], { encoding: "utf8", timeout: 10000 });
  return answer.status === 0 && answer.stdout.indexOf("v" + NODE_MAJOR + ".") === 0;
}

function run(node) {
  const child = childProcess.spawn(node, nodeFlags.concat(mainFile, process.argv.slice(2)), { stdio: "inherit" });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"];
  const handlers = {};
  signals.forEach((signal) => {
    handlers[signal] = () => {
      // A terminal sends its signals to the whole group: the child already has this one.
      if (!(process.stdin.isTTY && (signal === "SIGINT" || signal === "SIGQUIT"))) child.kill(signal);
    };
    process.on(signal, handlers[signal]);
  });
  child.on("error", (error) => {
    fail("cannot start " + node + ": " + error.message);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    // Die of the same signal, so that the shell sees what happened.
    signals.forEach((name) => {
      process.removeListener(name, handlers[name]);
    });
    process.kill(process.pid, signal);
  });
}

function fail(message) {
  process.stderr.write("outrigger " + message + "\n");
  process.exit(1);
}
