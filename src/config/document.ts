/**
 * A YAML file with its places: the plain value for checking, and line and column of every key for complaining.
 *
 * A key without a value counts as absent, so that a section whose entries are all commented out means its defaults.
 */
import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { formatSetting, type Problem, type SettingPath } from "./problem.ts";
import { isMapping } from "./walk.ts";

export const CONFIG_BYTES_MAX = 1_048_576;

/** Aliases are for sharing a few lines, not for unfolding a small file into a large one. */
const ALIASES_MAX = 100;

export interface ConfigDocument {
  readonly file: string;
  readonly value: unknown;
  /** Syntax errors; when there are any, nothing else should be concluded from `value`. */
  readonly errors: readonly Problem[];
  /** A problem at the setting's value or at its key; where the setting is absent, at the nearest section around it. */
  problem(path: SettingPath, message: string, at?: "key" | "value"): Problem;
}

export function parseConfigDocument(file: string, text: string): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const errors = [...document.errors, ...document.warnings].map((error) => ({
    file,
    ...at(error.pos[0]),
    setting: "",
    message: error.message,
  }));
  let value: unknown;
  try {
    if (errors.length === 0) value = withoutNulls(document.toJS({ maxAliasCount: ALIASES_MAX }));
  } catch (error) {
    // An alias without anchor, or a document that unfolds without end.
    errors.push({ file, line: 1, column: 1, setting: "", message: (error as Error).message });
  }
  return {
    file,
    value,
    errors,
    problem(path, message, where = "value") {
      const offset = offsetOf(document.contents, path, where);
      return {
        file,
        ...(offset === null ? { line: 1, column: 1 } : at(offset)),
        setting: formatSetting(path),
        message,
      };
    },
  };
}

function offsetOf(root: Node | null, path: SettingPath, where: "key" | "value"): number | null {
  let node: unknown = root;
  let found = startOf(node);
  for (const [depth, part] of path.entries()) {
    const last = depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (!isPair(pair)) return found;
      const key = startOf(pair.key);
      node = pair.value;
      // A section's value starts on the line below its key; the key is where a reader looks.
      found = (last && where === "key") || isMap(node) || isSeq(node) ? key : (startOf(node) ?? key);
    } else if (isSeq(node) && typeof part === "number") {
      const item: unknown = node.items[part];
      if (item === undefined) return found;
      node = item;
      found = startOf(item) ?? found;
    } else return found;
  }
  return found;
}

function startOf(node: unknown): number | null {
  return isNode(node) && node.range ? node.range[0] : null;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isMapping(value)) return value;
  const kept: [string, unknown][] = [];
  for (const [key, entry] of Object.entries(value)) if (entry !== null) kept.push([key, withoutNulls(entry)]);
  return Object.fromEntries(kept);
}
