/**
 * Build: assembly/ → dist/kernels.wasm, sha256.wasm and stats.wasm, src/ → dist/, checked and bundled.
 *
 * Bundled, because Node spends half a second on finding the 300 files of an engine, and a restart may take one. What is loaded at
 * once lies in few files, each thread and each command begins in one of its own.
 *
 * Run by `npm run build` under Node 22 (it imports layout.ts by type stripping). A module is compiled only when one of its
 * sources changed. Nothing half-built is left in place: a module appears after it passed its check. Errors exit non-zero.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

if (Number(process.versions.node.split(".")[0]) < 22) {
  console.error(
    `build: Node ${process.versions.node} cannot run it; use \`npm run build\`, which brings Node 22 along`,
  );
  process.exit(1);
}

/** Whatever a process or a thread begins with, and what package.json exports. */
const ENTRIES = [
  "main",
  "lane/worker",
  "journal/flusher-thread",
  "snapshots/thread",
  "analyses/worker",
  "venues/ccxt/worker",
  "backtest/sweep-trial",
  "stats/index",
];

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
mkdirSync(dist, { recursive: true });
try {
  await buildKernels();
  buildStats();
  checkSources();
  removeOrphans(await bundleSources());
} catch (error) {
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
}

async function buildKernels() {
  const { KERNELS_FIT, SHA256_FIT, wasmProblems } = await import("./check-wasm.mjs");
  const check = (fit) => (bytes) => wasmProblems(bytes, fit);
  buildModule("kernels", "asconfig.json", kernelSources(), check(KERNELS_FIT));
  buildModule("sha256", "asconfig.sha256.json", kernelSources(), check(SHA256_FIT));
}

/** The statistics work on a memory of their own, which no layout divides. */
function buildStats() {
  const sources = filesBelow("assembly/stats").filter((path) => !path.endsWith("twin.ts"));
  buildModule("stats", "asconfig.stats.json", sources, (bytes) => {
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).map(
      (each) => `${each.module}.${each.name}`,
    );
    return imports.join() === "env.memory" ? [] : [`it imports ${imports}, a kernel calls nothing`];
  });
}

function buildModule(name, config, sources, problemsOf) {
  const wasm = join(dist, `${name}.wasm`);
  const stamp = join(dist, `${name}.sha256`);
  const hash = hashOf([config, "node_modules/assemblyscript/package.json", ...sources]);
  if (existsSync(wasm) && existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;

  const fresh = join(dist, `${name}.${process.pid}.wasm`);
  try {
    run(["node_modules/assemblyscript/bin/asc.js", "--config", config, "--outFile", relative(root, fresh)]);
    const problems = problemsOf(readFileSync(fresh));
    if (problems.length > 0) throw new Error(`${name}.wasm does not fit its memory:\n  ${problems.join("\n  ")}`);
    renameSync(fresh, wasm);
    writeFileSync(stamp, hash);
  } finally {
    rmSync(fresh, { force: true });
  }
}

function kernelSources() {
  return [
    "scripts/check-wasm.mjs",
    "src/memory/layout.ts",
    "src/wasm/sha256-state.ts",
    "src/wasm/window-state.ts",
    ...filesBelow("assembly").filter((path) => !path.startsWith(join("assembly", "stats"))),
  ];
}

function hashOf(paths) {
  const hash = createHash("sha256");
  for (const path of paths)
    hash
      .update(path)
      .update("\0")
      .update(readFileSync(join(root, path)))
      .update("\0");
  return hash.digest("hex");
}

/** All of src/; leaves its declarations. */
function checkSources() {
  run(["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"]);
}

/** Returns the files it made, from dist/. */
async function bundleSources() {
  const { rolldown } = await import("rolldown");
  const bundle = await rolldown({
    cwd: root,
    input: Object.fromEntries(ENTRIES.map((entry) => [entry, `src/${entry}.ts`])),
    platform: "node",
    // These find files of their own from where they lie: a binary, a thread, one exchange of a hundred.
    external: /^(?:uWebSockets\.js|piscina|ccxt)(?:\/|$)/,
    plugins: [sourceUrls()],
  });
  const { output } = await bundle.write({
    dir: dist,
    sourcemap: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
  });
  await bundle.close();
  return output.map(({ fileName }) => fileName);
}

/** `import.meta.url` stays what it is in the sources, whichever file of the bundle a source has come to lie in. */
function sourceUrls() {
  return {
    name: "source-urls",
    transform(code, id) {
      const path = relative(join(root, "src"), id);
      if (path.startsWith("..") || !code.includes("import.meta.url")) return null;
      return { code: code.replaceAll("import.meta.url", `SOURCE_URL(${JSON.stringify(path)})`), map: null };
    },
    renderChunk(code, { fileName }) {
      if (!code.includes("SOURCE_URL(")) return null;
      const urlOf = (path) => {
        const from = relative(dirname(fileName), path.replace(/\.ts$/, ".js"));
        return `new URL(${JSON.stringify(from)}, import.meta.url).href`;
      };
      return { code: code.replace(/SOURCE_URL\("([^"]+)"\)/g, (_, path) => urlOf(path)), map: null };
    },
  };
}

/** What the last build made and this one does not must not go on running from dist. */
function removeOrphans(made) {
  for (const path of filesBelow("dist")) {
    const file = relative("dist", path);
    const source = file.replace(/\.d\.ts$/, ".ts");
    const isOurs = made.includes(file) || /\.(?:wasm|sha256)$/.test(file);
    if (!isOurs && !(source !== file && existsSync(join(root, "src", source))))
      rmSync(join(root, path), { force: true });
  }
}

/** Every file below a folder, as sorted paths relative to the root. */
function filesBelow(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

function run(args) {
  const { status, signal, error } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status === 0) return;
  throw new Error(`${args.join(" ")} failed (${error?.message ?? signal ?? `exit ${status}`})`);
}
