/** The tag of an order: 16 hex characters of SHA-256 over engine and cause. A pure function, so replay makes the same ids. */
import { hash } from "node:crypto";
import { TAG_CHARS } from "../core/client-order-id.ts";

export const orderTagger =
  (engineId: string) =>
  (cause: string): string =>
    hash("sha256", `${engineId}|${cause}`, "hex").slice(0, TAG_CHARS);
