/**
 * Setting: one entry of the configuration, declared once with its type, unit, limits, default and sentence.
 *
 * Everything else derives from the declaration: the TypeScript type, the check, the message of a failed check, the JSON
 * Schema and the README table. Every check of a setting carries the same message, the whole expectation in words, so that
 * whichever of them fails says what would have been right.
 */
import * as v from "valibot";

export interface About {
  readonly sentence: string;
  /** Printed after the limits and in the table. Absent where the value has none. */
  readonly unit?: string;
}

interface Limits extends About {
  readonly min: number;
  readonly max: number;
}

export function integer(about: Limits) {
  const expected = `a whole number from ${about.min} to ${about.max}${unitOf(about)}`;
  return v.pipe(
    v.number(expected),
    v.safeInteger(expected),
    v.minValue(about.min, expected),
    v.maxValue(about.max, expected),
    v.description(about.sentence),
    v.metadata({ expected, unit: about.unit ?? "" }),
  );
}

export function real(about: Limits) {
  const expected = `a number from ${about.min} to ${about.max}${unitOf(about)}`;
  return v.pipe(
    v.number(expected),
    v.finite(expected),
    v.minValue(about.min, expected),
    v.maxValue(about.max, expected),
    v.description(about.sentence),
    v.metadata({ expected, unit: about.unit ?? "" }),
  );
}

/** Zero to one, both included. */
export function fraction(about: About) {
  return real({ ...about, min: 0, max: 1 });
}

export function flag(about: About) {
  const expected = "true or false";
  return v.pipe(v.boolean(expected), v.description(about.sentence), v.metadata({ expected, unit: about.unit ?? "" }));
}

/** Text whose form `pattern` fixes; `form` says it in words. */
export function text(about: About & { readonly pattern: RegExp; readonly form: string }) {
  const expected = `${about.form}${unitOf(about)}`;
  return v.pipe(
    v.string(expected),
    v.regex(about.pattern, expected),
    v.description(about.sentence),
    v.metadata({ expected, unit: about.unit ?? "" }),
  );
}

export function oneOf<const Choices extends readonly string[]>(choices: Choices, about: About) {
  const expected = choices.length === 1 ? `"${choices[0]}"` : `one of ${choices.join(", ")}`;
  return v.pipe(
    v.picklist(choices, expected),
    v.description(about.sentence),
    v.metadata({ expected, unit: about.unit ?? "" }),
  );
}

const DECIMAL = /^-?\d{1,18}(\.\d{1,18})?$/;
const POSITIVE_DECIMAL = /^(?=.*[1-9])\d{1,18}(\.\d{1,18})?$/;

/**
 * An exact decimal, kept as text. YAML reads an unquoted 0.1 as a float: one that prints as a plain decimal of at most 15
 * digits is the decimal that was written, any other must be quoted.
 */
export function decimal(about: About & { readonly signed?: boolean }) {
  const expected = `a ${about.signed ? "signed" : "positive"} decimal${unitOf(about)}, in quotes beyond 15 digits`;
  return v.pipe(
    v.union([v.string(), v.number()], expected),
    v.transform((value) => (typeof value === "number" ? plainDecimal(value) : value)),
    v.regex(about.signed ? DECIMAL : POSITIVE_DECIMAL, expected),
    v.description(about.sentence),
    v.metadata({ expected, unit: about.unit ?? "" }),
  );
}

/** A mapping with exactly these keys: any other is a mistake, never ignored. */
export function section<const Entries extends v.ObjectEntries>(entries: Entries, sentence: string) {
  return v.pipe(v.strictObject(entries), v.description(sentence));
}

export function list<const Item extends v.GenericSchema>(
  item: Item,
  about: About & { readonly min: number; readonly max: number },
) {
  const expected = `a list of ${about.min} to ${about.max} entries`;
  return v.pipe(
    v.array(item, expected),
    v.minLength(about.min, expected),
    v.maxLength(about.max, expected),
    v.description(about.sentence),
    v.metadata({ expected, unit: about.unit ?? "" }),
  );
}

/** The name of an engine, source or venue: it travels in paths, keys and logs. */
export const name = (sentence: string) =>
  text({ pattern: /^[A-Za-z0-9_-]{1,64}$/, form: "1 to 64 letters, digits, _ or -", sentence });

export const path = (sentence: string) =>
  text({ pattern: /^[^\0]{1,1024}$/, form: "a path of 1 to 1024 characters", sentence });

export const envName = (sentence: string) =>
  text({ pattern: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/, form: "the name of an environment variable", sentence });

export const host = (sentence: string) =>
  text({ pattern: /^[A-Za-z0-9.:_-]{1,253}$/, form: "a host name or address", sentence });

export const port = (sentence: string) =>
  integer({ min: 0, max: 65_535, unit: "TCP port, 0 = any free one", sentence });

function plainDecimal(value: number): string {
  const written = String(value);
  const digits = written.replace(/^-?0*\.?0*|\./g, "").length;
  return digits <= 15 ? written : `${written} (not exact)`;
}

function unitOf(about: About): string {
  return about.unit === undefined ? "" : ` (${about.unit})`;
}
