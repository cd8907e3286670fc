/** An answer of a paper venue over plain HTTP: whole, or stalled half-way as a fault asks for. */
import type { ServerResponse } from "node:http";

export function answerHttp(
  response: ServerResponse,
  httpStatus: number,
  json: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.writableEnded || response.destroyed) return;
  writeHead(response, httpStatus, json, headers);
  response.end(json);
}

/** Headers and half of the body; the connection stays open and the rest never comes. */
export function stallHttp(
  response: ServerResponse,
  httpStatus: number,
  json: string,
  headers: Readonly<Record<string, string>>,
): void {
  if (response.writableEnded || response.destroyed) return;
  writeHead(response, httpStatus, json, headers);
  response.write(Buffer.from(json).subarray(0, json.length >> 1));
}

function writeHead(
  response: ServerResponse,
  httpStatus: number,
  json: string,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(httpStatus, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(json),
    ...headers,
  });
}
