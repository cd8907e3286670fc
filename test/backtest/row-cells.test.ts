/** Cells of a line are the numbers that `Number` makes of them, however many digits they have. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { RowCells } from "../../src/backtest/row-cells.ts";

const digits = (from: number, to: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: from, maxLength: to }).map((all) => all.join(""));
const number = fc.oneof(
  digits(1, 25),
  digits(14, 20),
  // Nanoseconds since the epoch, where 19 digits begin to need care, and where they end.
  fc.bigInt({ min: 10n ** 17n, max: 10n ** 19n }).map(String),
  fc.bigInt({ min: 4_599_999_999_000_000_000n, max: 4_600_000_001_000_000_000n }).map(String),
  fc.tuple(digits(1, 12), digits(0, 12)).map(([whole, part]) => `${whole}.${part}`),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constant(""),
);

test("each the nearest double, and none where there is none", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), number), { minLength: 1, maxLength: 8 }), (cells) => {
      const texts = cells.map(([negative, text]) =>
        negative && text !== "" && !text.startsWith("-") ? `-${text}` : text,
      );
      const line = Buffer.from(texts.join(","));
      const row = new RowCells(texts.map((_, cell) => cell));
      row.read(line, 0, line.length);
      texts.forEach((text, cell) => {
        const value = row.values[cell]!;
        const wanted = text === "" ? Number.NaN : Number(text);
        expect(Object.is(value + 0, wanted + 0), `${text} is ${wanted} and was read as ${value}`).toBe(true);
      });
    }),
    { numRuns: 500 },
  );
});
