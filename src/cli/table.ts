/** Rows as an aligned text table: numbers to the right, the rest to the left. */

export type Cell = string | number | boolean | null | undefined;

/** Columns are the keys of all rows, in order of first appearance. */
export function textTable(rows: readonly Readonly<Record<string, Cell>>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => show(row[column]).length)));
  const numeric = columns.map((column) => rows.every((row) => isNumeric(row[column])));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(columns), ...rows.map((row) => line(columns.map((column) => show(row[column]))))].join("\n");
}

function show(cell: Cell): string {
  return cell === null || cell === undefined ? "-" : String(cell);
}

function isNumeric(cell: Cell): boolean {
  return cell === null || cell === undefined || typeof cell === "number" || /^-?\d+(\.\d+)?$/.test(String(cell));
}
