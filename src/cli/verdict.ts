/** Verdicts as a sender sees them: read from an answer or an ack, printed, and turned into an exit code. */
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";

/** What came back. */
export interface SendVerdict {
  readonly status: number;
  readonly code: string;
  readonly message: string | null;
  readonly signalId: string | null;
  readonly position: number | null;
  readonly numbers: Readonly<Record<string, unknown>> | null;
}

/** An ack over the feed carries its status itself. An answer that is not ours (a proxy's page) still yields one. */
export function verdictFrom(httpStatus: number | null, text: string): SendVerdict {
  let body: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) body = parsed as Record<string, unknown>;
  } catch {
    body = { message: text.slice(0, 200) };
  }
  const string = (key: string) => (typeof body[key] === "string" ? (body[key] as string) : null);
  const { position, numbers } = body;
  const status = httpStatus ?? (typeof body["status"] === "number" ? body["status"] : 0);
  return {
    status,
    code: string("code") ?? `HTTP_${status}`,
    message: string("message"),
    signalId: string("signal_id"),
    position: typeof position === "number" ? position : null,
    numbers: typeof numbers === "object" && numbers !== null ? (numbers as Record<string, unknown>) : null,
  };
}

export function exitCodeOf({ status }: Pick<SendVerdict, "status">): ExitCode {
  if (status >= 200 && status < 300) return EXIT_CODES.ok;
  if (status === 429 || status === 503) return EXIT_CODES.unavailable;
  return status >= 400 && status < 500 ? EXIT_CODES.refused : EXIT_CODES.failure;
}

export function formatVerdict(verdict: SendVerdict): string {
  const { status, code, message, signalId, position, numbers } = verdict;
  const parts = [`${status} ${code}`];
  if (signalId !== null) parts.push(`signal ${signalId}`);
  if (position !== null) parts.push(`journal position ${position}`);
  for (const [name, value] of Object.entries(numbers ?? {})) parts.push(`${name} ${value}`);
  return message === null ? parts.join(", ") : `${parts.join(", ")}: ${message}`;
}
