import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStepDecimal } from "../../../src/domain/step-decimal.ts";
import { JsonScan } from "../../../src/venues/wire/json-scan.ts";
import { hasWireData, recorded, recordedNames } from "../support/wire-data.ts";

const PATHS = ["id", "status", "result.a", "result.status", "result.deep.z", "list", "o", "it"] as const;
const scan = new JsonScan(PATHS);
const element = new JsonScan(["a", "status", "id"]);
const decimal = createStepDecimal("0.001");

/** Everything the accessors say of the last message, by path. */
function seen(of: JsonScan, paths: readonly string[]) {
  return paths.map((path) => {
    const field = of.field(path);
    const text = of.text(field);
    if (text !== undefined) expect(of.isText(field, text)).toBe(true);
    expect(of.isText(field, `${text}x`)).toBe(false);
    return [path, of.kind(field), text, of.number(field), of.steps(field, decimal), of.numberOfText(field)];
  });
}

/** The same by JSON.parse and nothing else; null where it gives no object. */
function parsed(text: string, paths: readonly string[]) {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  return isObject(message) ? fieldsOf(message, paths) : null;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function fieldsOf(message: Record<string, unknown>, paths: readonly string[]) {
  return paths.map((path) => {
    const value = path
      .split(".")
      .reduce<unknown>((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), message);
    const text = typeof value === "string" ? value : undefined;
    return [
      path,
      kindOf(value),
      text,
      typeof value === "number" ? value : Number.NaN,
      text === undefined ? Number.NaN : decimal.parse(text),
      text === undefined ? Number.NaN : Number(text),
    ];
  });
}

function kindOf(value: unknown): string {
  if (value === undefined) return "absent";
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "string") return "text";
  return typeof value === "boolean" ? String(value) : typeof value;
}

function expectSame(bytes: Buffer): void {
  const wanted = parsed(bytes.toString("utf8"), PATHS);
  expect(scan.read(bytes)).toBe(wanted !== null);
  if (wanted !== null) expect(seen(scan, PATHS)).toEqual(wanted);
  const elements: unknown[] = [];
  const list = wanted === null ? [] : ((JSON.parse(bytes.toString("utf8")) as { list?: unknown }).list ?? []);
  if (wanted === null) return;
  scan.each(scan.field("list"), element, () => elements.push(seen(element, ["a", "status", "id"])));
  expect(elements).toEqual(
    (Array.isArray(list) ? list : []).filter(isObject).map((each) => fieldsOf(each, ["a", "status", "id"])),
  );
}

const plainText = fc.stringMatching(/^[ !#-[\]-~]{0,12}$/);
const decimalText = fc.stringMatching(/^-?\d{1,17}(\.\d{1,9})?$/);
const numberText = fc.oneof(
  fc.stringMatching(/^-?(0|[1-9]\d{0,19})(\.\d{1,12})?$/),
  fc.constantFrom("0", "-0", "9007199254740993", "0.1", "1e5", "1E-7", "1.5e+300"),
);
const key = fc.oneof(fc.constantFrom("id", "status", "result", "a", "deep", "z", "list", "o", "it", "di"), plainText);

/** JSON texts without spaces, as venues write them; with `unusual`, keys repeated, escaped and beyond ASCII as well. */
function jsonTexts(unusual: boolean) {
  const text = (value: string) => JSON.stringify(value);
  const string = unusual
    ? fc.oneof(plainText, fc.string({ unit: "binary" }), decimalText)
    : fc.oneof(plainText, decimalText);
  const { message } = fc.letrec<{ value: string; object: string; array: string; message: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      string.map(text),
      unusual ? numberText : numberText.filter((each) => !/e/i.test(each)),
      fc.constantFrom("true", "false", "null"),
      tie("object"),
      tie("array"),
    ),
    object: (unusual
      ? fc.array(fc.tuple(key, tie("value")), { maxLength: 6 })
      : fc.uniqueArray(fc.tuple(key, tie("value")), { maxLength: 6, selector: ([name]) => name })
    ).map((entries) => `{${entries.map(([name, value]) => `${text(name)}:${value}`).join(",")}}`),
    array: fc.array(tie("value"), { maxLength: 4 }).map((values) => `[${values.join(",")}]`),
    message: tie("object"),
  }));
  return message;
}

