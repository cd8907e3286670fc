/**
 * Loading the configuration: a YAML file becomes a `Config`, or a `ConfigError` with every problem of the file at once.
 *
 * Order: syntax, then unknown keys and settings by themselves, then relations between settings. Relations are judged only
 * when every setting is valid by itself: before that they would complain about consequences. Secrets are not read here.
 */
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import * as v from "valibot";
import { CONFIG_BYTES_MAX, type ConfigDocument, parseConfigDocument } from "./document.ts";
import { withHedgeChoices } from "./hedge-choices.ts";
import { withAbsolutePaths } from "./paths.ts";
import { ConfigError, type ConfigErrorCode, nearest, type Problem, type SettingPath } from "./problem.ts";
import { checkRelations } from "./relations.ts";
import { type Config, ConfigSchema } from "./schema.ts";
import { isMapping, literalOf, optionFor, type Shape, schemaAt, shapeOf } from "./walk.ts";

export interface LoadedConfig {
  readonly config: Config;
  readonly document: ConfigDocument;
}

/** With the document, for complaints that come later (missing secrets). */
export function openConfig(path: string): LoadedConfig {
  const { config, document } = parseConfig(path, readConfigFile(path));
  return { config: withHedgeChoices(config), document };
}

/** `file` is where relative paths start from, and what problems name. */
export function parseConfig(file: string, text: string): LoadedConfig {
  const document = parseConfigDocument(file, text);
  refuseIfAny(document.errors);
  if (!isMapping(document.value)) {
    throw new ConfigError("CONFIG_INVALID", [document.problem([], "the file must be a mapping of sections")]);
  }
  const result = v.safeParse(ConfigSchema, document.value);
  refuseIfAny([
    ...unknownKeys(document, ConfigSchema, document.value, []),
    ...(result.issues ?? []).flatMap((issue) => explain(document, issue)),
  ]);
  const config = result.output as Config;
  refuseIfAny(checkRelations(config, document));
  return { config: withAbsolutePaths(config, dirname(resolve(file))), document };
}

function readConfigFile(path: string): string {
  const refuse = (code: ConfigErrorCode, message: string) =>
    new ConfigError(code, [{ file: path, line: 0, column: 0, setting: "", message }]);
  try {
    const { size } = statSync(path);
    if (size > CONFIG_BYTES_MAX) throw refuse("CONFIG_UNREADABLE", `${size} bytes, the limit is ${CONFIG_BYTES_MAX}`);
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    throw code === "ENOENT"
      ? refuse("CONFIG_NOT_FOUND", "no such file; name one with --config or OUTRIGGER_CONFIG")
      : refuse("CONFIG_UNREADABLE", `cannot be read (${code})`);
  }
}

/** Every key that no section knows. Valibot stops at the first of a section, so this is walked by hand. */
function unknownKeys(document: ConfigDocument, schema: v.GenericSchema, value: unknown, path: SettingPath): Problem[] {
  const shape = shapeOf(schema);
  if (shape.kind === "list") {
    const { item } = shape;
    return Array.isArray(value) ? value.flatMap((entry, i) => unknownKeys(document, item, entry, [...path, i])) : [];
  }
  if (shape.kind === "value" || !isMapping(value)) return [];
  const entries = shape.kind === "section" ? shape.entries : entriesOfChoice(shape, value);
  return Object.keys(value).flatMap((key) => {
    const here = [...path, key];
    if (Object.hasOwn(entries, key)) return unknownKeys(document, entries[key] as v.GenericSchema, value[key], here);
    return [document.problem(here, `unknown setting${suggest(key, Object.keys(entries))}`, "key")];
  });
}

/** Those of the form that was asked for; of all forms while that is not known. */
function entriesOfChoice(shape: Shape & { kind: "choice" }, value: unknown): Readonly<Record<string, v.GenericSchema>> {
  const option = optionFor(shape, value);
  const forms = (option ? [option] : shape.options).map(shapeOf);
  return Object.assign({}, ...forms.map((form) => (form.kind === "section" ? form.entries : {})));
}

function explain(document: ConfigDocument, issue: v.BaseIssue<unknown>): Problem[] {
  const path = (issue.path ?? []).map((item) => item.key as string | number);
  if (issue.type === "strict_object") {
    if (issue.expected === "never") return []; // An unknown key: `unknownKeys` has them all.
    if (issue.received === "undefined")
      return [document.problem(path, `missing, and it has no default. ${sentenceAt(document, path)}`)];
    return [document.problem(path, `expected a section (a mapping of settings), got ${show(issue.input)}`)];
  }
  if (issue.type === "variant") return [explainChoice(document, path, issue)];
  if (issue.type === "literal") return [document.problem(path, `expected ${issue.expected}, got ${show(issue.input)}`)];
  const choices = issue.type === "picklist" ? (issue.requirement ?? optionsAt(document, path)) : [];
  const hint = typeof issue.input === "string" && Array.isArray(choices) ? suggest(issue.input, choices) : "";
  return [document.problem(path, `expected ${issue.message}, got ${show(issue.input)}${hint}`)];
}

/** A choice whose key is missing or names no option. Valibot puts the key itself at the end of the path when it is a mapping. */
function explainChoice(document: ConfigDocument, path: SettingPath, issue: v.BaseIssue<unknown>): Problem {
  const schema =
    schemaAt(ConfigSchema, document.value, path) ?? schemaAt(ConfigSchema, document.value, path.slice(0, -1));
  const shape = schema && shapeOf(schema);
  if (shape?.kind !== "choice") return document.problem(path, issue.message);
  const names = shape.options.map((option) => String(literalOf(option, shape.key)));
  const expected = `expected ${names.length === 1 ? names[0] : `one of ${names.join(", ")}`}`;
  if (path.at(-1) !== shape.key)
    return document.problem(path, `expected a section with ${shape.key}, got ${show(issue.input)}`);
  if (issue.received === "undefined") return document.problem(path, `missing; ${expected}`);
  return document.problem(path, `${expected}, got ${show(issue.input)}${suggest(String(issue.input), names)}`);
}

function sentenceAt(document: ConfigDocument, path: SettingPath): string {
  const schema = schemaAt(ConfigSchema, document.value, path);
  return schema ? (v.getDescription(schema) ?? "") : "";
}

function optionsAt(document: ConfigDocument, path: SettingPath): unknown {
  const schema = schemaAt(ConfigSchema, document.value, path);
  return schema && (shapeOf(schema).schema as { options?: unknown }).options;
}

function suggest(word: string, known: readonly unknown[]): string {
  const near = nearest(
    word,
    known.filter((candidate) => typeof candidate === "string"),
  );
  return near === null || near === word ? "" : `; did you mean "${near}"?`;
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.length > 4 ? `a list of ${value.length} entries` : JSON.stringify(value);
  if (isMapping(value)) return "a section";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text === "undefined" || text === "null" ? "nothing" : text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function refuseIfAny(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  throw new ConfigError("CONFIG_INVALID", sorted);
}
