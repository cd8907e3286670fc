/** Records of the brain: numbers that JSON has no word for come back as they were, everything else is plain JSON. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeNamed, readNamed } from "../../src/journal/json-records.ts";

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.double(),
    fc.integer(),
    fc.constantFrom(null, true, false, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    fc.string().filter((text) => !["NaN", "Infinity", "-Infinity"].includes(text)),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 4 }), tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

test("what is written is read back, and has no null that was a number", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ maxLength: 6 }), value, { noNullPrototype: true }), (record) => {
      const bytes = encodeNamed(record);
      // JSON knows no negative zero.
      const zeroed = (each: unknown): unknown =>
        typeof each === "number" ? each + 0 : typeof each !== "object" || each === null ? each : mapped(each, zeroed);
      expect(readNamed({ bytes } as never)).toEqual(zeroed(record));
    }),
    { numRuns: 300 },
  );
});

function mapped(value: object, change: (each: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, change(each)]));
}
