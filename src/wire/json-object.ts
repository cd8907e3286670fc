/**
 * A sender's JSON body → one object, or why not.
 *
 * Invariants
 *   - Nothing throws, whatever the bytes.
 *   - No object in it states a key twice: parsers disagree on which one counts, and a signature does not settle that.
 *   - Nesting is bounded before the parser sees it.
 */
import type { Malformed } from "../domain/signal.ts";
import { malformed } from "./validate.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

const DEPTH_MAX = 32;

export type ParsedBody =
  | { readonly ok: true; readonly root: JsonObject }
  | { readonly ok: false; readonly error: Malformed };

export function parseJsonBody(body: Uint8Array): ParsedBody {
  const text = decodeText(body);
  return text === null ? malformed("body", "body is not valid UTF-8") : parseJsonText(text);
}

export function parseJsonText(text: string): ParsedBody {
  const fault = structureFault(text);
  if (fault !== null) return fault;
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    // The parser's own message quotes the body, and the body may hold a passphrase.
    return malformed("body", "body is not valid JSON");
  }
  return isObject(root) ? { ok: true, root } : malformed("body", "body must be a JSON object");
}

/** Null when the bytes are not UTF-8. A byte order mark is dropped. */
export function decodeText(body: Uint8Array): string | null {
  try {
    return utf8.decode(body);
  } catch {
    return null;
  }
}

/** Own properties only: a field called `constructor` is absent unless the sender wrote it. JSON null counts as absent. */
export function ownValue(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;

/** Walks the text once, strings aside. On text that is no JSON its answer may be either: the parser refuses that text anyway. */
function structureFault(text: string): ReturnType<typeof malformed> | null {
  // One entry per open bracket: the keys seen so far in an object, null for an array.
  const open: (Set<string> | null)[] = [];
  let stringStart = 0;
  let stringEnd = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      stringStart = i;
      stringEnd = i = closingQuote(text, i);
    } else if (c === COLON) {
      const keys = open.at(-1);
      const key = keyOf(text.slice(stringStart, stringEnd + 1));
      if (keys?.has(key)) return malformed(nameable(key), `${nameable(key)} is given twice`);
      keys?.add(key);
    } else if (c === BRACE_OPEN || c === BRACKET_OPEN) {
      if (open.length === DEPTH_MAX) return malformed("body", `body is nested deeper than ${DEPTH_MAX} levels`);
      open.push(c === BRACE_OPEN ? new Set() : null);
    } else if (c === BRACE_CLOSE || c === BRACKET_CLOSE) {
      open.pop();
    }
  }
  return null;
}

/** Index of the quote that ends the string begun at `start`, or of the end of the text. */
function closingQuote(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i;
}

/** `"a\u0062"` and `"ab"` are the same key. */
function keyOf(quoted: string): string {
  if (!quoted.includes("\\")) return quoted.slice(1, -1);
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}

/** A sender's own key in a form that is safe to print. */
function nameable(key: string): string {
  return key.slice(0, 64).replace(/[^\x20-\x7e]/g, "?");
}
