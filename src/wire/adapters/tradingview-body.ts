/**
 * A TradingView alert's body → its fields by name, in any of the three forms that alerts are written in:
 *
 *   JSON              {"ticker":"{{ticker}}","market_position":"{{strategy.market_position}}","time":"{{timenow}}"}
 *   JSON, nested      {"ticker":"{{ticker}}","strategy":{"market_position":"{{strategy.market_position}}"},...}
 *   pairs             ticker={{ticker}} market_position={{strategy.market_position}} time={{timenow}} comment="free text"
 *
 * TradingView sends valid JSON as application/json and everything else as text/plain. So the body's first character
 * decides, not the content type: pairs never begin with a brace. A nested `strategy` object reads as `strategy.<key>`.
 */
import type { Malformed } from "../../domain/signal.ts";
import { decodeText, isObject, ownValue, parseJsonText } from "../json-object.ts";
import { malformed } from "../validate.ts";

export type AlertBody =
  | { readonly ok: true; readonly fields: ReadonlyMap<string, unknown> }
  | { readonly ok: false; readonly error: Malformed };

export function parseAlertBody(body: Uint8Array, contentType: string): AlertBody {
  const text = decodeText(body);
  if (text === null) return malformed("body", "body is not valid UTF-8");
  const isPairs = !text.trimStart().startsWith("{");
  if (isPairs && /^application\/json\b/i.test(contentType)) return malformed("body", "body is not a JSON object");
  return isPairs ? parsePairs(text) : parseJsonAlert(text);
}

function parseJsonAlert(text: string): AlertBody {
  const parsed = parseJsonText(text);
  if (!parsed.ok) return parsed;
  const fields = new Map(Object.entries(parsed.root));
  const strategy = ownValue(parsed.root, "strategy");
  if (isObject(strategy)) {
    for (const [name, value] of Object.entries(strategy)) {
      const path = `strategy.${name}`;
      if (fields.has(path)) return malformed("strategy", "strategy repeats a field that is given outside it as well");
      fields.set(path, value);
    }
  }
  return { ok: true, fields };
}

const FIELDS_MAX = 64;
const KEY = /[A-Za-z_][A-Za-z0-9_.]{0,63}/y;

/** `key=value` pairs between white space. A value with white space stands in double quotes; there are no escapes. */
function parsePairs(text: string): AlertBody {
  const fields = new Map<string, unknown>();
  let position = skipSpace(text, 0);
  while (position < text.length) {
    KEY.lastIndex = position;
    const key = KEY.exec(text)?.[0];
    if (key === undefined || text[position + key.length] !== "=") {
      return malformed("body", "body must be a JSON object or key=value pairs between spaces or line ends");
    }
    if (fields.has(key)) return malformed(key, `${key} is given twice`);
    if (fields.size === FIELDS_MAX) return malformed("body", `body has more than ${FIELDS_MAX} fields`);
    const start = position + key.length + 1;
    const quoted = text[start] === '"';
    const end = quoted ? text.indexOf('"', start + 1) : nextSpace(text, start);
    if (end < 0) return malformed(key, `${key} has no closing quote`);
    fields.set(key, text.slice(quoted ? start + 1 : start, end));
    const after = quoted ? end + 1 : end;
    if (after < text.length && !isSpace(text, after)) return malformed(key, `${key} has text behind its closing quote`);
    position = skipSpace(text, after);
  }
  return fields.size === 0 ? malformed("body", "body is empty") : { ok: true, fields };
}

function skipSpace(text: string, from: number): number {
  let i = from;
  while (i < text.length && isSpace(text, i)) i++;
  return i;
}

function nextSpace(text: string, from: number): number {
  let i = from;
  while (i < text.length && !isSpace(text, i)) i++;
  return i;
}

function isSpace(text: string, i: number): boolean {
  const c = text.charCodeAt(i);
  return c === 0x20 || (c >= 0x09 && c <= 0x0d);
}
