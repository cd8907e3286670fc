/**
 * Adapter port: a sender's body → a signal. One per source, made from the source's options when the engine starts.
 *
 * An adapter never throws, keeps nothing between calls and knows neither clock nor instruments. It is called with bytes
 * that are authenticated already; that does not make them well-formed.
 */
import type { Decoded } from "../../domain/signal.ts";

export type Adapter = (body: Uint8Array, contentType: string) => Decoded;
