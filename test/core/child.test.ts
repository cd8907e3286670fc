import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addsNothing,
  applyReport,
  CHILD_STATES,
  type Change,
  type Child,
  type ChildState,
  hasEnded,
  isInDoubt,
  leavesLots,
} from "../../src/core/child.ts";
import {
  createOrderReport,
  ORDER_STATUSES,
  type OrderReport,
  type OrderStatus,
  REPORT_KINDS,
  type ReportKind,
} from "../../src/domain/order.ts";
import { type EpochMs, lots, type Ns, ticks } from "../../src/domain/units.ts";

const ABSENCE = { absenceGraceMs: 1000, notFoundsMin: 2, notFoundSpacingMs: 250 };
const NOW_NS = 5e9 as Ns;
const STAMP_MS = 1_000_000;
/** The first ms at which a venue is bound to have dropped the order: later than stamp + validity + grace. */
const GONE_MS = STAMP_MS + 400 + 1000 + 1;

function childIn(state: ChildState, cumQtyLots = 0): Child {
  return {
    clientOrderId: "0".repeat(32),
    listing: 0,
    side: "buy",
    qtyLots: lots(10),
    pxTicks: ticks(100),
    timeInForce: "ioc",
    reduceOnly: false,
    stampMs: STAMP_MS as EpochMs,
    validForMs: 400,
    venue: 0,
    instrument: 0,
    route: 1,
    shield: 0,
    cause: "a|b",
    attempt: 0,
    sentNs: 0 as Ns,
    receivedNs: 0,
    targetLots: 0,
    state,
    cumQtyLots: lots(cumQtyLots),
    avgPxTicks: cumQtyLots > 0 ? 100 : Number.NaN,
    dueNs: 0,
    unknownSinceNs: Number.NaN,
    backoffMs: 50,
    notFounds: 0,
    lastNotFoundNs: Number.NaN,
  };
}

const report = (kind: ReportKind, fields: Partial<OrderReport> = {}): OrderReport => ({
  ...createOrderReport(),
  kind,
  ...fields,
});
const status = (name: OrderStatus, cumQtyLots: number, avgPxTicks = 100) =>
  report("status", { status: name, cumQtyLots, avgPxTicks });
const apply = (child: Child, said: OrderReport, venueNowMs = GONE_MS, nowNs: Ns = NOW_NS) =>
  applyReport(child, said, nowNs, venueNowMs, ABSENCE);

const LIVE = CHILD_STATES.filter((state) => !hasEnded(childIn(state)));
const ENDED = CHILD_STATES.filter((state) => hasEnded(childIn(state)));

describe("a report that adds nothing", () => {
  it("is one that changes no ended order, whatever it says, and no other", () => {
    const reports = [
      ...REPORT_KINDS.filter((kind) => kind !== "status").map((kind) => report(kind)),
      ...ORDER_STATUSES.flatMap((name) => [-1, 0, 3, 4, 10, 11].map((cumQtyLots) => status(name, cumQtyLots))),
    ];
    for (const state of CHILD_STATES) {
      for (const said of reports) {
        const child = childIn(state, 4);
        const before = structuredClone(child);
        const adds = addsNothing(child, said);
        const change = apply(child, said);
        if (adds) expect([change, child]).toEqual(["none", before]);
        else if (ENDED.includes(state)) expect(change).not.toBe("none");
        if (LIVE.includes(state)) expect(adds).toBe(false);
      }
    }
  });
});

