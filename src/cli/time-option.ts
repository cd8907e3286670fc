/** An option that is a moment: RFC 3339, or a day. */
import { InvalidArgumentError } from "commander";
import { parseTime } from "../wire/time-text.ts";

export function timeOption(text: string): number {
  const ms = parseTime(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError("It must be a time such as 2024-01-01T00:00:00Z.");
  return ms;
}
