/**
 * API keys of a paper venue: each belongs to one account and verifies what that account's owner signs.
 */
import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { AssertionError } from "../domain/units.ts";
import type { PaperAccount } from "./account.ts";

export interface PaperKeyOptions {
  readonly apiKey: string;
  /** HMAC secret; or, for an Ed25519 key, absent. */
  readonly apiSecret?: string;
  /** PEM of the Ed25519 public key. */
  readonly publicKeyPem?: string;
  /** OKX's third word. */
  readonly passphrase?: string;
}

export interface PaperKey {
  readonly account: PaperAccount;
  readonly type: "hmac" | "ed25519";
  readonly key: KeyObject;
  /** Empty where none was given. */
  readonly passphrase: string;
}

export function createKey(options: PaperKeyOptions, account: PaperAccount): PaperKey {
  const passphrase = options.passphrase ?? "";
  if (options.publicKeyPem !== undefined) {
    const key = createPublicKey(options.publicKeyPem);
    if (key.asymmetricKeyType !== "ed25519")
      throw new AssertionError(`publicKeyPem of ${options.apiKey} is no Ed25519 key`);
    return { account, type: "ed25519", key, passphrase };
  }
  if (!options.apiSecret) throw new AssertionError(`API key ${options.apiKey} has neither apiSecret nor publicKeyPem`);
  return { account, type: "hmac", key: createSecretKey(Buffer.from(options.apiSecret)), passphrase };
}
