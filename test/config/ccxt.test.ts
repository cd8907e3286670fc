/** A ccxt venue in the configuration: what it needs, and what the lane is handed. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { parseConfig } from "../../src/config/load.ts";
import { readSecrets } from "../../src/config/secrets.ts";
import { laneOptions } from "../../src/wiring/wiring.ts";

const SAMPLE = new URL("../../config/outrigger.example.yaml", import.meta.url);
const directory = mkdtempSync(join(tmpdir(), "outrigger-ccxt-config-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The sample with its first venue replaced, and the others left out. */
function withVenue(venue: object, paperPort = 9001): string {
  // biome-ignore lint/suspicious/noExplicitAny: YAML before its schema is checked
  const yaml: any = parse(readFileSync(SAMPLE, "utf8"));
  const { name } = yaml.venues[0];
  yaml.venues = [{ name, ...venue }];
  const paper = (venue as { environment: string }).environment === "paper";
  yaml.paper.venues = paper ? [{ name, port: paperPort }] : [];
  for (const instrument of yaml.instruments) {
    instrument.listings = (instrument.listings ?? []).filter((each: { venue: string }) => each.venue === name);
  }
  // Live venues have no default for them.
  yaml.breakers = { ...yaml.breakers, dailyLossMax: 500, drawdownMax: 0.1, dailyCostMax: 50 };
  yaml.paper.initialPrices = yaml.paper.initialPrices.slice(0, 2);
  return stringify(yaml);
}

function optionsOf(venue: object, env: NodeJS.ProcessEnv) {
  const { config, document } = parseConfig(join(directory, "outrigger.yaml"), withVenue(venue));
  const secrets = readSecrets(config, env, document, { sources: [] });
  return laneOptions(config, secrets, "boot").venues[0];
}

describe("a ccxt venue", () => {
  it("on the testnet is handed its exchange and its credentials by ccxt's names", () => {
    const venue = {
      ...{ type: "ccxt", exchange: "kucoin", environment: "testnet" },
      ...{ apiKeyEnv: "K", apiSecretEnv: "S", passphraseEnv: "P" },
    };
    expect(optionsOf(venue, { K: "the-key", S: "the-secret", P: "the-phrase" })).toMatchObject({
      type: "ccxt",
      exchange: "kucoin",
      environment: { type: "testnet" },
      credentials: { apiKey: "the-key", secret: "the-secret", password: "the-phrase" },
    });
  });

  it("of an on-chain exchange has a wallet in place of a key, and no paper key by mistake", () => {
    const venue = {
      ...{ type: "ccxt", exchange: "hyperliquid", environment: "testnet" },
      ...{ walletAddressEnv: "W", privateKeyEnv: "X" },
    };
    expect(optionsOf(venue, { W: "0xaddress", X: "0xkey" })).toMatchObject({
      credentials: { walletAddress: "0xaddress", privateKey: "0xkey" },
    });
    expect(optionsOf(venue, { W: "0xaddress", X: "0xkey" })).not.toHaveProperty("credentials.apiKey");
  });

  it.each([
    ["live", true],
    ["testnet", false],
  ])("%s: whether its key is asked what it may do: %s", (environment, refuseKeysThatWithdraw) => {
    const venue = {
      type: "ccxt",
      exchange: "kucoin",
      environment,
      apiKeyEnv: "K",
      apiSecretEnv: "S",
      passphraseEnv: "P",
    };
    expect(optionsOf(venue, { K: "key", S: "secret", P: "phrase" })).toMatchObject({ refuseKeysThatWithdraw });
  });

  it("on paper goes to the port of its paper venue", () => {
    const venue = { type: "ccxt", exchange: "binanceusdm", environment: "paper" };
    expect(optionsOf(venue, {})).toMatchObject({ environment: { type: "paper", port: 9001 } });
  });

  it.each<[string, object, RegExp]>([
    ["without an exchange", { type: "ccxt", environment: "paper" }, /exchange/],
    ["with an exchange but another type", { type: "binance-usdm", exchange: "okx", environment: "paper" }, /exchange/],
    [
      "with addresses of its own",
      { type: "ccxt", exchange: "okx", environment: "paper", endpoints: { rest: "http://127.0.0.1:1" } },
      /endpoints/,
    ],
    [
      "without a key on the testnet",
      { type: "ccxt", exchange: "okx", environment: "testnet" },
      /needs apiKeyEnv or apiKeyFile/,
    ],
    ["of a name no module has", { type: "ccxt", exchange: "../okx", environment: "paper" }, /exchange/],
  ])("%s is refused", (_, venue, message) => {
    expect(() => parseConfig(join(directory, "outrigger.yaml"), withVenue(venue))).toThrow(message);
  });
});
