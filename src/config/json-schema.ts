/**
 * JSON Schema of the configuration, for editors: completion, hover texts and red lines while typing.
 *
 * It is derived and somewhat weaker than the check itself: relations between settings are not in it.
 */
import { toJsonSchema } from "@valibot/to-json-schema";
import { ConfigSchema } from "./schema.ts";
import { isMapping } from "./walk.ts";

export function configJsonSchema(): Record<string, unknown> {
  // "input" is what a person writes: before defaults and before a number becomes a decimal text.
  const schema = toJsonSchema(ConfigSchema, { typeMode: "input", errorMode: "ignore" });
  return { ...(forEditors(schema) as Record<string, unknown>), title: "Outrigger configuration" };
}

/** Unit and expectation move into the description: they are our metadata, not JSON Schema. */
function forEditors(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(forEditors);
  if (!isMapping(node)) return node;
  const { expected, unit: _, ...schema } = node;
  const kept = Object.fromEntries(
    Object.entries(typeof expected === "string" ? schema : node).map(([key, value]) => [key, forEditors(value)]),
  );
  if (typeof expected !== "string") return kept;
  return { ...kept, description: `${String(kept["description"] ?? "")} Expected: ${expected}.` };
}
