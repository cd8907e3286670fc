/**
 * Queries of Bybit linear: what the venue knows of one order id, over REST because the order socket has no such request.
 *
 * Open orders and the latest ended ones are in the realtime list, older ones and those from before a restart of the venue only
 * in the history: an id is `notFound` when neither has it.
 */
import type { OrderReport } from "../../domain/order.ts";
import { RestQueries, type RestQueriesParts } from "../native/rest-queries.ts";
import { LOCAL_CODES } from "../outcome-codes.ts";
import type { VenueListing, VenueListings } from "../venue-listings.ts";
import { type Asked, localUnknown } from "../venue-reports.ts";
import { readNotFound, readQueried, readQueryRefusal } from "./answers.ts";
import type { BybitRates } from "./rates.ts";
import { type BybitAnswer, type BybitRest, usageOf } from "./rest.ts";

export interface BybitQueriesParts extends Omit<RestQueriesParts<VenueListing>, "ask"> {
  readonly listings: VenueListings;
  readonly rest: BybitRest;
  readonly rates: BybitRates;
  readonly venueMs: () => number;
}

const REALTIME = "/v5/order/realtime";
const HISTORY = "/v5/order/history";

export function bybitQueries(parts: BybitQueriesParts): RestQueries<VenueListing> {
  const list = async (path: string, asked: Asked, { symbol }: VenueListing): Promise<BybitAnswer> => {
    const query = `category=linear&symbol=${symbol}&orderLinkId=${asked.clientOrderId}`;
    const answer = await parts.rest.ask(path, query, parts.venueMs());
    parts.rates.answered(path === REALTIME ? "realtime" : "history", answer.retCode, usageOf(answer));
    return answer;
  };
  return new RestQueries({
    ...parts,
    async ask(asked, listing) {
      const realtime = await list(REALTIME, asked, listing);
      const isThere = realtime.retCode !== 0 || rowsOf(realtime).length > 0;
      const answer = isThere ? realtime : await list(HISTORY, asked, listing);
      return (report) => read(parts.listings, asked, answer, report);
    },
  });
}

function read(listings: VenueListings, asked: Asked, answer: BybitAnswer, report: OrderReport): void {
  const rows = rowsOf(answer);
  if (answer.retCode !== 0) readQueryRefusal(asked, answer.retCode, report);
  else if (!Array.isArray(answer.result["list"])) localUnknown(asked, LOCAL_CODES.malformed, report);
  else if (rows.length === 0) readNotFound(asked, answer.time, report);
  else readQueried(listings, asked, rows[0], report);
}

function rowsOf({ result }: BybitAnswer): readonly unknown[] {
  return Array.isArray(result["list"]) ? (result["list"] as unknown[]) : [];
}
