/**
 * Preloaded into the processes of the tests: a source that a thread loads itself is rid of its types once, not by every thread.
 *
 * Node would start its compiler in each thread, which costs more than all else that a lane's start does. Kept by content, so that
 * nothing stale can be met.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { threadId } from "node:worker_threads";

const ROOT = new URL("../..", import.meta.url).href;
const KEPT = join(tmpdir(), `outrigger-stripped-${process.version}`);

registerHooks({
  load(url, context, next) {
    if (!url.startsWith(ROOT) || !url.endsWith(".ts")) return next(url, context);
    return { format: "module", source: stripped(readFileSync(new URL(url), "utf8")), shortCircuit: true };
  },
});

function stripped(source) {
  const path = join(KEPT, createHash("sha256").update(source).digest("hex"));
  try {
    return readFileSync(path, "utf8");
  } catch {
    const code = stripTypeScriptTypes(source);
    mkdirSync(KEPT, { recursive: true });
    const fresh = `${path}.${process.pid}.${threadId}`;
    writeFileSync(fresh, code);
    renameSync(fresh, path);
    return code;
  }
}
