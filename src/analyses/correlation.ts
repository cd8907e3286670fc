/**
 * Correlation of the book (SPEC §5, portfolio hedge): returns of all its instruments at the times that all have, shrunk after
 * Ledoit and Wolf, with the direction in which most of it moves.
 *
 * Returns are brought to one standard deviation first, so that shrinkage acts on what they share and not on how wild each is;
 * the volatilities beside the matrix are the sample's own. A return over a gap is left out: it is of another length.
 */
import { ledoitWolf, std, symmetricEigen } from "../stats/index.ts";
import { type LogColumns, logColumns } from "./candles.ts";
import { asSampleError, DAY_MS, dateOf, rowsOf } from "./sample.ts";
import type { Computation, CorrelationTask } from "./task.ts";

export const bookCorrelation: Computation<CorrelationTask> = {
  name: ({ index }, { directory }) => `correlation with ${directory.instruments[index]?.symbol}`,
  needs: ({ instruments }, { intervalMs, spanMs }) =>
    instruments.map((instrument) => ({ instrument, intervalMs, spanMs })),
  compute({ index, instruments }, { terms, candles }) {
    const logs = logColumns(candles);
    const { timestampMs, columns } = returnsOf(logs);
    const rows = rowsOf({ timestampMs, from: logs.from }, terms.rowsMin);
    const found = estimateCorrelation(columns, logs.intervalMs);
    const [fromMs, untilMs] = [timestampMs[0]!, timestampMs[rows - 1]! + logs.intervalMs];
    const method = `Ledoit-Wolf of standardised log returns, candles of ${logs.intervalMs} ms`;
    const at = instruments.indexOf(index);
    const withIndex = instruments.flatMap((instrument, row) =>
      row === at ? [] : `${terms.core.directory.instruments[instrument]!.symbol} ${found.correlation[at]![row]}`,
    );
    return {
      analyses: [
        {
          kind: "correlation",
          instruments,
          ...found,
          untilMs,
          basis: { sample: logs.from, method, rows, fromMs, toMs: untilMs },
        },
      ],
      words:
        `${withIndex.join(", ")}; shrinkage ${found.shrinkage}, largest eigenvalue ${found.eigenvalue} of ` +
        `${instruments.length}; ${rows} returns to ${dateOf(untilMs)}`,
    };
  },
};

/** Log returns between neighbouring candles; times are those of the later one. */
function returnsOf({ timestampMs, columns, intervalMs }: LogColumns): Pick<LogColumns, "timestampMs" | "columns"> {
  const later: number[] = [];
  for (let t = 1; t < timestampMs.length; t++) if (timestampMs[t]! - timestampMs[t - 1]! === intervalMs) later.push(t);
  const at = Uint32Array.from(later);
  return {
    timestampMs: Float64Array.from(at, (t) => timestampMs[t]!),
    columns: columns.map((logs) => Float64Array.from(at, (t) => logs[t]! - logs[t - 1]!)),
  };
}

/** AnalysisError SAMPLE_BAD for a price that never moved. */
export function estimateCorrelation(returns: readonly Float64Array[], intervalMs: number) {
  try {
    const deviations = returns.map((column) => std(column));
    const { correlation, shrinkage } = ledoitWolf(
      returns.map((column, k) => column.map((value) => value / deviations[k]!)),
    );
    const { values, vectors } = symmetricEigen(correlation);
    return {
      correlation,
      volatilityDaily: deviations.map((deviation) => deviation * Math.sqrt(DAY_MS / intervalMs)),
      eigenvalue: values[0]!,
      eigenvector: vectors[0]!,
      shrinkage,
    };
  } catch (cause) {
    throw asSampleError(cause);
  }
}
