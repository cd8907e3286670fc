/**
 * Secrets: read from the environment or from files at boot, and held as `Redacted`. Never part of the configuration.
 *
 * A file that others on the machine may read is refused for live venues. Everything that is missing is reported together,
 * by the name of the variable or file and never with content.
 */
import { readFileSync, statSync } from "node:fs";
import type { ConfigDocument } from "./document.ts";
import { ConfigError, type Problem, type SettingPath } from "./problem.ts";
import type { Config } from "./schema.ts";
import type { AuthConfig } from "./schema-sources.ts";
import type { VenueConfig } from "./schema-venues.ts";
import { Redacted } from "./secret.ts";

/** Well known on purpose: they open nothing but the paper exchange on loopback. */
export const PAPER_API_KEY = "outrigger-paper-key";
export const PAPER_API_SECRET = "outrigger-paper-secret";
export const PAPER_PASSPHRASE = "outrigger-paper-phrase";

const SECRET_BYTES_MAX = 16_384;

export interface Secrets {
  /** By source name, all that are accepted: signing secrets, or one passphrase, or one token. */
  readonly sources: ReadonlyMap<string, readonly Redacted[]>;
  /** By venue name. */
  readonly venues: ReadonlyMap<string, VenueSecrets>;
}

/** What some exchanges ask for beside key and secret. */
const FURTHER = ["passphrase", "uid", "walletAddress", "privateKey"] as const;

export interface VenueSecrets extends Partial<Readonly<Record<(typeof FURTHER)[number], Redacted>>> {
  /** Both empty where the exchange is signed to with a wallet. */
  readonly apiKey: Redacted;
  readonly apiSecret: Redacted;
}

/** Names of what is needed; an absent list means all. */
export interface Wanted {
  readonly sources?: readonly string[];
  readonly venues?: readonly string[];
}

export function readSecrets(
  config: Config,
  env: NodeJS.ProcessEnv,
  document: ConfigDocument,
  wanted: Wanted = {},
): Secrets {
  const problems: Problem[] = [];
  const live = config.venues.some((venue) => venue.environment === "live");
  const read: Read = (variable, file, path) => {
    const found = variable !== undefined ? fromEnv(variable, env) : fromFile(file ?? "", live);
    if (typeof found !== "string") return found;
    problems.push(document.problem(path, found));
    return new Redacted("");
  };
  const sources = new Map<string, readonly Redacted[]>();
  const venues = new Map<string, VenueSecrets>();
  config.sources.forEach((source, i) => {
    if (wanted.sources && !wanted.sources.includes(source.name)) return;
    sources.set(source.name, sourceSecrets(source.auth, ["sources", i, "auth"], read));
  });
  config.venues.forEach((venue, i) => {
    if (wanted.venues && !wanted.venues.includes(venue.name)) return;
    venues.set(venue.name, venueSecrets(venue, ["venues", i], read));
  });
  if (problems.length > 0) throw new ConfigError("SECRET_MISSING", problems);
  return { sources, venues };
}

type Read = (variable: string | undefined, file: string | undefined, path: SettingPath) => Redacted;

function sourceSecrets(auth: AuthConfig, path: SettingPath, read: Read): Redacted[] {
  if (auth.type === "tradingview") {
    const key = auth.passphraseEnv === undefined ? "passphraseFile" : "passphraseEnv";
    return [read(auth.passphraseEnv, auth.passphraseFile, [...path, key])];
  }
  if (auth.type === "bearer") {
    return [read(auth.tokenEnv, auth.tokenFile, [...path, auth.tokenEnv === undefined ? "tokenFile" : "tokenEnv"])];
  }
  return [
    ...(auth.secretsEnv ?? []).map((variable, i) => read(variable, undefined, [...path, "secretsEnv", i])),
    ...(auth.secretsFile ?? []).map((file, i) => read(undefined, file, [...path, "secretsFile", i])),
  ];
}

function venueSecrets(venue: VenueConfig, path: SettingPath, read: Read): VenueSecrets {
  const key = (env: string | undefined, name: string) => [...path, `${name}${env === undefined ? "File" : "Env"}`];
  const further: { [Name in (typeof FURTHER)[number]]?: Redacted } = {};
  for (const name of FURTHER) {
    const [env, file] = [venue[`${name}Env`], venue[`${name}File`]];
    if (env !== undefined || file !== undefined) further[name] = read(env, file, key(env, name));
  }
  if (venue.apiKeyEnv === undefined && venue.apiKeyFile === undefined) {
    const paper = venue.environment === "paper";
    return {
      ...(paper ? { passphrase: new Redacted(PAPER_PASSPHRASE) } : {}),
      ...further,
      apiKey: new Redacted(paper ? PAPER_API_KEY : ""),
      apiSecret: new Redacted(paper ? PAPER_API_SECRET : ""),
    };
  }
  return {
    ...further,
    apiKey: read(venue.apiKeyEnv, venue.apiKeyFile, key(venue.apiKeyEnv, "apiKey")),
    apiSecret: read(venue.apiSecretEnv, venue.apiSecretFile, key(venue.apiSecretEnv, "apiSecret")),
  };
}

/** The secret, or what is wrong in words. */
function fromEnv(variable: string, env: NodeJS.ProcessEnv): Redacted | string {
  const text = env[variable]?.trim();
  return text ? new Redacted(text) : `the environment variable ${variable} is not set`;
}

function fromFile(file: string, live: boolean): Redacted | string {
  try {
    const { mode, size } = statSync(file);
    if (size > SECRET_BYTES_MAX) return `the file ${file} has ${size} bytes, the limit is ${SECRET_BYTES_MAX}`;
    if (live && (mode & 0o077) !== 0)
      return `the file ${file} may be read by others; for live venues: chmod 600 ${file}`;
    const text = readFileSync(file, "utf8").trim();
    return text === "" ? `the file ${file} is empty` : new Redacted(text);
  } catch (error) {
    return `the file ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}
