/**
 * Authentication: who may speak for a source. Before anything of the body is parsed.
 *
 * Invariants
 *   - Every active secret is tried, whatever the earlier ones said, and digests are compared in constant time: how long a
 *     refusal takes says nothing of which secret or byte was wrong.
 *   - A verifier never throws on a sender's input. Why it refused is for the operator; the sender is never told.
 *   - Secrets leave this file neither in errors nor in results, nor does anything a sender wrote but a time; results name the secret's id.
 *
 * Rules and their sources: reference/reliability.md §3 (R1-R4, R8). Freshness of a TradingView alert is admission's.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { EpochMs } from "../domain/units.ts";
import { createHmacSha256, type HmacSha256 } from "../wasm/sha256.ts";

/** One of a source's secrets. Several are active while they are rotated. */
export interface AuthSecret {
  /** For logs. */
  readonly id: string;
  readonly secret: string;
  /** Not accepted from then on. */
  readonly notAfterMs?: number;
}

export type AuthOptions =
  | {
      readonly type: "standard-webhooks";
      /** `whsec_` and base64 of 24 to 64 bytes. */
      readonly secrets: readonly AuthSecret[];
      readonly tolerancePastS?: number;
      readonly toleranceFutureS?: number;
    }
  | { readonly type: "github"; readonly secrets: readonly AuthSecret[] }
  | {
      readonly type: "stripe";
      readonly secrets: readonly AuthSecret[];
      readonly tolerancePastS?: number;
      readonly toleranceFutureS?: number;
    }
  | {
      readonly type: "tradingview";
      /** Passphrases of 16 to 128 characters `[A-Za-z0-9_-]`: such that no encoding of the body has to escape them. */
      readonly secrets: readonly AuthSecret[];
      /** Socket addresses that may send; compared as text, IPv4 dotted. */
      readonly addresses: readonly string[];
      /** Finds the passphrase in the body without throwing, as the source's adapter does. */
      readonly passphraseOf: (body: Uint8Array, contentType: string) => string | null;
    };

export interface AuthRequest {
  /** The first header of that lower-case name, or "". */
  header(name: string): string;
  readonly contentType: string;
  /** Of the socket. */
  readonly address: string;
  /** Raw bytes. The TradingView verifier blanks the passphrase in place, so that no journal ever holds it. */
  readonly body: Uint8Array;
}

/** `keyId` is the id of the secret that matched; where none did it is null, and `why` says what a person may look into. */
export interface Proof {
  readonly keyId: string | null;
  readonly why: string;
}

export type Verifier = (request: AuthRequest, nowMs: EpochMs) => Proof;

/** A secret or option is unusable: configuration, found at start-up. Names the secret's id, never the secret. */
export class AuthConfigError extends Error {
  override readonly name = "AuthConfigError";
  readonly code = "AUTH_CONFIG";
}

export function createVerifier(options: AuthOptions): Verifier {
  if (options.secrets.length === 0) throw new AuthConfigError(`${options.type}: at least one secret is required`);
  if (options.secrets.length > SECRETS_MAX)
    throw new AuthConfigError(`${options.type}: at most ${SECRETS_MAX} secrets`);
  switch (options.type) {
    case "standard-webhooks":
      return standardWebhooks(options.secrets.map(standardWebhooksKey), tolerance(options));
    case "github":
      return github(options.secrets.map(textKey));
    case "stripe":
      return stripe(options.secrets.map(textKey), tolerance(options));
    case "tradingview":
      return tradingView(options.secrets.map(passphraseKey), new Set(options.addresses), options.passphraseOf);
  }
}

const SECRETS_MAX = 8;
/** Signatures looked at per request; a sender that rotates sends two or three. */
const SIGNATURES_MAX = 8;
const TOLERANCE_PAST_S = 300;
const TOLERANCE_FUTURE_S = 60;

interface Tolerance {
  readonly pastS: number;
  readonly futureS: number;
}

interface Key {
  readonly id: string;
  readonly key: HmacSha256;
  readonly notAfterMs: number;
}

