/**
 * A pairs backtest from files to files: two bar files in; JSON, trade list, equity curve and report out.
 *
 * Outputs appear together at the end, whole: a run that is refused, fails or is stopped leaves none, and what stood in their places
 * stays. Streams in constant memory; whoever drives it gets a word after every block.
 */
import { resolve } from "node:path";
import { BarFile } from "./bar-file.ts";
import { JoinedBars } from "./joined-bars.ts";
import { OutputFile, OutputFileError } from "./output-file.ts";
import { type PairsOutcome, runPairs } from "./pairs.ts";
import { EQUITY_COLUMNS, equityLines, TRADE_COLUMNS, tradeLines } from "./pairs-csv.ts";
import { type PairsDocument, pairsDocument } from "./pairs-document.ts";
import { PairsReport } from "./pairs-report.ts";
import { checkPairsTerms, type PairsTerms } from "./pairs-terms.ts";
import type { SweepReport } from "./sweep.ts";

export interface PairsStudy {
  /** Paths of bar files. */
  readonly primary: string;
  readonly hedge: string;
  readonly terms: PairsTerms;
  /** Paths of what is asked for. */
  readonly outputs: {
    readonly json?: string | undefined;
    readonly trades?: string | undefined;
    readonly equity?: string | undefined;
    readonly report?: string | undefined;
  };
  /** The engine's. */
  readonly version: string;
  /** What a sweep around these terms came to; null without one. */
  readonly sweep: SweepReport | null;
}

export interface StudyProgress {
  readonly bars: number;
  readonly readBytes: number;
  readonly totalBytes: number;
}

export interface StudyEnd {
  readonly document: PairsDocument;
  readonly outcome: PairsOutcome;
}

/**
 * PairsTermsError, BarsError, OutputFileError (also for two outputs in one place, or one in an input's place). Ending the generator
 * early stops the run and leaves no output. `clockNs` is monotonic.
 */
export function* studyPairs(study: PairsStudy, clockNs: () => bigint): Generator<StudyProgress, StudyEnd, undefined> {
  checkPairsTerms(study.terms);
  checkPaths(study);
  const files: BarFile[] = [];
  const outputs = new Map<string, OutputFile>();
  try {
    const [primary, hedge] = [study.primary, study.hedge].map((path) => {
      const file = new BarFile(path);
      files.push(file);
      return file;
    }) as [BarFile, BarFile];
    for (const [kind, path] of Object.entries(study.outputs)) {
      if (path !== undefined) outputs.set(kind, new OutputFile(path));
    }
    const joined = new JoinedBars(primary, hedge);
    const outcome = yield* writeBlocks(study, joined, [primary, hedge], outputs, clockNs);
    const document = pairsDocument({
      version: study.version,
      sweep: study.sweep,
      terms: study.terms,
      primary: { ...primary.counts(), dropped_bars: joined.droppedPrimary },
      hedge: { ...hedge.counts(), dropped_bars: joined.droppedHedge },
      outcome: outcome.outcome,
    });
    outputs.get("json")?.write(`${JSON.stringify(document, null, 1)}\n`);
    if (outcome.report !== null) outputs.get("report")!.write(outcome.report.html(document));
    for (const output of outputs.values()) output.keep();
    return { document, outcome: outcome.outcome };
  } finally {
    for (const output of outputs.values()) output.discard();
    for (const file of files) file.end();
  }
}

function* writeBlocks(
  { terms }: PairsStudy,
  joined: JoinedBars,
  files: readonly BarFile[],
  outputs: ReadonlyMap<string, OutputFile>,
  clockNs: () => bigint,
): Generator<StudyProgress, { outcome: PairsOutcome; report: PairsReport | null }, undefined> {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const totalBytes = sum(files.map(({ sizeBytes }) => sizeBytes));
  const [trades, equity] = [outputs.get("trades"), outputs.get("equity")];
  const report = outputs.has("report") ? new PairsReport() : null;
  trades?.write(`${TRADE_COLUMNS.join(",")}\n`);
  equity?.write(`${EQUITY_COLUMNS.join(",")}\n`);
  const blocks = runPairs(joined, terms, clockNs);
  try {
    for (;;) {
      const step = blocks.next();
      if (step.done === true) return { outcome: step.value, report };
      const block = step.value;
      trades?.write(tradeLines(block.trades));
      equity?.write(equityLines(block));
      report?.add(block);
      const bars = block.firstBar + block.bars.count;
      yield { bars, readBytes: sum(files.map(({ readBytes }) => readBytes)), totalBytes };
    }
  } finally {
    // Frees the kernels' memory when the run is stopped between blocks.
    blocks.return(undefined as never);
  }
}

function checkPaths({ primary, hedge, outputs }: PairsStudy): void {
  const taken = new Map([primary, hedge].map((path) => [resolve(path), "an input"]));
  for (const [kind, path] of Object.entries(outputs)) {
    if (path === undefined) continue;
    const other = taken.get(resolve(path));
    // Whatever is written to /dev/null is welcome there twice.
    if (other !== undefined && !path.startsWith("/dev/")) {
      throw new OutputFileError(path, `is already ${other}, so ${kind} cannot be written there`);
    }
    taken.set(resolve(path), `the place of ${kind}`);
  }
}
