/**
 * The reference study straight from its definition, slowly: every window is read again at every bar, twice (means, then squares of
 * differences), whole series are held, and money is counted as cash plus holdings. Shares nothing with src/.
 */
export interface OracleBar {
  readonly t: number;
  readonly oy: number;
  readonly cy: number;
  readonly ox: number;
  readonly cx: number;
}

export interface OracleTerms {
  readonly W: number;
  readonly L: number;
  readonly entry: number;
  readonly exit: number;
  readonly stop: number;
  readonly N: number;
  readonly C0: number;
  readonly fee: number;
  readonly slip: number;
  readonly band: number | null;
  readonly gate: boolean;
  readonly barsPerYear: number;
}

export interface OracleTrade {
  dir: number;
  decision: number;
  entry: number;
  exit: number;
  reason: string;
  zIn: number;
  zOut: number;
  beta: number;
  unitsY: number;
  unitsX: number;
  cashY: number;
  cashX: number;
}

interface Fill {
  leg: "x" | "y";
  side: number;
  price: number;
  reference: number;
  units: number;
  open: number;
}

const NOTHING = Number.NaN;

export function oracle(bars: readonly OracleBar[], terms: OracleTerms) {
  const { W, L, entry, exit, stop, N, C0, fee, slip, band, gate } = terms;
  const n = bars.length;
  const ly = bars.map((bar) => Math.log(bar.cy));
  const lx = bars.map((bar) => Math.log(bar.cx));
  const beta: number[] = [];
  const s: number[] = [];
  const sd: number[] = [];
  const z: number[] = [];
  for (let t = 0; t < n; t++) {
    [beta[t], s[t]] = line(ly, lx, t, W);
    [sd[t], z[t]] = score(s, t, L);
  }
  const t0 = W + L - 2;

  const trades: OracleTrade[] = [];
  const fills: Fill[] = [];
  const hedged: number[] = [];
  const unhedged: number[] = [];
  let cashY = C0;
  let cashX = 0;
  let uy = 0;
  let ux = 0;
  let dir = 0;
  let blocked = false;
  let pending: { what: string; at: number } | null = null;
  let current: OracleTrade | null = null;
  let hedgeBeta = 0;
  let rebalances = 0;
  const neutral: number[] = [];
  const dollars: number[] = [];
  const moves: [dx: number, dy: number, beta: number][] = [];
  const flatMargins: number[] = [];
  const heldMargins: number[] = [];

  const trade = (leg: "x" | "y", units: number, open: number, decided: number) => {
    const side = Math.sign(units);
    const price = open * (1 + side * slip);
    const paid = units * price + fee * Math.abs(units) * price;
    if (leg === "y") [uy, cashY] = [uy + units, cashY - paid];
    else [ux, cashX] = [ux + units, cashX - paid];
    if (units !== 0) {
      const reference = leg === "y" ? bars[decided]!.cy : bars[decided]!.cx;
      fills.push({ leg, side, price, reference, units: Math.abs(units), open });
    }
  };
  const leave = (t: number, reason: string, decided: number, py: number, px: number) => {
    trade("y", -uy, py, decided);
    trade("x", -ux, px, decided);
    uy = 0;
    ux = 0;
    dir = 0;
    const closing: OracleTrade = current!;
    closing.exit = t;
    closing.reason = reason;
    closing.zOut = z[decided]!;
    closing.cashY += cashY;
    closing.cashX += cashX;
    trades.push(closing);
    current = null;
  };

  for (let t = t0; t < n; t++) {
    const bar = bars[t]!;
    if (pending !== null) {
      const { what, at } = pending;
      pending = null;
      if (what === "enter") {
        dir = z[at]! > 0 ? -1 : 1;
        current = {
          dir,
          decision: at,
          entry: t,
          exit: -1,
          reason: "",
          zIn: z[at]!,
          zOut: NOTHING,
          beta: beta[at]!,
          unitsY: 0,
          unitsX: 0,
          cashY: -cashY,
          cashX: -cashX,
        };
        trade("y", (dir * N) / (bar.oy * (1 + dir * slip)), bar.oy, at);
        const hedgeSide = Math.sign(-dir * beta[at]!);
        trade("x", (-dir * beta[at]! * N) / (bar.ox * (1 + hedgeSide * slip)), bar.ox, at);
        current.unitsY = uy;
        current.unitsX = ux;
        hedgeBeta = beta[at]!;
      } else if (what === "rebalance") {
        trade("x", (-beta[at]! * uy * bar.oy) / bar.ox - ux, bar.ox, at);
        hedgeBeta = beta[at]!;
        rebalances++;
      } else leave(t, what, at, bar.oy, bar.ox);
    }
    if (dir !== 0) {
      neutral.push(Math.abs(uy * bar.cy + (ux * bar.cx) / hedgeBeta) / Math.abs(uy * bar.cy));
      dollars.push(Math.abs(uy * bar.cy + ux * bar.cx) / Math.abs(uy * bar.cy));
      if (t > current!.entry) moves.push([lx[t]! - lx[t - 1]!, ly[t]! - ly[t - 1]!, current!.beta]);
    }
    if (Number.isFinite(z[t]) && Number.isFinite(beta[t])) {
      const size = Math.abs(z[t]!);
      if (dir === 0) {
        flatMargins.push(Math.abs(size - entry), Math.abs(size - stop));
        const pays = !gate || (size - exit) * sd[t]! >= 2 * (fee + slip) * (1 + Math.abs(beta[t]!));
        if (blocked && size < entry) blocked = false;
        else if (!blocked && size >= entry && size < stop && pays) pending = { what: "enter", at: t };
      } else {
        const u = -dir * z[t]!;
        heldMargins.push(Math.abs(u - exit), Math.abs(u - stop));
        if (u <= exit) pending = { what: "target", at: t };
        else if (u >= stop) {
          pending = { what: "stop", at: t };
          blocked = true;
        } else if (band !== null && Math.abs(ux * bar.cx + beta[t]! * uy * bar.cy) / Math.abs(uy * bar.cy) > band) {
          pending = { what: "rebalance", at: t };
        }
      }
    }
    if (t === n - 1 && dir !== 0) leave(t, "eod", t, bar.cy, bar.cx);
    hedged.push(cashY + uy * bar.cy + cashX + ux * bar.cx);
    unhedged.push(cashY + uy * bar.cy);
  }
  const costOf = (leg: string) =>
    fills
      .filter((fill) => fill.leg === leg)
      .reduce((sum, f) => sum + f.units * (Math.abs(f.price - f.open) + fee * f.price), 0);
  const costs = costOf("x");
  const grossY = unhedged.at(-1)! - C0 + costOf("y");
  const gross = hedged.at(-1)! - C0 + costOf("y") + costs;
  const slipsOf = (some: readonly Fill[]) => some.map(({ side, price, reference }) => side * (price / reference - 1));
  const slips = slipsOf(fills);
  const realized = pooledSlope(moves);
  const target = average(moves.map(([, , entryBeta]) => entryBeta));
  const changesH = differences(hedged);
  const changesU = differences(unhedged);
  const yearly = (changes: number[]) =>
    (average(changes) / Math.sqrt(variance(changes))) * Math.sqrt(terms.barsPerYear);
  return {
    beta,
    z,
    trades,
    hedged,
    unhedged,
    metrics: {
      n_trades: trades.length,
      n_target: trades.filter(({ reason }) => reason === "target").length,
      n_stop: trades.filter(({ reason }) => reason === "stop").length,
      n_eod: trades.filter(({ reason }) => reason === "eod").length,
      n_rebalances: rebalances,
      realized_beta: realized,
      target_beta: target,
      neutrality: average(neutral),
      neutrality_max: neutral.reduce((most, value) => Math.max(most, value), -Infinity),
      dollar_neutrality: average(dollars),
      held_bars: neutral.length,
      n_returns: moves.length,
      hedge_costs: costs,
      primary_costs: costOf("y"),
      gross,
      gross_primary: grossY,
      slippage: average(slips),
      slippage_max: slips.reduce((most, value) => Math.max(most, value), -Infinity),
      slippage_hedge: average(slipsOf(fills.filter(({ leg }) => leg === "x"))),
      n_fills: fills.length,
      mdd_hedged: deepestFall(hedged, (value, peak) => 1 - value / peak),
      mdd_unhedged: deepestFall(unhedged, (value, peak) => 1 - value / peak),
      mdd_hedged_ccy: deepestFall(hedged, (value, peak) => peak - value),
      mdd_unhedged_ccy: deepestFall(unhedged, (value, peak) => peak - value),
      sharpe_hedged: yearly(changesH),
      sharpe_unhedged: yearly(changesU),
      compounded_hedged: Math.min(...hedged) > 0 ? yearly(returnsOf(hedged)) : NOTHING,
      compounded_unhedged: Math.min(...unhedged) > 0 ? yearly(returnsOf(unhedged)) : NOTHING,
      ederington: 1 - variance(changesH) / variance(changesU),
      margin_flat: Math.min(...flatMargins),
      margin_held: Math.min(...heldMargins),
    },
  };
}

