/**
 * Items about sizes (S1): computed with the live rules from the configuration, not read off its settings, so that the evidence is what
 * the engine would do.
 */
import type { CoreConfig, CoreKernels, DecayConfig, LinearConfig } from "../core/config.ts";
import { decayedIntensity, decayStage } from "../core/decay.ts";
import { linearIntensity } from "../core/intensity.ts";
import { policyIntensity } from "../core/sizing/policy.ts";
import { rampFactor } from "../core/sizing/ramp.ts";
import { type Answer, failed, judged, notApplicable, passed } from "./item.ts";

/** Scores at which ratios are shown: inside and at the edges of the bands. */
const SCORES = [0.65, 0.75, 0.85, 0.95, 1] as const;
const STRENGTHS = [0, 0.5, 1] as const;
const FRACTIONS = [0, 0.5, 0.8, 1] as const;

/** Does what a sender is sure of change how much is hedged? */
export function ratiosAnswer(core: CoreConfig, kernels: CoreKernels): Answer {
  const wrong: string[] = [];
  const evidence: Record<string, unknown> = {};
  for (const { policy, asset, notional } of core.signals) {
    const name = `signal ${symbolOf(core, asset)}`;
    const linear = policy.policy === "linear";
    const by = linear ? STRENGTHS : SCORES;
    const ratios = by.map((x) => {
      const inputs = { exposureNotional: notional, volatilityDaily: 0.02, wallMs: 0, excursions: null };
      return policyIntensity(kernels, policy, { ...inputs, score: linear ? 1 : x, strength: linear ? x : 1 }).h;
    });
    evidence[name] = { policy: policy.policy, [linear ? "strength" : "score"]: by, ratio: ratios };
    const falls = !linear && ratios.every((h, i) => i === 0 || h <= ratios[i - 1]!) && ratios.at(-1)! < ratios[0]!;
    const moves = linear && ratios.at(-1) !== ratios[0];
    if (!falls && !moves) wrong.push(`${name}: policy ${policy.policy} hedges the same whatever the confidence`);
  }
  for (const { asset, linear } of core.shields) {
    const name = `shield ${symbolOf(core, asset)}`;
    const ratios = STRENGTHS.map((strength) => linearRatio(kernels, linear, strength));
    evidence[name] = { policy: "linear", strength: STRENGTHS, ratio: ratios };
    if (ratios.at(-1) === ratios[0]) wrong.push(`${name}: the strength of a signal has no weight`);
  }
  if (Object.keys(evidence).length === 0) {
    return notApplicable("no playbook goes by signals: a reversion goes by its spread", {});
  }
  return judged(wrong, "ratios follow confidence, or strength, which is the confidence unless stated", evidence);
}

/** Does a hedge grow as its signal ages? */
export function decayAnswer(core: CoreConfig): Answer {
  const wrong: string[] = [];
  const evidence: Record<string, unknown> = {};
  const look = (name: string, decay: DecayConfig) => {
    const ratios = FRACTIONS.map((at) => decayedIntensity(BASE, decayStage(at, decay), decay));
    evidence[name] = {
      elapsed: FRACTIONS,
      ratio: ratios,
      nearFullAction: decay.nearFullAction,
      onExpiry: decay.onExpiry,
    };
    const closes = decay.nearFullAction === "close";
    if (!closes && !(ratios.at(-1)! > ratios[0]!)) wrong.push(`${name}: a hedge of ${BASE} does not grow with age`);
  };
  for (const { asset, decay } of core.signals) look(`signal ${symbolOf(core, asset)}`, decay);
  for (const { asset, decay } of core.shields) look(`shield ${symbolOf(core, asset)}`, decay);
  if (Object.keys(evidence).length === 0) return notApplicable("no playbook goes by signals, so none ages", {});
  return judged(wrong, `a ratio of ${BASE} grows, or the position closes, before the horizon ends`, evidence);
}

/** Has every position that the engine opens a stop that does not depend on its hedge? */
export function stopLossAnswer(core: CoreConfig): Answer {
  const wrong: string[] = [];
  const evidence: Record<string, unknown> = {};
  const opened = [
    ...core.signals.map(({ asset, stopLoss }) => [`signal ${symbolOf(core, asset)}`, stopLoss] as const),
    ...core.reversions.map(({ primary, stopLoss }) => [`reversion ${symbolOf(core, primary)}`, stopLoss] as const),
  ];
  for (const [name, stopLoss] of opened) {
    evidence[name] = { stopLoss, checked: "on every quote of either leg" };
    if (!(stopLoss > 0 && stopLoss < 1))
      wrong.push(`${name}: a loss of ${stopLoss} of the notional stops nothing in time`);
  }
  if (opened.length === 0) {
    return notApplicable("the engine opens no position of its own: a shield's holding is its owner's to sell", {
      shields: core.shields.length,
    });
  }
  return judged(wrong, `${opened.length} playbooks close both legs at their stop`, evidence);
}

/** Live sizes begin small. */
export function rolloutAnswer({ ramp }: CoreConfig, realMoney: boolean, wallMs: number): Answer {
  const { fraction, startMs, durationMs } = ramp;
  const evidence = {
    fraction,
    from: fraction < 1 ? new Date(startMs).toISOString() : null,
    days: durationMs / 86_400_000,
    shareNow: rampFactor(wallMs, ramp),
  };
  if (!realMoney) return notApplicable("sizes are staged with real money only", evidence);
  if (fraction === 1) return failed("rollout.fraction is 1: live would begin at full size", evidence);
  return passed("sizes grow from a fraction to all of it", evidence);
}

/** What money may be lost, in what steps. */
export function limitsAnswer({ risk, breakers, directory }: CoreConfig, realMoney: boolean): Answer {
  const limits = directory.instruments.map(({ symbol, tick, lot }, index) => {
    const { orderNotionalMax, positionNotionalMax } = risk.limits[index]!;
    return {
      symbol,
      orderNotionalMax: orderNotionalMax * tick * lot,
      positionNotionalMax: positionNotionalMax * tick * lot,
    };
  });
  const { limits: _, ...others } = risk;
  const evidence = { ...breakers, ...others, limits };
  // A live configuration that leaves one out is not valid: it would not have come this far.
  return passed(
    realMoney ? "every limit of money is stated in the configuration" : "limits, some by paper's defaults",
    evidence,
  );
}

const BASE = 0.5;

const linearRatio = (kernels: CoreKernels, linear: LinearConfig, strength: number): number =>
  linearIntensity(kernels, linear, linear.positionNotionalFull / 2, strength, linear.volatilityDailyFull / 2, 0).h;

const symbolOf = ({ directory }: CoreConfig, instrument: number): string =>
  directory.instruments[instrument]?.symbol ?? `instrument ${instrument}`;
