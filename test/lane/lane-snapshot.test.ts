/**
 * A fold that goes on from a snapshot is the fold of the whole log: byte for byte in what it would save, and field for field,
 * private ones included, in what it is.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Core } from "../../src/core/step.ts";
import type { Ns } from "../../src/domain/units.ts";
import { encodeLaneSnapshot } from "../../src/lane/lane-snapshot.ts";
import { coreConfig, coreParts, SHIELD } from "../support/core-config.ts";
import { decisionLog, ORDER_IDS } from "../support/decision-records.ts";
import { objectGraph } from "../support/object-graph.ts";
import { foldBoth } from "../support/snapshot-fold.ts";

const PLAYBOOKS = {
  signals: [{ policy: { policy: "linear", linear: SHIELD.linear } }],
  reversions: [{}],
  portfolio: {},
} as const;
const CONFIG = coreConfig(PLAYBOOKS);
const FEW = coreConfig({ ...PLAYBOOKS, score: { outcomesPendingMax: 3 } });
const NOW_NS = 1e15 as Ns;

/** Used again or made anew before anybody reads them; and the table of ids, whose places go by the order in which ids came. */
const TRANSIENT =
  /#leavesBefore|#cumBefore|#paidBefore|lastFill|#unfiled|#byId|#free\b|kernels|#config\b|\.config\b|#directory|#core\b|#work/;

const cutLog = (lengthMax: number) =>
  decisionLog(lengthMax).chain((records) =>
    fc.record({ records: fc.constant(records), cut: fc.nat({ max: records.length }) }),
  );

describe("a fold from a snapshot on", () => {
  test("saves the same bytes as the fold of the whole log", () => {
    fc.assert(
      fc.property(cutLog(60), fc.boolean(), ({ records, cut }, few) => {
        const { fold, whole } = foldBoth(new Core(few ? FEW : CONFIG, coreParts()), records, cut);
        expect(encodeLaneSnapshot(fold).equals(encodeLaneSnapshot(whole))).toBe(true);
        expect(fold.finish(NOW_NS)).toEqual(whole.finish(NOW_NS));
        expect(encodeLaneSnapshot(fold).equals(encodeLaneSnapshot(whole))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test("is the same core in every field", () => {
    fc.assert(
      fc.property(cutLog(40), ({ records, cut }) => {
        const { fold, whole } = foldBoth(new Core(CONFIG, coreParts()), records, cut);
        const [made, wished] = [fold, whole].map((each) => objectGraph(each, (path) => TRANSIENT.test(path)));
        expect(differences(made!, wished!)).toEqual([]);
        const [found, known] = [fold, whole].map(({ core }) => ORDER_IDS.map((id) => core.router.childOf(id)));
        expect(found).toEqual(known);
      }),
      { numRuns: 8 },
    );
  });
});

function differences(made: Map<string, string>, wished: Map<string, string>): string[] {
  return [...new Set([...made.keys(), ...wished.keys()])]
    .filter((path) => made.get(path) !== wished.get(path))
    .map((path) => `${path}: ${made.get(path)} instead of ${wished.get(path)}`);
}