function line(y: number[], x: number[], t: number, window: number): [beta: number, spread: number] {
  if (t < window - 1) return [NOTHING, NOTHING];
  const from = t - window + 1;
  let [meanY, meanX] = [0, 0];
  for (let i = from; i <= t; i++) {
    meanY += y[i]! / window;
    meanX += x[i]! / window;
  }
  let [xx, xy, equal] = [0, 0, true];
  for (let i = from; i <= t; i++) {
    xx += (x[i]! - meanX) ** 2;
    xy += (x[i]! - meanX) * (y[i]! - meanY);
    equal &&= x[i] === x[from];
  }
  if (equal) return [NOTHING, NOTHING];
  const beta = xy / xx;
  return [beta, y[t]! - meanY - beta * (x[t]! - meanX)];
}

function score(s: number[], t: number, lookback: number): [sd: number, z: number] {
  if (t < lookback - 1) return [NOTHING, NOTHING];
  const window = s.slice(t - lookback + 1, t + 1);
  const sd = Math.sqrt(variance(window));
  return [sd, sd > 0 ? (s[t]! - average(window)) / sd : NOTHING];
}

function pooledSlope(moves: readonly (readonly [number, number, number])[]): number {
  const meanX = average(moves.map(([dx]) => dx));
  const meanY = average(moves.map(([, dy]) => dy));
  let [xx, xy] = [0, 0];
  for (const [dx, dy] of moves) {
    xx += (dx - meanX) ** 2;
    xy += (dx - meanX) * (dy - meanY);
  }
  return xy / xx;
}

function deepestFall(equity: readonly number[], fall: (value: number, peak: number) => number): number {
  let [peak, deepest] = [Number.NEGATIVE_INFINITY, 0];
  for (const value of equity) {
    peak = Math.max(peak, value);
    deepest = Math.max(deepest, fall(value, peak));
  }
  return deepest;
}

function returnsOf(equity: readonly number[]): number[] {
  return equity.slice(1).map((value, at) => value / equity[at]! - 1);
}

function differences(values: readonly number[]): number[] {
  return values.slice(1).map((value, at) => value - values[at]!);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const mean = average(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}
