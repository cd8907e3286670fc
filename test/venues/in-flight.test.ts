import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InFlight } from "../../src/venues/in-flight.ts";

const open = (table: InFlight, id = "x", link = 1, nowNs = 0) => table.open("place", id, 0, link, nowNs);

describe("requests in flight", () => {
  it("agree with a plain map over any history of requests, answers and lost links", () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ type: fc.constant("open" as const), link: fc.integer({ min: 1, max: 3 }) }) },
      { weight: 3, arbitrary: fc.record({ type: fc.constant("answer" as const), nth: fc.nat(40) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant("lose" as const), link: fc.integer({ min: 1, max: 3 }) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 9 }), (steps, max) => {
        const table = new InFlight(max, 0);
        const model = new Map<number, { readonly link: number; readonly sentNs: number }>();
        const ids: number[] = [];
        for (const each of steps) {
          if (each.type === "open") {
            const sentNs = 100 + ids.length;
            const request = open(table, `order ${ids.length}`, each.link, sentNs);
            expect(request === null).toBe(model.size >= max);
            if (request === null) continue;
            expect(request.id).toBeGreaterThan(ids.at(-1) ?? 0);
            ids.push(request.id);
            model.set(request.id, { link: each.link, sentNs });
          } else if (each.type === "answer") {
            const id = ids[each.nth % Math.max(1, ids.length)] ?? 77;
            const request = table.find(id);
            expect(request !== undefined).toBe(model.delete(id));
            if (request) table.end(request);
          } else {
            const lost = [...model].filter(([, { link }]) => link === each.link);
            expect(table.waitingSinceNs(each.link)).toBe(Math.min(...lost.map(([, { sentNs }]) => sentNs)));
            expect(table.takeOf(each.link).map(({ id }) => id)).toEqual(lost.map(([id]) => id));
            for (const [id] of lost) model.delete(id);
          }
          expect(table.count).toBe(model.size);
        }
      }),
    );
  });

  it("give a buffer of their own to each of those under way, and a new one where the old may still be written", () => {
    const table = new InFlight(4, 64);
    const requests = ["a", "b", "c"].map((id) => open(table, id)!);
    expect(new Set(requests.map(({ frame }) => frame)).size).toBe(3);
    const buffers = requests.map(({ frame }) => frame);
    table.takeOf(1);
    for (let again = 0; again < 4; again += 1) expect(buffers).not.toContain(open(table)!.frame);
  });

  it("unanswered for a minute make room when room is short, the oldest first and only then", () => {
    const table = new InFlight(2, 0);
    const first = open(table, "first", 1, 0)!.id;
    const second = open(table, "second", 1, 30e9)!.id;
    expect(open(table, "early", 1, 59e9)).toBeNull();
    expect(open(table, "third", 1, 60e9)?.clientOrderId).toBe("third");
    expect(table.find(first)).toBeUndefined();
    expect(table.find(second)?.clientOrderId).toBe("second");
    expect(open(table, "fourth", 1, 61e9)).toBeNull();
  });

  it("are found under no id that was never given", () => {
    const table = new InFlight(4, 0);
    open(table);
    for (const id of [0, -1, 2, 5, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) expect(table.find(id)).toBeUndefined();
    expect(table.find(1)).toBeDefined();
  });
});
