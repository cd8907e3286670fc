/**
 * Plots over time as SVG, for pages that work offline: lines with their range per bucket, limits and marks.
 *
 * Colours are classes that the page's style defines for light and dark; every shape has its words in a <title>.
 */
import { escapeText } from "./html-text.ts";
import type { SampledSeries } from "./sampled-series.ts";

export interface PlotLine {
  readonly name: string;
  /** Colour class of the page's style. */
  readonly colour: "a" | "b" | "c";
  readonly points: SampledSeries;
}

export interface PlotMark {
  readonly timeMs: number;
  readonly value: number;
  readonly shape: "up" | "down" | "dot" | "cross";
  readonly words: string;
}

export interface Plot {
  readonly title: string;
  /** What the vertical axis counts. */
  readonly unit: string;
  readonly lines: readonly PlotLine[];
  /** Horizontal limits. */
  readonly limits?: readonly number[];
  readonly marks?: readonly PlotMark[];
  /** How a value of the axis is written. */
  readonly format: (value: number) => string;
}

const [WIDTH, HEIGHT] = [960, 300];
const [LEFT, RIGHT, TOP, BOTTOM] = [72, 12, 12, 30];

/** One <figure>; says so where there is nothing to draw. */
export function plotFigure(plot: Plot): string {
  const { title, unit, lines, limits = [], marks = [], format } = plot;
  const legend = lines.map(({ name, colour }) => `<span class="key ${colour}">${escapeText(name)}</span>`).join(" ");
  const caption = `<figcaption><b>${escapeText(title)}</b> <span class="unit">${escapeText(unit)}</span> ${legend}</figcaption>`;
  const scale = scaleOf(lines, limits, marks);
  if (scale === null) return `<figure>${caption}<p class="nothing">Nothing to draw.</p></figure>`;
  const shapes = [
    ...ticksOf(scale.low, scale.high).map((value) => gridLine(scale, value, format(value))),
    ...timeTicks(scale).map((timeMs) => timeLine(scale, timeMs)),
    ...limits.map((value) => `<path class="limit" d="M${LEFT} ${y(scale, value)}H${WIDTH - RIGHT}"/>`),
    ...lines.map((line) => linePath(scale, line)),
    ...marks.map((mark) => markShape(scale, mark)),
  ];
  const label = escapeText(`${title}, ${unit}`);
  return `<figure>${caption}<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">${shapes.join("")}</svg></figure>`;
}

interface Scale {
  readonly fromMs: number;
  readonly toMs: number;
  readonly low: number;
  readonly high: number;
}

function scaleOf(lines: readonly PlotLine[], limits: readonly number[], marks: readonly PlotMark[]): Scale | null {
  let [fromMs, toMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const widen = (value: number) => {
    if (value < low) low = value;
    if (value > high) high = value;
  };
  for (const { points } of lines) {
    if (points.count === 0) continue;
    fromMs = Math.min(fromMs, points.timeMs[0]!);
    toMs = Math.max(toMs, points.lastMs);
    for (let at = 0; at < points.count; at++) {
      widen(points.low[at]!);
      widen(points.high[at]!);
    }
  }
  if (!(low <= high)) return null;
  for (const value of limits) widen(value);
  for (const { value } of marks) widen(value);
  const room = (high - low || Math.abs(high) || 1) * 0.05;
  return { fromMs, toMs: Math.max(toMs, fromMs + 1), low: low - room, high: high + room };
}

function x({ fromMs, toMs }: Scale, timeMs: number): number {
  return tenth(LEFT + ((timeMs - fromMs) / (toMs - fromMs)) * (WIDTH - LEFT - RIGHT));
}

function y({ low, high }: Scale, value: number): number {
  return tenth(HEIGHT - BOTTOM - ((value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM));
}

function tenth(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

function linePath(scale: Scale, { name, colour, points }: PlotLine): string {
  let path = "";
  let pen = "M";
  for (let at = 0; at < points.count; at++) {
    const [low, high] = [points.low[at]!, points.high[at]!];
    if (Number.isNaN(low)) {
      pen = "M";
      continue;
    }
    const across = x(scale, points.timeMs[at]!);
    path += `${pen}${across} ${y(scale, low)}`;
    if (high !== low) path += `V${y(scale, high)}`;
    pen = "L";
  }
  return `<path class="line ${colour}" d="${path}"><title>${escapeText(name)}</title></path>`;
}

function gridLine(scale: Scale, value: number, text: string): string {
  const at = y(scale, value);
  return `<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text class="tick" x="${LEFT - 6}" y="${at + 4}" text-anchor="end">${escapeText(text)}</text>`;
}

function timeLine(scale: Scale, timeMs: number): string {
  const at = x(scale, timeMs);
  const text = new Date(timeMs).toISOString();
  const shown = scale.toMs - scale.fromMs > 3 * 86_400_000 ? text.slice(0, 10) : text.slice(5, 16).replace("T", " ");
  return `<path class="grid" d="M${at} ${TOP}V${HEIGHT - BOTTOM}"/><text class="tick" x="${at}" y="${HEIGHT - 10}" text-anchor="middle">${shown}</text>`;
}

const SHAPES: Readonly<Record<PlotMark["shape"], string>> = {
  up: "m0 -5l4.5 8h-9z",
  down: "m0 5l4.5 -8h-9z",
  dot: "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0",
  cross: "m-4 -4l8 8m-8 0l8 -8",
};

function markShape(scale: Scale, { timeMs, value, shape, words }: PlotMark): string {
  if (!Number.isFinite(value) || timeMs < scale.fromMs || timeMs > scale.toMs) return "";
  const from = `M${x(scale, timeMs)} ${y(scale, value)}`;
  return `<path class="mark ${shape}" d="${from}${SHAPES[shape]}"><title>${escapeText(words)}</title></path>`;
}

/** Three to nine round values inside the range. */
function ticksOf(low: number, high: number): number[] {
  const rough = (high - low) / 8;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
}

function timeTicks({ fromMs, toMs }: Scale): number[] {
  return Array.from({ length: 6 }, (_, at) => fromMs + ((at + 0.5) * (toMs - fromMs)) / 6);
}
