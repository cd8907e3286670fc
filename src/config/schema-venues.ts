/**
 * Venues: where orders go, with which key, and when a connection counts as dead.
 */
import * as v from "valibot";
import { envName, integer, name, oneOf, path, section, text } from "./setting.ts";

const url = (schemes: string, sentence: string) =>
  v.exactOptional(
    text({
      pattern: new RegExp(`^(${schemes})://[^\\s/]+(/\\S*)?$`),
      form: `a ${schemes.replace("|", " or ")} address`,
      sentence,
    }),
  );

const EndpointsConfig = section(
  {
    rest: url("https|http", "Base of REST requests."),
    orders: url("wss|ws", "Order entry."),
    stream: url("wss|ws", "Private stream, without the listen key."),
    market: url("wss|ws", "Quotes."),
    account: url("https|http", "Permissions of the key, where another host answers for them."),
  },
  "Overrides of the addresses that type and environment give.",
);

export const VenueConfig = section(
  {
    name: name("Name of the venue in listings, journal and reports."),
    type: oneOf(["binance-usdm", "bybit-linear", "okx-swap", "ccxt"], {
      sentence: "Protocol it speaks. ccxt: any exchange of that library, in a thread of its own.",
    }),
    exchange: v.exactOptional(
      text({
        pattern: /^(prediction\/)?[a-z0-9]{2,40}$/,
        form: "ccxt's id of an exchange such as kraken, or prediction/kalshi",
        sentence: "With type ccxt: which exchange.",
      }),
    ),
    environment: oneOf(["paper", "testnet", "live"], {
      sentence: "paper: a venue of `outrigger paper`. All venues of a file are in the same one.",
    }),
    endpoints: v.optional(EndpointsConfig, {}),
    keyType: v.optional(
      oneOf(["hmac", "ed25519"], { sentence: "Kind of API key; ed25519 signs once per connection." }),
      "hmac",
    ),
    apiKeyEnv: v.exactOptional(envName("Environment variable with the API key. Paper venues have a well-known key.")),
    apiKeyFile: v.exactOptional(path("File with the API key.")),
    apiSecretEnv: v.exactOptional(envName("Environment variable with the secret, or with the private key in PEM.")),
    apiSecretFile: v.exactOptional(path("File with it.")),
    passphraseEnv: v.exactOptional(envName("Environment variable with the passphrase, where the exchange has one.")),
    passphraseFile: v.exactOptional(path("File with it.")),
    uidEnv: v.exactOptional(envName("Environment variable with the user id, where the exchange asks for it.")),
    uidFile: v.exactOptional(path("File with it.")),
    walletAddressEnv: v.exactOptional(envName("Environment variable with the wallet address of an on-chain exchange.")),
    walletAddressFile: v.exactOptional(path("File with it.")),
    privateKeyEnv: v.exactOptional(envName("Environment variable with the private key of that wallet.")),
    privateKeyFile: v.exactOptional(path("File with it.")),
    heartbeatMs: v.optional(
      integer({ min: 50, max: 60_000, unit: "ms", sentence: "Time between pings on every socket." }),
      500,
    ),
    staleAfterMs: v.optional(
      integer({
        min: 100,
        max: 120_000,
        unit: "ms",
        sentence: "A socket that is silent for longer is replaced, at the next ping.",
      }),
      1400,
    ),
    orderSockets: v.exactOptional(
      integer({ min: 1, max: 2, sentence: "Connections for orders. 2, the default, keeps a standby. Not for ccxt." }),
    ),
    rotateAfterMs: v.exactOptional(
      integer({
        min: 60_000,
        max: 86_400_000,
        unit: "ms",
        sentence: "Age at which a connection is replaced without a gap; 23 h by default. Not for ccxt.",
      }),
    ),
  },
  "One venue.",
);
export type VenueConfig = v.InferOutput<typeof VenueConfig>;
