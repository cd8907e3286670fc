import { describe, expect, it } from "vitest";
import { DedupeTable } from "../../src/gateway/dedupe.ts";
import { SequenceMarks } from "../../src/gateway/sequence.ts";
import { createPrng } from "../../src/sim/prng.ts";

const body = (text: string) => new TextEncoder().encode(text);

describe("dedupe table", () => {
  it("gives back what was remembered, per source", () => {
    const table = new DedupeTable(8);
    expect(table.remember("a", "x", 7, "STALE", body("1"), 100, 0)).toBe(true);
    const entry = table.lookup("a", "x");
    expect(table.lsnAt(entry)).toBe(7);
    expect(table.codeAt(entry)).toBe("STALE");
    expect(table.bodyMatches(entry, body("1"))).toBe(true);
    expect(table.bodyMatches(entry, body("2"))).toBe(false);
    expect(table.lookup("b", "x")).toBe(-1);
    expect(table.lookup("a", "y")).toBe(-1);
  });

  it("refuses to forget an id that could still fire", () => {
    const table = new DedupeTable(2);
    table.remember("a", "1", 1, "ACCEPTED", body(""), 100, 0);
    table.remember("a", "2", 2, "ACCEPTED", body(""), 100, 0);
    expect(table.hasRoom(99)).toBe(false);
    expect(table.remember("a", "3", 3, "ACCEPTED", body(""), 200, 99)).toBe(false);
    expect(table.lookup("a", "1")).toBeGreaterThanOrEqual(0);
    expect(table.remember("a", "3", 3, "ACCEPTED", body(""), 200, 100)).toBe(true);
    expect(table.lookup("a", "1")).toBe(-1);
    expect(table.lookup("a", "2")).toBeGreaterThanOrEqual(0);
  });

  it("steps over an old entry that must stay instead of refusing everything behind it", () => {
    const table = new DedupeTable(4);
    table.remember("a", "close", 1, "ACCEPTED", body(""), 1e9, 0);
    for (let i = 2; i <= 100; i += 1) {
      expect(table.remember("a", `${i}`, i, "ACCEPTED", body(""), i, i)).toBe(true);
    }
    expect(table.lsnAt(table.lookup("a", "close"))).toBe(1);
    expect(table.size).toBe(4);
  });

  it("agrees with a plain map over random histories with eviction", () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const random = createPrng(seed);
      const capacity = 1 + random.int(40);
      const table = new DedupeTable(capacity);
      const model = new Map<string, { lsn: number; forgettableMs: number }>();
      for (let nowMs = 0; nowMs < 600; nowMs += 1) {
        const id = `${random.int(capacity * 3)}`;
        const entry = table.lookup("s", id);
        const known = model.get(id);
        expect(entry >= 0, `seed ${seed} at ${nowMs}`).toBe(known !== undefined);
        if (known !== undefined) {
          expect(table.lsnAt(entry)).toBe(known.lsn);
          continue;
        }
        const forgettableMs = nowMs + random.int(30);
        if (!table.remember("s", id, nowMs, "ACCEPTED", body(id), forgettableMs, nowMs)) {
          const youngest = [...model.values()].every((one) => one.forgettableMs > nowMs);
          expect(youngest, `seed ${seed} at ${nowMs}: refused although one could go`).toBe(true);
          continue;
        }
        model.set(id, { lsn: nowMs, forgettableMs });
        for (const [other, value] of model) {
          if (table.lookup("s", other) >= 0) continue;
          expect(value.forgettableMs, `seed ${seed}: ${other} forgotten too early`).toBeLessThanOrEqual(nowMs);
          model.delete(other);
        }
        expect(model.size).toBe(table.size);
      }
    }
  });
});

describe("sequence marks", () => {
  it("tells order, gap and repetition apart, per source", () => {
    const marks = new SequenceMarks();
    expect(marks.skipped("a", 41)).toBe(0);
    marks.advance("a", 41, 9);
    expect(marks.skipped("a", 42)).toBe(0);
    expect(marks.skipped("a", 45)).toBe(3);
    expect(marks.skipped("a", 41)).toBe(-1);
    expect(marks.skipped("b", 1)).toBe(0);
    marks.advance("a", 40, 10);
    expect([marks.markOf("a"), marks.lsnOf("a")]).toEqual([41, 9]);
  });
});
