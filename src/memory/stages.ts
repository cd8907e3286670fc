/** The stages of a signal's life whose latencies are kept, and the histogram each has. All but `durable` are the lane's. */
export const STAGES = ["decide", "send", "ack", "fill", "durable"] as const;
export type Stage = (typeof STAGES)[number];

/** From received to: decided · handed to the venue's socket · first answer · end of the order · on disk. */
export const stageHistogram = (stage: Stage): number => STAGES.indexOf(stage);
