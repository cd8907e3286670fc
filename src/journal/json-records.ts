/** Records whose payload is JSON throughout. */
import type { Bytes } from "../memory/signal-slot.ts";

/** The payload of a record that is all JSON. */
export const readJson = <Form>({ bytes }: Bytes): Form => JSON.parse(bytes.toString("utf8")) as Form;

/**
 * A record of the brain (score, outcome, position, breaker, mark) as JSON. Numbers that JSON has no word for are written by
 * name, because null is a value of its own here.
 */
export function encodeNamed(value: object): Buffer {
  return Buffer.from(isFiniteThroughout(value) ? JSON.stringify(value) : JSON.stringify(value, byName));
}

const byName = (_: string, field: unknown): unknown =>
  typeof field === "number" && !Number.isFinite(field) ? String(field) : field;

/** Then JSON needs no help: asking about every field costs it several times the writing. */
function isFiniteThroughout(value: object): boolean {
  return Object.values(value).every((field: unknown) => {
    if (typeof field === "number") return Number.isFinite(field);
    return typeof field !== "object" || field === null || isFiniteThroughout(field);
  });
}

export function readNamed({ bytes }: Bytes): unknown {
  return JSON.parse(bytes.toString("utf8"), (_, field) => (NOT_FINITE.has(field) ? Number(field) : field));
}

const NOT_FINITE: ReadonlySet<unknown> = new Set(["NaN", "Infinity", "-Infinity"]);
