import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { writeBytes, writeDigits, writeText, writeWhole } from "../../../src/venues/wire/ascii.ts";

/** What was written from 2 on, and where it was said to end. */
function written(write: (bytes: Buffer) => number): [string, number] {
  const bytes = Buffer.alloc(30, "#");
  const end = write(bytes);
  return [bytes.toString().slice(2).replace(/#+$/, ""), end - 2];
}

describe("ASCII in place", () => {
  it("is what a string of it would be", () => {
    fc.assert(
      fc.property(fc.nat(Number.MAX_SAFE_INTEGER), fc.stringMatching(/^[ !$-~]{0,20}$/), (value, text) => {
        const digits = String(value);
        expect(written((bytes) => writeWhole(bytes, 2, value))).toEqual([digits, digits.length]);
        expect(written((bytes) => writeDigits(bytes, 2, value, 18))).toEqual([digits.padStart(18, "0"), 18]);
        expect(written((bytes) => writeText(bytes, 2, text))).toEqual([text, text.length]);
        expect(written((bytes) => writeBytes(bytes, 2, Buffer.from(text)))).toEqual([text, text.length]);
      }),
    );
    for (const value of [0, 9, 10, 99, 100, Number.MAX_SAFE_INTEGER]) {
      expect(written((bytes) => writeWhole(bytes, 2, value))[0]).toBe(String(value));
    }
  });

  it("is never cut: a number that has more digits is a bug", () => {
    expect(() => writeDigits(Buffer.alloc(9), 0, 1000, 3)).toThrow(/1000 has no 3 digits/);
    expect(() => writeDigits(Buffer.alloc(9), 0, -1, 3)).toThrow(/digits/);
  });
});
