/**
 * Asking the running engine: HTTP to its control API on loopback, with the token it wrote at boot.
 */
import { readFileSync } from "node:fs";
import { controlTokenPath } from "../config/paths.ts";
import type { Config } from "../config/schema.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";

const TIMEOUT_MS = 5000;
const JSON_BODY = { "content-type": "application/json" };

/** The answer's JSON. Nobody there, no token or a bad answer is a `CommandFailure`. With `command` it is a POST. */
export async function askControl(config: Config, path: string, command?: object): Promise<unknown> {
  const address = `http://${authorityOf(config.control.host, config.control.port)}`;
  const token = readToken(config);
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${address}${path}`, {
      headers: { authorization: `Bearer ${token}`, ...(command === undefined ? {} : JSON_BODY) },
      ...(command === undefined ? {} : { method: "POST", body: JSON.stringify(command) }),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch (error) {
    throw unreachable(address, error);
  }
  if (response.status === 401) {
    throw new CommandFailure(
      EXIT_CODES.refused,
      "UNAUTHENTICATED",
      `the engine at ${address} does not know the token of ${config.engine.dataDir}: is it another engine?`,
    );
  }
  if (response.status === 404) throw new CommandFailure(EXIT_CODES.refused, "NOT_FOUND", `the engine has no ${path}`);
  if (!response.ok) {
    const isLater = response.status === 429 || response.status === 503;
    const exitCode = isLater ? EXIT_CODES.unavailable : response.status < 500 ? EXIT_CODES.refused : EXIT_CODES.failure;
    throw new CommandFailure(exitCode, "CONTROL_REFUSED", `the engine answered ${response.status}: ${messageIn(text)}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandFailure(EXIT_CODES.failure, "CONTROL_MALFORMED", `the engine's answer to ${path} is not JSON`);
  }
}

/** The refusal's own words where it has some. */
function messageIn(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // Then as it came.
  }
  return text.slice(0, 300);
}

/** `host:port` as a client writes it: an address that means "all" is reached on loopback. */
export function authorityOf(host: string, port: number): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

export function unreachable(address: string, error: unknown): CommandFailure {
  const cause = (error as { cause?: { code?: string } }).cause?.code;
  const reason = cause ?? (error instanceof Error ? error.message : String(error));
  return new CommandFailure(
    EXIT_CODES.unreachable,
    "UNREACHABLE",
    `cannot reach the engine at ${address} (${reason}); is it running?`,
  );
}

function readToken(config: Config): string {
  const path = controlTokenPath(config);
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new CommandFailure(
      EXIT_CODES.unreachable,
      "UNREACHABLE",
      `no control token at ${path} (${(error as NodeJS.ErrnoException).code}); has the engine been started with this configuration?`,
    );
  }
}
