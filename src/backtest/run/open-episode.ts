/** An episode while it lasts, and what becomes of it when it ends. */
import type { Directory } from "../../domain/instrument.ts";
import type { Episode, EpisodeEnd } from "./episode.ts";

/** What a decision says: from the core, or from its record. */
export interface Decided {
  readonly shield: number;
  readonly targetLots: number;
  readonly exposureNotional: number;
  readonly decision: {
    readonly intakeSeq: number;
    readonly kind: string;
    readonly cause: { readonly text: string };
    readonly intensity: { readonly h: number };
  };
}

export interface OpenEpisode {
  readonly id: number;
  readonly decided: Decided;
  readonly model: string;
  readonly modelVersion: string;
  readonly receivedMs: number;
  readonly startMs: number;
  readonly price: number;
  readonly exposure: number;
  targetLots: number;
  /** Of the hedge, up to the start. */
  readonly grossBefore: number;
  readonly costBefore: number;
  orders: number;
  fills: number;
  notional: number;
  slipped: number;
  firstFillMs: number;
  worstUnhedged: number;
  worstHedged: number;
}

export interface EpisodeMoney {
  readonly profitUnhedged: number;
  readonly profitHedge: number;
  readonly cost: number;
}

export function closedEpisode(
  episode: OpenEpisode,
  position: { readonly asset: number; readonly hedge: number },
  { instruments }: Directory,
  endMs: number,
  end: EpisodeEnd,
  money: EpisodeMoney,
): Episode {
  const { decision, shield } = episode.decided;
  const [source = "", signalId = ""] = decision.cause.text.split("|");
  return {
    id: episode.id,
    shield,
    asset: instruments[position.asset]!.symbol,
    hedge: instruments[position.hedge]!.symbol,
    signalId,
    source,
    kind: decision.kind,
    model: episode.model,
    modelVersion: episode.modelVersion,
    decidedMs: episode.startMs,
    endMs,
    end,
    exposure: episode.exposure,
    price: episode.price,
    intensity: decision.intensity.h,
    targetLots: episode.targetLots,
    orders: episode.orders,
    fills: episode.fills,
    filledNotional: episode.notional,
    slippage: episode.slipped / episode.notional,
    firstFillMs: episode.firstFillMs,
    ...money,
    worstUnhedged: episode.worstUnhedged,
    worstHedged: episode.worstHedged,
  };
}
