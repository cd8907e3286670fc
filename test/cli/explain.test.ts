import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { formatStory } from "../../src/cli/explain.ts";
import { SMALL } from "../config/sample.ts";
import { outrigger, temporary } from "./support.ts";

it("prints each part once, its numbers aligned under it", () => {
  expect(
    formatStory([
      { part: "signal", name: "source", value: "hook" },
      { part: "signal", name: "confidence", value: 0.7 },
      { part: "score", name: "score", value: 0.75 },
    ]),
  ).toBe("signal\n  source      hook\n  confidence  0.7\nscore\n  score       0.75");
});

it("says when the journal knows no such signal, for people and for programs", async () => {
  const dir = temporary({ "outrigger.yaml": SMALL });
  for (const log of ["intake", "decisions"])
    mkdirSync(join(dir, ".outrigger/outrigger/journal", log), { recursive: true });
  const text = await outrigger(["explain", "nobody"], {}, dir);
  expect(text.code).toBe(1);
  expect(text.err).toContain('no signal "nobody"');
  const json = await outrigger(["explain", "nobody", "--json"], {}, dir);
  expect(JSON.parse(json.out)).toMatchObject({ ok: false, code: "UNKNOWN_SIGNAL" });
});
