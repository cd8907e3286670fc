import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format, inspect } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { ConfigError } from "../../src/config/problem.ts";
import { Redacted } from "../../src/config/secret.ts";
import { PAPER_API_KEY, readSecrets } from "../../src/config/secrets.ts";
import { load, SMALL, small } from "./sample.ts";

const dir = mkdtempSync(join(tmpdir(), "outrigger-secrets-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const file = (name: string, text: string, mode = 0o600) => {
  writeFileSync(join(dir, name), text);
  chmodSync(join(dir, name), mode);
  return join(dir, name);
};
const read = (text: string, env: NodeJS.ProcessEnv) => {
  const { config, document } = load(text);
  return readSecrets(config, env, document);
};
const failure = (text: string, env: NodeJS.ProcessEnv): ConfigError => {
  try {
    read(text, env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("the secrets were read");
};

describe("Redacted", () => {
  it("prints nothing of its text in any of the ways a value is printed", () => {
    const secret = new Redacted("hunter2-hunter2");
    const printed = [
      String(secret),
      `${secret}`,
      `${"" + (secret as unknown as string)}`,
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ deep: [secret] }, { depth: 9, showHidden: true }),
      format("%s %o %O %j", secret, secret, secret, secret),
      JSON.stringify(Object.entries(secret)),
      JSON.stringify(structuredClone(secret)),
      new Error(`bad ${secret}`).message,
    ];
    for (const text of printed) expect(text).not.toContain("hunter2");
    expect(secret.reveal()).toBe("hunter2-hunter2");
  });
});

describe("reading secrets", () => {
  it("reads every secret of a rotation, from files and environment, trimmed", () => {
    const path = file("old", "whsec_old\n");
    const text = small("secretsEnv: [DESK_SECRET]", `secretsEnv: [DESK_SECRET], secretsFile: ["${path}"]`);
    const { sources, venues } = read(text, { DESK_SECRET: " whsec_new " });
    expect(sources.get("desk")?.map((secret) => secret.reveal())).toEqual(["whsec_new", "whsec_old"]);
    expect(venues.get("a")?.apiKey.reveal()).toBe(PAPER_API_KEY);
  });

  it("reports all that is missing, with the setting's place and never with content", () => {
    const empty = file("empty", "\n");
    const text = small("secretsEnv: [DESK_SECRET]", `secretsEnv: [A, B], secretsFile: ["${empty}", "${dir}/none"]`);
    const error = failure(text, { B: "swordfish" });
    expect(error.code).toBe("SECRET_MISSING");
    expect(error.problems.map((problem) => problem.setting)).toEqual([
      "sources[0].auth.secretsEnv[0]",
      "sources[0].auth.secretsFile[0]",
      "sources[0].auth.secretsFile[1]",
    ]);
    expect(error.problems.every((problem) => problem.line === 5)).toBe(true);
    expect(error.message).not.toContain("swordfish");
  });

  it("refuses a file others may read for live venues, and takes it for paper", () => {
    const path = file("open", "whsec_x", 0o644);
    const withFile = (text: string) => text.replace("secretsEnv: [DESK_SECRET]", `secretsFile: ["${path}"]`);
    const live =
      small("environment: paper", "environment: live, apiKeyEnv: K, apiSecretEnv: S").replace(/paper:\n.*\n/, "") +
      "risk: { orderNotionalMax: 1, positionNotionalMax: 1 }\nbreakers: { dailyLossMax: 1, drawdownMax: 1, dailyCostMax: 1 }\n";
    expect(failure(withFile(live), { K: "k", S: "s" }).message).toContain(`chmod 600 ${path}`);
    expect(read(withFile(SMALL), {}).sources.get("desk")?.[0]?.reveal()).toBe("whsec_x");
  });
});
