/**
 * One HTTP request and its answer.
 *
 * Invariants
 *   - Answered at most once; after the answer, the abort or the deadline every further answer is a no-op. Callers need not
 *     check before answering late.
 *   - The native request is read in the constructor only: it dies when the native callback returns. The native response is
 *     touched only while the exchange is open, and writes are corked.
 *   - Body bytes are copies: uWebSockets.js takes its chunks back.
 *   - The address is the socket's. A proxied address can be claimed by anyone who can open a connection.
 */
import type { Ns } from "../domain/units.ts";
import type { DeadlineEntry, DeadlineQueue } from "./deadlines.ts";
import type { HttpRequest, HttpResponse } from "./uws.ts";

export interface AnswerOptions {
  /** Close the connection after the answer: its framing can no longer be trusted. */
  readonly close?: boolean;
  readonly retryAfterS?: number;
  /** For 405. */
  readonly allow?: string;
}

export class HttpExchange implements DeadlineEntry {
  readonly receivedNs: Ns;
  readonly method: string;
  /** First parameter of the route's pattern, as sent. */
  readonly parameter: string;
  body: Uint8Array = EMPTY;
  onSettled: (() => void) | null = null;
  /** No further request is wanted on its connection. */
  isLast = false;

  deadlineNs = 0;
  earlier: DeadlineEntry | null = null;
  later: DeadlineEntry | null = null;

  readonly #response: HttpResponse;
  readonly #deadlines: DeadlineQueue;
  readonly #headers: string[] = [];
  #hosts = 0;
  #lengths = 0;
  #encoded = false;
  #bodyComplete = false;
  #open = true;

  constructor(response: HttpResponse, request: HttpRequest, receivedNs: Ns, deadlines: DeadlineQueue) {
    this.receivedNs = receivedNs;
    this.method = request.getMethod();
    this.parameter = request.getParameter(0) ?? "";
    this.#response = response;
    this.#deadlines = deadlines;
    request.forEach((name, value) => {
      this.#headers.push(name, value);
      if (name === "host") this.#hosts += 1;
      else if (name === "content-length") this.#lengths += 1;
      else if (name === "transfer-encoding") this.#encoded = true;
    });
    deadlines.add(this, receivedNs);
  }