describe("a child order", () => {
  // What each report makes of each state: [state after, change]. `=` is the state it was in.
  const TABLE: Record<string, { said: OrderReport; cells: Partial<Record<ChildState, [ChildState, Change]>> }> = {
    ack: {
      said: report("ack"),
      cells: { reserved: ["acked", "progress"], sent: ["acked", "progress"] },
    },
    notSent: {
      said: report("notSent"),
      cells: { reserved: ["notSent", "ended"], sent: ["notSent", "ended"] },
    },
    rejected: {
      said: report("rejected", { code: -2019 }),
      cells: Object.fromEntries(LIVE.map((state) => [state, ["rejected", "ended"]])),
    },
    unknown: {
      said: report("unknown"),
      cells: Object.fromEntries(
        LIVE.filter((state) => !isInDoubt(childIn(state))).map((state) => [state, ["unknown", "unknown"]]),
      ),
    },
    duplicateId: {
      said: report("duplicateId"),
      cells: Object.fromEntries(
        LIVE.filter((state) => !isInDoubt(childIn(state))).map((state) => [state, ["unknown", "unknown"]]),
      ),
    },
    cancelUnknown: {
      said: report("cancelUnknown"),
      cells: Object.fromEntries(
        LIVE.filter((state) => !isInDoubt(childIn(state))).map((state) => [state, ["unknown", "unknown"]]),
      ),
    },
    "a first notFound": { said: report("notFound"), cells: {} },
    "status none": { said: status("none", -1), cells: {} },
    "status open": {
      said: status("open", 0),
      cells: Object.fromEntries(
        LIVE.map((state) => [state, [state === "cancelRequested" ? state : "acked", "progress"]]),
      ),
    },
    "status partiallyFilled": {
      said: status("partiallyFilled", 4),
      cells: {
        ...Object.fromEntries(
          LIVE.map((state) => [state, [state === "cancelRequested" ? state : "partial", "progress"]]),
        ),
        ...Object.fromEntries(ENDED.map((state) => [state, [state, "lateFill"]])),
      },
    },
    ...Object.fromEntries(
      (["filled", "canceled", "expired", "rejected"] as const).map((end) => [
        `status ${end} after 4`,
        {
          said: status(end, 4),
          cells: {
            ...Object.fromEntries(LIVE.map((state) => [state, [end, "ended"]])),
            ...Object.fromEntries(ENDED.map((state) => [state, [state, "lateFill"]])),
          },
        },
      ]),
    ),
    "status filled beyond its quantity": {
      said: status("filled", 11),
      cells: {
        ...Object.fromEntries(LIVE.map((state) => [state, ["filled", "overFill"]])),
        ...Object.fromEntries(ENDED.map((state) => [state, [state, "overFill"]])),
      },
    },
  };
  const rows = Object.entries(TABLE).flatMap(([name, { said, cells }]) =>
    CHILD_STATES.map((state) => [state, name, said, cells[state] ?? [state, "none"]] as const),
  );

  it.each(rows)("%s, told %s", (state, _name, said, [after, change]) => {
    const child = childIn(state);
    expect(apply(child, said)).toBe(change);
    expect(child.state).toBe(after);
  });

  it("that has ended reserves nothing, any other all that has not filled", () => {
    for (const state of ENDED) expect(leavesLots(childIn(state, 3))).toBe(0);
    for (const state of LIVE) expect(leavesLots(childIn(state, 3))).toBe(7);
    expect(leavesLots(childIn("partial", 12))).toBe(0);
  });

  it("rejected after a fill is a contradiction and stays in doubt", () => {
    const child = childIn("partial", 3);
    expect(apply(child, report("rejected"))).toBe("unknown");
    expect(child).toMatchObject({ state: "unknown", unknownSinceNs: NOW_NS, dueNs: NOW_NS });
    expect(leavesLots(child)).toBe(7);
  });

  it("filled without a quantity has filled whole", () => {
    const child = childIn("sent");
    apply(child, status("filled", -1));
    expect(child).toMatchObject({ state: "filled", cumQtyLots: 10 });
  });

  it("open with all of it filled has ended", () => {
    const child = childIn("sent");
    expect(apply(child, status("partiallyFilled", 10))).toBe("ended");
    expect(child.state).toBe("filled");
  });

  it("found open is out of doubt; an end takes its deadline away", () => {
    const child = childIn("resolving");
    child.unknownSinceNs = 1;
    apply(child, status("open", 0));
    expect(child.unknownSinceNs).toBeNaN();
    apply(child, status("canceled", 0));
    expect(child.dueNs).toBe(Number.POSITIVE_INFINITY);
  });

  describe("is absent only by proof:", () => {
    const twice = (venueNowMs: number, gapMs: number, child = childIn("resolving")) => {
      apply(child, report("notFound"), venueNowMs);
      const change = apply(child, report("notFound"), venueNowMs, (NOW_NS + gapMs * 1e6) as Ns);
      return [child.state, change];
    };
    it("two answers, spaced, after its time at the venue", () =>
      expect(twice(GONE_MS, 250)).toEqual(["notPlaced", "ended"]));
    it("not before that time", () => expect(twice(GONE_MS - 1, 250)).toEqual(["resolving", "none"]));
    it("not with the venue's clock unknown", () => expect(twice(Number.NaN, 250)).toEqual(["resolving", "none"]));
    it("not closer together", () => expect(twice(GONE_MS, 249.999)).toEqual(["resolving", "none"]));
    it("not when it has filled in part", () =>
      expect(twice(GONE_MS, 250, childIn("resolving", 1))).toEqual(["resolving", "none"]));
    it("not when the venue has shown it open", () => {
      const child = childIn("sent");
      apply(child, status("open", 0));
      child.state = "resolving";
      expect(twice(GONE_MS, 250, child)).toEqual(["resolving", "none"]);
    });
    it("an answer too early does not count toward the two", () => {
      const child = childIn("resolving");
      apply(child, report("notFound"), GONE_MS - 1);
      apply(child, report("notFound"), GONE_MS, (NOW_NS + 300e6) as Ns);
      expect(child.state).toBe("resolving");
      apply(child, report("notFound"), GONE_MS, (NOW_NS + 550e6) as Ns);
      expect(child.state).toBe("notPlaced");
    });
  });

  const anyReport = fc.record({
    kind: fc.constantFrom(...REPORT_KINDS),
    status: fc.constantFrom(...ORDER_STATUSES),
    cumQtyLots: fc.integer({ min: -1, max: 14 }),
    avgPxTicks: fc.oneof(fc.constant(Number.NaN), fc.integer({ min: 1, max: 200 })),
  });

  it("never unfills, never comes back from its end, and says every fill", () => {
    fc.assert(
      fc.property(fc.array(anyReport, { maxLength: 12 }), (reports) => {
        const child = childIn("sent");
        let said = 0;
        reports.forEach((fields, index) => {
          const before = { ...child };
          const change = apply(child, { ...createOrderReport(), ...fields }, GONE_MS, (NOW_NS + index * 3e8) as Ns);
          expect(child.cumQtyLots).toBeGreaterThanOrEqual(before.cumQtyLots);
          if (hasEnded(before)) expect(child.state).toBe(before.state);
          if (hasEnded(before) !== hasEnded(child)) expect(["ended", "overFill"]).toContain(change);
          if (child.cumQtyLots > before.cumQtyLots) {
            expect(change).not.toBe("none");
            said += child.cumQtyLots - before.cumQtyLots;
          }
          if (change === "none") expect(child.state).toBe(before.state);
        });
        expect(said).toBe(child.cumQtyLots);
      }),
      { numRuns: 500 },
    );
  });
});
