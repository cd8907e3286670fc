/**
 * What an answer that came through ccxt proves about an order.
 *
 * Invariants
 *   - The exchange's own code decides where we have its table; ccxt's error class only where there is none, and then only for
 *     the few classes that cannot stand for an order that lives. The same code has different classes over REST and WebSocket.
 *   - A class proves a refusal only when an answer of the exchange was seen: ccxt throws the same classes by itself.
 *   - Everything else is `unknown`. A wrong `unknown` costs one query; a wrong `rejected` can fill an order twice.
 *
 * Pure. Who was asked and what was sent is known in `calls.ts`.
 */
import type { ReportKind } from "../../domain/order.ts";
import { LOCAL_CODES, type Operation } from "../outcome-codes.ts";
import type { CcxtProfile, CodeOutcome, RawAnswer } from "./profiles.ts";

/** How a call ended in an error. */
export interface FailedCall {
  readonly operation: Operation;
  /** Something of it went to a socket, or may have. */
  readonly written: boolean;
  /** The exchange's answer to it; null when none was seen. */
  readonly raw: RawAnswer | null;
  /** Name of the error's own class. */
  readonly errorClass: string;
}

export function failedOutcome(call: FailedCall, profile: CcxtProfile): CodeOutcome & { readonly local: boolean } {
  const { operation, raw, errorClass } = call;
  if (!call.written) {
    // Only for a new order: a cancel or query that did not leave says nothing about the order it asked for.
    return operation === "place" ? { kind: "notSent", code: 0, local: true } : UNHEARD;
  }
  if (raw === null) return UNHEARD;
  const outcome = profile.outcome?.(operation, raw) ?? { kind: kindOfClass(operation, errorClass), code: 0 };
  return { ...outcome, local: false };
}

/** `InvalidOrder`, `BadRequest` and `ExchangeError` are not here: duplicates and server timeouts have been seen among them. */
const REFUSALS: ReadonlySet<string> = new Set([
  "InsufficientFunds",
  "OrderImmediatelyFillable",
  "OrderNotFillable",
  ...["AuthenticationError", "PermissionDenied", "AccountSuspended"],
  "BadSymbol",
  "MarketClosed",
  "RestrictedLocation",
  "RateLimitExceeded",
  "InvalidNonce",
]);

/** Key, secret or permission: retrying cannot help. */
export const AUTH_CLASSES: ReadonlySet<string> = new Set([
  "AuthenticationError",
  "PermissionDenied",
  "AccountSuspended",
]);

/** Of whatever was thrown. */
export const classOf = (cause: unknown): string => (cause instanceof Error ? cause.constructor.name : typeof cause);

/** By the error's own class: those above it are too wide. */
function kindOfClass(operation: Operation, own: string): ReportKind {
  if (operation === "cancel") return own === "OrderNotFound" ? "cancelUnknown" : "unknown";
  if (operation === "query") return own === "OrderNotFound" ? "notFound" : "unknown";
  if (own === "DuplicateOrderId") return "duplicateId";
  return REFUSALS.has(own) ? "rejected" : "unknown";
}

/** Nothing was heard of it. */
export const UNHEARD = { kind: "unknown", code: LOCAL_CODES.socketLost, local: true } as const;