function standardWebhooks(keys: readonly Key[], window: Tolerance): Verifier {
  return (request, nowMs) => {
    const id = request.header("webhook-id");
    const timestamp = request.header("webhook-timestamp");
    // The id is part of what is signed, joined with dots: a dot inside it could be split differently.
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) return unproven("webhook-id is not 1 to 64 letters, digits, _ or -");
    const late = untimely(timestamp, nowMs, window);
    if (late !== null) return unproven(`webhook-timestamp ${late}`);
    const candidates: Buffer[] = [];
    for (const entry of request.header("webhook-signature").split(" ").slice(0, SIGNATURES_MAX)) {
      if (/^v1,[A-Za-z0-9+/]{43}=$/.test(entry)) candidates.push(Buffer.from(entry.slice(3), "base64"));
    }
    if (candidates.length === 0) return unproven("webhook-signature has no v1, with the base64 of 32 bytes");
    return matchingKey(keys, candidates, nowMs, `${id}.${timestamp}.`, request.body);
  };
}

/** Carries no time, so it can be replayed by whoever has seen it: dedupe and staleness have to stop that. */
function github(keys: readonly Key[]): Verifier {
  return (request, nowMs) => {
    const match = /^sha256=([0-9a-f]{64})$/.exec(request.header("x-hub-signature-256"));
    if (match === null) return unproven("x-hub-signature-256 is not sha256= with 64 lower-case hex digits");
    return matchingKey(keys, [Buffer.from(match[1] as string, "hex")], nowMs, "", request.body);
  };
}

function stripe(keys: readonly Key[], window: Tolerance): Verifier {
  return (request, nowMs) => {
    let timestamp = "";
    const candidates: Buffer[] = [];
    for (const part of request
      .header("stripe-signature")
      .split(",")
      .slice(0, SIGNATURES_MAX + 1)) {
      const item = part.trim();
      if (item.startsWith("t=") && timestamp === "") timestamp = item.slice(2);
      else if (/^v1=[0-9a-f]{64}$/.test(item)) candidates.push(Buffer.from(item.slice(3), "hex"));
    }
    const late = untimely(timestamp, nowMs, window);
    if (late !== null) return unproven(`t= of stripe-signature ${late}`);
    if (candidates.length === 0) return unproven("stripe-signature has no v1= with 64 lower-case hex digits");
    return matchingKey(keys, candidates, nowMs, `${timestamp}.`, request.body);
  };
}

function tradingView(
  passphrases: readonly Passphrase[],
  addresses: ReadonlySet<string>,
  passphraseOf: (body: Uint8Array, contentType: string) => string | null,
): Verifier {
  return (request, nowMs) => {
    if (!addresses.has(request.address)) return unproven("its address is not in ipAllowlist");
    const stated = passphraseOf(request.body, request.contentType);
    const statedDigest = digestOf(stated ?? "");
    let matched: string | null = null;
    for (const passphrase of passphrases) {
      const equal = timingSafeEqual(passphrase.digest, statedDigest);
      if (equal && stated !== null && nowMs < passphrase.notAfterMs) matched ??= passphrase.id;
    }
    // Found by the parser but not in the bytes: written with escapes, so it could not be blanked.
    if (matched !== null && !blank(request.body, stated as string))
      return unproven("the passphrase is written with escapes");
    return matched === null
      ? unproven(stated === null ? "the body has no passphrase" : "the passphrase is another")
      : proven(matched);
  };
}

/** Overwrites every occurrence of `secret` with asterisks of the same length. False when there is none. */
function blank(body: Uint8Array, secret: string): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  let at = bytes.indexOf(secret);
  if (at < 0) return false;
  for (; at >= 0; at = bytes.indexOf(secret, at + secret.length)) bytes.fill("*", at, at + secret.length);
  return true;
}

