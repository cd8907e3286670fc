import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import {
  beginLive,
  liveRefusal,
  PASS_AGE_MS_MAX,
  type Verdict,
  verdictPath,
  writeVerdict,
} from "../../src/preflight/verdict-file.ts";

const AT = "2026-11-21T10:00:00.000Z";
const AT_MS = Date.parse(AT);
const ITEM = { id: "disk", question: "?", status: "passed", why: "fine", evidence: {} } as const;

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), "outrigger-verdict-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const verdict = (fields: Partial<Verdict> = {}): Verdict => ({
  engine: { name: "outrigger", version: "0.1.0", build_sha256: "build" },
  config: { file: "live.yaml", sha256: "config" },
  environment: "live",
  at: AT,
  passed: true,
  items: [ITEM],
  ...fields,
});

function kept(fields: Partial<Verdict> = {}): string {
  const directory = temporary();
  writeVerdict(directory, verdict(fields));
  return directory;
}

it("a pass lets live trading begin for a day, to the ms, and not before it was made", () => {
  const directory = kept();
  const at = (ms: number) => liveRefusal(directory, "config", "build", ms);
  expect(at(AT_MS)).toBeNull();
  expect(at(AT_MS + PASS_AGE_MS_MAX)).toBeNull();
  expect(at(AT_MS + PASS_AGE_MS_MAX + 1)).toContain("24 hours old");
  expect(at(AT_MS - 1)).not.toBeNull();
});

it("what has begun by a pass starts again however old the pass is, as long as nothing has changed", () => {
  const directory = kept();
  beginLive(directory, "config", "build");
  const later = AT_MS + 30 * PASS_AGE_MS_MAX;
  expect(liveRefusal(directory, "config", "build", later)).toBeNull();
  expect(liveRefusal(directory, "other", "build", later)).toContain("another configuration");
  expect(liveRefusal(directory, "config", "other", later)).toContain("another build");
  // A preflight since then counts, and one that is old has not begun anything.
  writeVerdict(directory, verdict({ at: new Date(AT_MS + 1000).toISOString() }));
  expect(liveRefusal(directory, "config", "build", later)).toContain("hours old");
});

it("the last preflight counts: one that fails takes the pass away and names what failed", () => {
  const directory = kept();
  beginLive(directory, "config", "build");
  const failed = { ...ITEM, status: "failed", why: "no room" } as const;
  writeVerdict(directory, verdict({ passed: false, items: [ITEM, failed] }));
  expect(liveRefusal(directory, "config", "build", AT_MS)).toContain("failed: disk (no room)");
  // A pass that was claimed over a failed item is none.
  writeVerdict(directory, verdict({ items: [failed] }));
  expect(liveRefusal(directory, "config", "build", AT_MS)).toContain("failed: disk");
});

it.each([
  ["nothing", null],
  ["no JSON", "{"],
  ["other JSON", "null"],
  ["no items", JSON.stringify({ passed: true })],
  ["an empty list", JSON.stringify({ ...verdict(), items: [] })],
])("%s is no pass", (_name, text) => {
  const directory = temporary();
  if (text !== null) writeFileSync(verdictPath(directory), text);
  expect(liveRefusal(directory, "config", "build", AT_MS)).toContain("no preflight has been made");
});