describe("a scan agrees with JSON.parse", () => {
  it("on plain messages, without using it", () => {
    fc.assert(
      fc.property(jsonTexts(false), (text) => {
        expectSame(Buffer.from(text));
        scan.read(Buffer.from(text));
        expect(scan.fellBack).toBe(false);
      }),
      { numRuns: 1500 },
    );
  });

  it("on unusual ones: escapes, repeated keys, characters beyond ASCII, exponents", () => {
    fc.assert(
      fc.property(jsonTexts(true), (text) => expectSame(Buffer.from(text))),
      { numRuns: 1500 },
    );
  });

  it("on messages that a byte or two were changed in, put in or left out of", () => {
    const change = fc.record({
      at: fc.nat(400),
      remove: fc.nat(3),
      insert: fc.oneof(
        fc.constantFrom("", '"', "{", "}", "[", "]", ",", ":", "-", ".", "e1", "0", " ", "\\", "\n", "\\u0061", "null"),
        fc.constantFrom('"id":1,', '"status":"x",', "\u00e9", "\u0000"),
      ),
    });
    fc.assert(
      fc.property(jsonTexts(true), fc.array(change, { minLength: 1, maxLength: 2 }), (text, changes) => {
        let changed = text;
        for (const { at, remove, insert } of changes) {
          const place = at % (changed.length + 1);
          changed = changed.slice(0, place) + insert + changed.slice(place + remove);
        }
        expectSame(Buffer.from(changed));
      }),
      { numRuns: 3000 },
    );
  });

  it("on any bytes, cut anywhere", () => {
    const whole = Buffer.from(
      '{"id":"7","status":200,"result":{"a":"0.010","status":"FILLED","deep":{"z":-1.50}},"list":[{"a":1}]}',
    );
    for (let cut = 0; cut <= whole.length; cut += 1) {
      expectSame(whole.subarray(0, cut));
      // What lies behind the message in its buffer is not part of it.
      expect(scan.read(whole, 0, cut)).toBe(cut === whole.length);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => expectSame(Buffer.from(bytes))),
      { numRuns: 500 },
    );
  });

  it.each([
    '{"id":1,"id":2}',
    '{"result":{"a":"1"},"result":null}',
    '{"result":{"a":"1"},"result":{"status":"x"}}',
    '{"\\u0069d":"escaped key"}',
    '{"status":1e2}',
    '{"status":01}',
    '{"status":-}',
    '{"status":1.}',
    '{"status":.5}',
    '{"status":+1}',
    '{"status":9007199254740993}',
    '{"status":-0}',
    '{"id":"\\u00e9","o":"é"}',
    '{"__proto__":{"id":"x"}}',
    '{"result":{"__proto__":{"a":"x"}}}',
    '{"id":tru}',
    '{"id":truest}',
    '{"id" :1}',
    '{"id":1}x',
    '{"id":1,}',
    '{,"id":1}',
    '["id"]',
    "{}",
    "",
    "null",
    `{"id":${"[".repeat(40)}${"]".repeat(40)}}`,
    `{"result":${'{"a":'.repeat(40)}1${"}".repeat(40)}}`,
  ])("on %s", (text) => expectSame(Buffer.from(text)));
});

describe("a scan", () => {
  it("descends into an object of the message, and nowhere else", () => {
    for (const text of [
      '{"o":{"id":"inner","status":3},"id":"outer"}',
      '{ "o":{"id":"inner","status":3},"id":"outer"}',
    ]) {
      expect(scan.read(Buffer.from(text))).toBe(true);
      expect(scan.descend(scan.field("o"))).toBe(true);
      expect([scan.text(scan.field("id")), scan.number(scan.field("status"))]).toEqual(["inner", 3]);
      expect(scan.descend(scan.field("id"))).toBe(false);
      expect(scan.has(scan.field("id"))).toBe(false);
    }
  });

  it("refuses fields it was not made for", () => {
    expect(() => scan.field("resul")).toThrow(/no field/);
    expect(() => new JsonScan(["a b"])).toThrow(/no plain key/);
  });

  it.skipIf(!hasWireData)("reads every recorded Binance futures message as JSON.parse does", () => {
    const names = recordedNames("binance", /^futures.*\.json$|^ws_messages.*futures/);
    expect(names.length).toBeGreaterThan(40);
    const paths = [
      "e",
      "E",
      "T",
      "s",
      "b",
      "B",
      "a",
      "A",
      "id",
      "status",
      "result",
      "o.s",
      "o.c",
      "o.X",
      "o.z",
      "o.ap",
      "o.T",
    ];
    const reader = new JsonScan(paths);
    for (const name of names) {
      const message = recorded(`binance/${name}`);
      const bytes = Buffer.from(JSON.stringify(message));
      expect(reader.read(bytes)).toBe(isObject(message));
      if (isObject(message)) expect(seen(reader, paths)).toEqual(fieldsOf(message, paths));
      expect(reader.fellBack).toBe(false);
    }
  });
});
