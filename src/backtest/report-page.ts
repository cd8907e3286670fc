/**
 * A report as one HTML file: no scripts, no fonts, nothing loaded from anywhere, light and dark as the reader's system has it.
 */
import { escapeText } from "./html-text.ts";

/** `parts` are HTML already; the title is text. */
export function reportPage(title: string, parts: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeText(title)}</h1>
${parts.join("\n")}
</main>
</body>
</html>
`;
}

/** Cells are text; a header row first. Numbers stand to the right. */
export function reportTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => {
    const state = STATES[text];
    const kind = state ?? (/^[-−+]?[\d.,]+(?:e[-+]?\d+)?(?: ?%|×)?$/.test(text) ? "number" : "");
    return `<td${kind === "" ? "" : ` class="${kind}"`}>${escapeText(text)}</td>`;
  };
  const head = header.map((text) => `<th>${escapeText(text)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n");
  return `<div class="wide"><table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table></div>`;
}

export function reportSection(title: string, parts: readonly string[]): string {
  return `<section>\n<h2>${escapeText(title)}</h2>\n${parts.join("\n")}\n</section>`;
}

export function reportText(text: string): string {
  return `<p>${escapeText(text)}</p>`;
}

/** Verdicts that have a colour. */
const STATES: Readonly<Record<string, string>> = {
  met: "good",
  missed: "bad",
  "not meaningful": "open",
  "not enough trades": "open",
};

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #66707f; --line: #dde2e9; --paper: #ffffff; --a: #1f5fd0; --b: #c05a10;
  --c: #6b4bb0; --good: #157a3c; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9f0; --soft: #98a3b3; --line: #303947; --paper: #12161c; --a: #7fb0ff;
  --b: #f0a35e; --c: #b9a0f5; --good: #5fce8a; --bad: #ff8a80; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 0.5rem; }
figure { margin: 1rem 0; } figcaption { margin-bottom: 4px; } svg { width: 100%; height: auto; display: block; }
.unit, .tick, .nothing, th { color: var(--soft); } .tick { fill: var(--soft); font-size: 11px; }
.grid { stroke: var(--line); stroke-width: 1; } .limit { stroke: var(--soft); stroke-dasharray: 4 4; }
.line { fill: none; stroke-width: 1.3; stroke-linejoin: round; } .mark { fill: var(--ink); stroke: var(--ink); }
.mark.cross { fill: none; stroke: var(--bad); stroke-width: 1.6; } .mark.dot { fill: var(--good); stroke: none; }
.line.a { stroke: var(--a); } .line.b { stroke: var(--b); } .line.c { stroke: var(--c); }
.key::before { content: ""; display: inline-block; width: 14px; height: 3px; margin: 0 5px 3px 10px; background: var(--a); }
.key.b::before { background: var(--b); } .key.c::before { background: var(--c); }
.wide { overflow-x: auto; } table { border-collapse: collapse; } th { text-align: left; font-weight: 500; }
th, td { padding: 3px 14px 3px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; } .good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; } .open { color: var(--soft); font-weight: 600; }
`;
