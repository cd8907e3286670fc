/** The control API's token: made at the first start, readable by this user only. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export function controlToken(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    const token = randomBytes(32).toString("base64url");
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${token}\n`, { mode: 0o600 });
    return token;
  }
}
