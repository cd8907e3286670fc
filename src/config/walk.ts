/**
 * Walking a schema: what is inside a section, a list or a choice of sections, whatever valibot has wrapped it in.
 */
import type * as v from "valibot";

/** One schema seen from outside: the shape that matters for walking, with optionality and default told apart. */
export type Shape =
  | {
      readonly kind: "section";
      readonly entries: Readonly<Record<string, v.GenericSchema>>;
      readonly schema: v.GenericSchema;
    }
  | { readonly kind: "list"; readonly item: v.GenericSchema; readonly schema: v.GenericSchema }
  | {
      readonly kind: "choice";
      readonly key: string;
      readonly options: readonly v.GenericSchema[];
      readonly schema: v.GenericSchema;
    }
  | { readonly kind: "value"; readonly schema: v.GenericSchema };

/** The parts of valibot's schema objects that are read here; each kind has some of them. */
interface Parts {
  readonly type: string;
  readonly wrapped?: v.GenericSchema;
  readonly entries?: Readonly<Record<string, v.GenericSchema>>;
  readonly item?: v.GenericSchema;
  readonly key?: string;
  readonly options?: readonly v.GenericSchema[];
  readonly default?: unknown;
  readonly literal?: unknown;
}

const partsOf = (schema: v.GenericSchema): Parts => schema as unknown as Parts;

export function shapeOf(outer: v.GenericSchema): Shape {
  const schema = unwrap(outer);
  const parts = partsOf(schema);
  if (parts.entries) return { kind: "section", entries: parts.entries, schema };
  if (parts.type === "array" && parts.item) return { kind: "list", item: parts.item, schema };
  if (parts.type === "variant" && parts.key !== undefined && parts.options) {
    return { kind: "choice", key: parts.key, options: parts.options, schema };
  }
  return { kind: "value", schema };
}

export function isOptional(schema: v.GenericSchema): boolean {
  return partsOf(schema).wrapped !== undefined;
}

/** The declared default; undefined where the setting has none. */
export function defaultOf(schema: v.GenericSchema): unknown {
  return partsOf(schema).default;
}

/** The option of a choice that `value` asks for by its key, or undefined. */
export function optionFor(shape: Shape & { kind: "choice" }, value: unknown): v.GenericSchema | undefined {
  if (!isMapping(value)) return undefined;
  return shape.options.find((option) => literalOf(option, shape.key) === value[shape.key]);
}

/** What names an option of a choice: the literal at the choice's key. */
export function literalOf(option: v.GenericSchema, key: string): unknown {
  const entry = partsOf(unwrap(option)).entries?.[key];
  return entry === undefined ? undefined : partsOf(entry).literal;
}

/** The schema at a path of `value`, or undefined where the path leaves the schema. */
export function schemaAt(
  root: v.GenericSchema,
  value: unknown,
  path: readonly (string | number)[],
): v.GenericSchema | undefined {
  let schema: v.GenericSchema | undefined = root;
  let here = value;
  for (const part of path) {
    let shape: Shape = shapeOf(schema);
    if (shape.kind === "choice") {
      const option = optionFor(shape, here);
      if (!option) return undefined;
      shape = shapeOf(option);
    }
    if (shape.kind === "section") schema = Object.hasOwn(shape.entries, part) ? shape.entries[part] : undefined;
    else schema = shape.kind === "list" ? shape.item : undefined;
    if (!schema) return undefined;
    here = isMapping(here) || Array.isArray(here) ? (here as Record<string | number, unknown>)[part] : undefined;
  }
  return schema;
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unwrap(schema: v.GenericSchema): v.GenericSchema {
  let inner = schema;
  for (let wrapped = partsOf(inner).wrapped; wrapped; wrapped = partsOf(inner).wrapped) inner = wrapped;
  return inner;
}
