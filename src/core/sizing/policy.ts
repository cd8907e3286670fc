/**
 * Hedge policies: h in [0, 1] of a new decision, before time decay (SPEC §5). Each policy is one file; here they are told
 * apart.
 */
import type { CoreKernels, LinearConfig } from "../config.ts";
import { type Intensity, linearIntensity } from "../intensity.ts";
import { type BandsConfig, bandedIntensity } from "./confidence-bands.ts";
import type { CorridorConfig } from "./corridor.ts";
import { type Excursions, type InsuranceConfig, insuredIntensity } from "./insurance.ts";

export type PolicyConfig =
  | { readonly policy: "confidence-bands"; readonly bands: BandsConfig }
  | { readonly policy: "linear"; readonly linear: LinearConfig }
  | { readonly policy: "full" }
  | { readonly policy: "insurance"; readonly insurance: InsuranceConfig }
  | { readonly policy: "delta"; readonly corridor: CorridorConfig };

/** What a policy may look at. */
export interface PolicyInputs {
  /** NaN where nothing was scored. */
  readonly score: number;
  readonly strength: number;
  readonly exposureNotional: number;
  readonly volatilityDaily: number;
  readonly wallMs: number;
  readonly excursions: Excursions | null;
}

/** `h` is NaN where the policy asks to skip the signal; `linear` says how the linear model came to it. */
export interface PolicyResult {
  readonly h: number;
  readonly linear: Readonly<Intensity> | null;
}

export function policyIntensity(kernels: CoreKernels, config: PolicyConfig, inputs: PolicyInputs): PolicyResult {
  switch (config.policy) {
    case "confidence-bands":
      return { h: bandedIntensity(inputs.score, config.bands), linear: null };
    case "linear": {
      const { exposureNotional, strength, volatilityDaily, wallMs } = inputs;
      const linear = linearIntensity(kernels, config.linear, exposureNotional, strength, volatilityDaily, wallMs);
      return { h: linear.h, linear };
    }
    case "insurance":
      return { h: insuredIntensity(inputs.excursions, config.insurance), linear: null };
    case "full":
    case "delta":
      return { h: 1, linear: null };
  }
}