  /** The first header of that lower-case name, or "". */
  header(name: string): string {
    for (let i = 0; i < this.#headers.length; i += 2) {
      if (this.#headers[i] === name) return this.#headers[i + 1] ?? "";
    }
    return "";
  }

  /** How often a header was sent. */
  headerCount(name: string): number {
    let count = 0;
    for (let i = 0; i < this.#headers.length; i += 2) if (this.#headers[i] === name) count += 1;
    return count;
  }

  /** Of the socket, as text; IPv4 in dotted form also when it came through an IPv6 socket. "" once the socket is gone. */
  get address(): string {
    return this.#open ? addressText(new Uint8Array(this.#response.getRemoteAddress())) : "";
  }

  /** Still waiting for an answer. */
  get isOpen(): boolean {
    return this.#open;
  }

  /**
   * Answers and returns true for requests that a proxy in front of us could frame differently (request smuggling: the parser
   * accepts two lengths, an empty one and unknown transfer encodings), and for bodies over the limit.
   */
  refuseFraming(bodyBytesMax: number): boolean {
    const length = this.header("content-length");
    const refusal =
      this.#hosts !== 1 || !HOST.test(this.header("host"))
        ? "host: exactly one is required"
        : this.#encoded
          ? "transfer-encoding: not accepted, send content-length"
          : this.#lengths > 1 || (this.#lengths === 0 && this.method === "post")
            ? "content-length: exactly one is required"
            : this.#lengths === 1 && !LENGTH.test(length)
              ? "content-length: must be a whole number"
              : null;
    if (refusal !== null) {
      // Not now: the parser would go on to answer whatever follows in the same packet, close or not. While this request is
      // unanswered it closes the connection at the next one instead, which is what a smuggled request deserves.
      setImmediate(() => this.answer(400, { code: "BAD_FRAMING", message: refusal }, { close: true }));
      return true;
    }
    if (Number(length) <= bodyBytesMax) return false;
    // Not closed: the length is unambiguous, so the rest is read and dropped, and the client gets to see the answer.
    const limit = { body_bytes: Number(length), body_bytes_max: bodyBytesMax };
    this.answer(413, { code: "TOO_LARGE", message: `body over ${bodyBytesMax} bytes`, numbers: limit });
    return true;
  }

  /** Calls back with `body` whole, once; never when the client leaves before that. */
  collectBody(done: () => void): void {
    const expected = Number(this.header("content-length"));
    if (expected === 0) {
      this.#bodyComplete = true;
      done();
      return;
    }
    let received = 0;
    this.#response.onData((chunk, isLast) => {
      if (!this.#open) return;
      if (received === 0) this.body = new Uint8Array(expected);
      // The parser counts too; this only guards the write below.
      if (received + chunk.byteLength > expected) {
        this.answer(400, { code: "BAD_FRAMING" }, { close: true });
        return;
      }
      this.body.set(new Uint8Array(chunk), received);
      received += chunk.byteLength;
      if (!isLast) return;
      this.#bodyComplete = true;
      this.body = this.body.subarray(0, received);
      done();
    });
  }

  /** `content` is sent as JSON. */
  answer(status: number, content: object, options: AnswerOptions = {}): void {
    this.answerJson(status, JSON.stringify(content), options);
  }

  answerJson(status: number, json: string, options: AnswerOptions = {}): void {
    if (!this.#open) return;
    this.#deadlines.remove(this);
    this.#end(status, json, options);
  }

  /** The client left. */
  abort(): void {
    if (this.#open) this.release();
  }

  /** From here on nothing touches the response: the socket is gone, or about to become a WebSocket. */
  release(): void {
    this.#open = false;
    this.#deadlines.remove(this);
    this.onSettled?.();
  }

  onDeadline(): void {
    if (this.#bodyComplete) this.#end(503, '{"code":"ANSWER_TIMEOUT"}', { retryAfterS: 1 });
    else this.#end(503, '{"code":"BODY_TIMEOUT"}', { retryAfterS: 1, close: true });
  }

  #end(status: number, json: string, options: AnswerOptions): void {
    this.#open = false;
    const response = this.#response;
    const close = this.isLast || (options.close ?? false);
    response.cork(() => {
      response.writeStatus(STATUS_LINES[status] ?? `${status}`);
      response.writeHeader("content-type", "application/json");
      response.writeHeader("cache-control", "no-store");
      if (options.retryAfterS !== undefined) response.writeHeader("retry-after", `${options.retryAfterS}`);
      if (options.allow !== undefined) response.writeHeader("allow", options.allow);
      if (close) response.writeHeader("connection", "close");
      if (this.method === "head") response.endWithoutBody(0, close);
      else response.end(json, close);
    });
    this.onSettled?.();
  }
}

const EMPTY = new Uint8Array(0);

/** One name or address and maybe a port: a list or an empty name is what parsers differ about. */
const HOST = /^[A-Za-z0-9._~%[\]-]+(?::[A-Za-z0-9.:[\]-]*)?$/;
/** Decimal without leading zeros, which some parsers take for octal. */
const LENGTH = /^(?:0|[1-9]\d{0,14})$/;

const STATUS_LINES: Readonly<Record<number, string>> = {
  200: "200 OK",
  202: "202 Accepted",
  400: "400 Bad Request",
  401: "401 Unauthorized",
  403: "403 Forbidden",
  404: "404 Not Found",
  405: "405 Method Not Allowed",
  409: "409 Conflict",
  413: "413 Content Too Large",
  415: "415 Unsupported Media Type",
  422: "422 Unprocessable Content",
  426: "426 Upgrade Required",
  429: "429 Too Many Requests",
  500: "500 Internal Server Error",
  503: "503 Service Unavailable",
};

/** 4 or 16 address bytes as text. IPv6 is written out in full: it is compared, not shown. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return "";
  if (bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff) {
    return bytes.subarray(12).join(".");
  }
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)).toString(16));
  return groups.join(":");
}
