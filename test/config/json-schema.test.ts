import { describe, expect, it } from "vitest";
import { configTable, settingRows } from "../../src/config/config-table.ts";
import { configJsonSchema } from "../../src/config/json-schema.ts";
import { load, SMALL } from "./sample.ts";

type Node = { [key: string]: unknown; properties?: Record<string, Node>; items?: Node; anyOf?: Node[] };

describe("JSON Schema", () => {
  const schema = configJsonSchema() as Node;

  it("is JSON, closed everywhere, and marks what is required", () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    const open: string[] = [];
    const visit = (node: Node, path: string) => {
      if (node.properties && node["additionalProperties"] !== false) open.push(path);
      for (const [key, child] of Object.entries(node.properties ?? {})) visit(child, `${path}.${key}`);
      if (node.items) visit(node.items, `${path}[]`);
      for (const option of node.anyOf ?? []) visit(option, path);
    };
    visit(schema, "");
    expect(open).toEqual([]);
    expect(schema["required"]).toEqual(["sources", "venues", "instruments"]);
    expect(schema.properties?.["shield"]?.items?.["required"]).toEqual(["asset", "holdings", "hedge", "onUnknown"]);
  });

  it("carries sentence, unit, limits and default to the editor", () => {
    const port = schema.properties?.["router"]?.properties?.["validForMs"];
    expect(port).toMatchObject({ type: "integer", minimum: 10, maximum: 60_000, default: 400 });
    expect(port?.["description"]).toContain("(ms)");
    expect(JSON.stringify(schema)).not.toContain('"expected"');
  });
});

describe("settings table", () => {
  const rows = settingRows();

  it("says for every setting what it takes and what it means", () => {
    for (const row of rows) {
      expect(row.expected, row.setting).not.toBe("");
      expect(row.sentence, row.setting).toMatch(/[.)]$/);
    }
    expect(rows.length).toBeGreaterThan(110);
  });

  it("has a row for every setting of a loaded configuration", () => {
    const known = new Set(rows.map((row) => row.setting));
    const missing: string[] = [];
    const visit = (value: unknown, path: string) => {
      if (known.has(path)) return;
      if (Array.isArray(value)) for (const entry of value) visit(entry, `${path}[]`);
      else if (typeof value === "object" && value !== null) {
        for (const [key, entry] of Object.entries(value)) visit(entry, path === "" ? key : `${path}.${key}`);
      } else missing.push(path);
    };
    visit(load(SMALL).config, "");
    expect(missing).toEqual([]);
  });

  it("is a Markdown table in which every line has four cells", () => {
    const lines = configTable()
      .split("\n")
      .filter((line) => line.startsWith("|"));
    expect(lines.length).toBeGreaterThan(100);
    for (const line of lines) expect(line.replaceAll("\\|", "").split("|")).toHaveLength(6);
  });
});
