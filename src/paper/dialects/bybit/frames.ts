/**
 * Frames that Bybit V5 clients send: `{op, args, ...}` as JSON, one shape for every socket.
 */
import { refusal } from "./errors.ts";

export interface Frame {
  readonly op: string;
  /** As sent, or null: `reqId` on the trade socket, `req_id` on the others. */
  readonly requestId: string | null;
  readonly args: readonly unknown[];
  readonly header: Readonly<Record<string, unknown>>;
}

/** Throws 10001 for what is no such frame. */
export function parseFrame(text: string, idField: "reqId" | "req_id"): Frame {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw refusal(10001, "Params Error: not JSON");
  }
  if (!isRecord(json)) throw refusal(10001, "Params Error: not an object");
  const { op, args = [], header = {} } = json;
  if (typeof op !== "string") throw refusal(10001, "Params Error: op");
  if (!Array.isArray(args) || !isRecord(header)) throw refusal(10001, "Params Error: args");
  const id = json[idField];
  if (id !== undefined && typeof id !== "string" && typeof id !== "number")
    throw refusal(10001, `Params Error: ${idField}`);
  return { op, requestId: id === undefined ? null : String(id), args, header };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
