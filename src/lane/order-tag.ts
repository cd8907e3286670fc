/** The tag of an order: 16 hex characters of SHA-256 over engine and cause. A pure function, so replay makes the same ids. */
import { TAG_CHARS } from "../core/client-order-id.ts";
import { createSha256 } from "../wasm/sha256.ts";

export function orderTagger(engineId: string): (cause: string) => string {
  const { digestHex } = createSha256();
  return (cause) => digestHex(`${engineId}|${cause}`, TAG_CHARS);
}