function matchingKey(
  keys: readonly Key[],
  candidates: readonly Buffer[],
  nowMs: number,
  prefix: string,
  body: Uint8Array,
): Proof {
  let matched: string | null = null;
  for (const { id, key, notAfterMs } of keys) {
    if (nowMs >= notAfterMs) continue;
    const digest = key.signBytes(prefix, body);
    for (const candidate of candidates) if (timingSafeEqual(digest, candidate)) matched ??= id;
  }
  return matched === null ? unproven("the signature is not of these bytes by an active secret") : proven(matched);
}

const proven = (keyId: string): Proof => ({ keyId, why: "" });
const unproven = (why: string): Proof => ({ keyId: null, why });

/** What is wrong with a signature's time, or null. Exactly ten digits: `parseInt` would take "123abc", and a time with eleven digits is not of this age. */
function untimely(timestamp: string, nowMs: number, window: Tolerance): string | null {
  if (!/^\d{10}$/.test(timestamp)) return "is not the epoch in seconds";
  const ageS = nowMs / 1000 - Number(timestamp);
  if (ageS > window.pastS) return `is ${Math.round(ageS)} s old, at most ${window.pastS} are accepted`;
  return ageS < -window.futureS ? `is ${Math.round(-ageS)} s ahead, at most ${window.futureS} are accepted` : null;
}

function tolerance(options: { readonly tolerancePastS?: number; readonly toleranceFutureS?: number }): Tolerance {
  return {
    pastS: options.tolerancePastS ?? TOLERANCE_PAST_S,
    futureS: options.toleranceFutureS ?? TOLERANCE_FUTURE_S,
  };
}

function standardWebhooksKey({ id, secret, notAfterMs }: AuthSecret): Key {
  const encoded = secret.startsWith("whsec_") ? secret.slice(6) : "";
  const bytes = Buffer.from(encoded, "base64");
  if (
    bytes.toString("base64").replace(/=+$/, "") !== encoded.replace(/=+$/, "") ||
    bytes.length < 24 ||
    bytes.length > 64
  ) {
    throw new AuthConfigError(`secret ${id}: must be whsec_ and the base64 of 24 to 64 bytes`);
  }
  return { id, key: createHmacSha256(bytes), notAfterMs: notAfterMs ?? Number.POSITIVE_INFINITY };
}

function textKey({ id, secret, notAfterMs }: AuthSecret): Key {
  if (secret.length < 16) throw new AuthConfigError(`secret ${id}: must have at least 16 characters`);
  return { id, key: createHmacSha256(Buffer.from(secret, "utf8")), notAfterMs: notAfterMs ?? Number.POSITIVE_INFINITY };
}

interface Passphrase {
  readonly id: string;
  readonly digest: Buffer;
  readonly notAfterMs: number;
}

function passphraseKey({ id, secret, notAfterMs }: AuthSecret): Passphrase {
  if (!/^[A-Za-z0-9_-]{16,128}$/.test(secret)) {
    throw new AuthConfigError(`passphrase ${id}: must be 16 to 128 characters of A-Z a-z 0-9 _ -`);
  }
  return { id, digest: digestOf(secret), notAfterMs: notAfterMs ?? Number.POSITIVE_INFINITY };
}

/** Digests are compared instead of texts: equal in length whatever was sent. */
function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Bearer tokens → whom they belong to. Compares against all of them, by digest. */
export class BearerTokens<Owner> {
  readonly #tokens: readonly { readonly digest: Buffer; readonly owner: Owner }[];

  constructor(tokens: readonly { readonly token: string; readonly owner: Owner }[]) {
    for (const { token } of tokens) {
      if (token.length < 16) throw new AuthConfigError("bearer token: must have at least 16 characters");
    }
    this.#tokens = tokens.map(({ token, owner }) => ({ digest: digestOf(token), owner }));
  }

  /** Owner of the token in an `Authorization` header, or null. */
  ownerOf(authorization: string): Owner | null {
    const match = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization);
    const digest = digestOf(match?.[1] ?? "");
    let owner: Owner | null = null;
    for (const known of this.#tokens) if (timingSafeEqual(known.digest, digest)) owner ??= known.owner;
    return owner;
  }
}
