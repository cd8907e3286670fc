/**
 * Why a signal lies in the dead letter queue, in words: what happened, and what an operator can do. One sentence each per code
 * of the gateway, the lane and the replay rules.
 */
export interface DeadLetterReason {
  readonly sentence: string;
  readonly remedy: string;
}

const SEND_AGAIN = "Have the sender send a new signal; discard this one.";
const REPLAY_OR_DISCARD = "Replay it if it is still meant, else discard it.";

const REASONS: Readonly<Record<string, DeadLetterReason>> = {
  MALFORMED: {
    sentence: "The sender proved who it is, but its bytes are not a signal.",
    remedy: "Correct the sender or its adapter settings. After a change of settings it can be replayed.",
  },
  CRASHED: {
    sentence: "Processing it threw an error: a bug of ours. What was done with it is in the journal.",
    remedy: "Report the bug with the bytes shown here. Replay it only when it is mended.",
  },
  ID_REUSED: {
    sentence: "Its id was used before with other bytes, so one of the two is a mistake.",
    remedy: "Compare both with `dlq show`. Replay it if it is the one that was meant, else discard it.",
  },
  STALE: { sentence: "It was too old when it came.", remedy: REPLAY_OR_DISCARD },
  FROM_FUTURE: {
    sentence: "It says it was made in the future: a clock is wrong.",
    remedy: "Set the sender's clock or ours right, then replay it.",
  },
  EXPIRED: {
    sentence: "Its time horizon was over, so opening on it would be acting on nothing.",
    remedy: SEND_AGAIN,
  },
  UNKNOWN_ASSET: {
    sentence: "No configured instrument is called that.",
    remedy: "Add the instrument or an alias to the configuration, restart, and replay it.",
  },
  AMBIGUOUS_ASSET: {
    sentence: "Its asset may mean several configured instruments.",
    remedy: "Have the sender name the instrument in full, or remove the alias that clashes.",
  },
  KIND_REFUSED: {
    sentence: "This source may not send signals of this kind.",
    remedy: "Allow the kind in the source's settings and replay it, or discard it.",
  },
  UNKNOWN_SOURCE: {
    sentence: "The source it came from is no longer configured, so nobody can read it.",
    remedy: "Configure the source again and replay it, or discard it.",
  },
  SUPERSEDED: {
    sentence: "A newer signal for the same instrument has taken its place.",
    remedy: "Discard it: the newer one says what is meant.",
  },
  KIND_NOT_SUPPORTED: { sentence: "No playbook here acts on signals of this kind.", remedy: "Discard it." },
  NOTHING_TO_PROTECT: {
    sentence: "No holdings are configured for its instrument, so there is nothing to hedge.",
    remedy: "Configure the holdings and replay it, or discard it.",
  },
  DIRECTION_MISMATCH: {
    sentence: "It says long where short is held, or the other way round.",
    remedy: "Check holdings and sender; discard it if the sender was wrong.",
  },
  STATE_NOT_ACTIVE: {
    sentence: "The engine was not active, so nothing that opens could be sent.",
    remedy: "Replay it when the engine is active again.",
  },
  KILL_SWITCH: { sentence: "The kill switch forbade its order.", remedy: "Replay it after the switch is released." },
  TOO_MANY_OPEN_INTENTS: {
    sentence: "As many orders as are allowed were under way.",
    remedy: "Replay it; if this returns, look at router.intentsOpenMax.",
  },
  NO_VENUE: {
    sentence:
      "No venue could take an order for as long as the signal was good: none ready, or none with a fresh price.",
    remedy: "Look at the venues' health, then replay it.",
  },
  UNFILLED: {
    sentence: "Venues were asked until the signal was too old, and did not fill all of it.",
    remedy: "Replay it: only what is still missing is ordered.",
  },
  NO_FRESH_QUOTE: { sentence: "No venue had a fresh price.", remedy: "Look at the venues' health, then replay it." },
  VENUE_NOT_READY: { sentence: "The venue was not ready.", remedy: "Look at the venue's health, then replay it." },
  ORDER_NOTIONAL_OVER_LIMIT: {
    sentence: "Its order would have been larger than risk.orderNotionalMax.",
    remedy: "Replay it after the limit or the position has changed, else discard it.",
  },
  POSITION_NOTIONAL_OVER_LIMIT: {
    sentence: "The position would have become larger than risk.positionNotionalMax.",
    remedy: "Replay it after the limit or the position has changed, else discard it.",
  },
  PRICE_OUTSIDE_COLLAR: {
    sentence: "The order's price was too far from what all venues agree on.",
    remedy: "Look at the venues' prices, then replay it.",
  },
  PRICE_MOVED: {
    sentence: "The price has moved further since it came than a replay may bridge.",
    remedy: `${SEND_AGAIN} A close can be replayed with --yes: it only shrinks a position.`,
  },
  NEEDS_YES: {
    sentence: "It would open or increase a hedge, and is too old for that without somebody who has looked at it.",
    remedy: "Look at it with `dlq show`, and replay it with --yes if it is still meant.",
  },
  BLOCKED: {
    sentence: "It changes what an older dead letter of its instrument would have set, and that one is not settled.",
    remedy: "Replay or discard the older one first.",
  },
  ANALYSIS_STALE: {
    sentence: "What the engine would have opened it by, a hedge ratio or a calibration, was found too long ago.",
    remedy: "See why analyses fail with `analyse`, and have the sender send a new signal.",
  },
  BACKLOG_FULL: { sentence: "The engine could not take it just then.", remedy: "Replay it again." },
};

const OTHER: DeadLetterReason = { sentence: "The order it asked for was refused.", remedy: REPLAY_OR_DISCARD };

export const deadLetterReason = (code: string): DeadLetterReason => REASONS[code] ?? OTHER;
