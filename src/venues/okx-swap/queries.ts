/** Queries of OKX swaps: what the venue knows of one order id, over REST because the order socket has no such request. */
import { RestQueries, type RestQueriesParts } from "../native/rest-queries.ts";
import { readQueried, readQueryRefusal } from "./answers.ts";
import type { OkxListing, OkxListings } from "./listings.ts";
import type { OkxRest } from "./rest.ts";

export interface OkxQueriesParts extends Omit<RestQueriesParts<OkxListing>, "ask"> {
  readonly listings: OkxListings;
  readonly rest: OkxRest;
  readonly venueMs: () => number;
}

const PATH = "/api/v5/trade/order";

export function okxQueries(parts: OkxQueriesParts): RestQueries<OkxListing> {
  const { listings, rest, venueMs } = parts;
  return new RestQueries({
    ...parts,
    async ask(asked, { symbol }) {
      const { code, data } = await rest.ask(PATH, `instId=${symbol}&clOrdId=${asked.clientOrderId}`, venueMs());
      return (report) => {
        if (code !== 0) readQueryRefusal(asked, code, report);
        else readQueried(listings, asked, data[0], report);
      };
    },
  });
}
