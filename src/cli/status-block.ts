/** The status block of `outrigger status` and `outrigger start`: the engine's state on a few lines of text. */
import type { BreakerSnapshot, PositionsSnapshot, StatusSnapshot, VenueSnapshot } from "../observe/status.ts";

const ALARM_CODES_MAX = 5;

export function statusBlock(status: StatusSnapshot, book: PositionsSnapshot): string {
  const { verdicts } = status;
  const lines = [
    `state ${status.state}   kill switch ${status.killLevel}   up ${status.uptimeS} s   memory ${status.rssMb} MB`,
    `signals  accepted ${status.accepted}   hedged ${verdicts["hedged"]}   no order needed ${verdicts["absorbed"]}   ` +
      `waiting ${verdicts["deferred"]}   refused ${verdicts["refused"]}   dead letters ${status.deadLetters}`,
    `latency from received, µs   ${status.latencies
      .map(({ stage, p50Us, p99Us }) => `${stage} ${round(p50Us)}/${round(p99Us)}`)
      .join("   ")}   (p50/p99)`,
  ];
  for (const hedge of book.hedges) {
    lines.push(
      `${hedge.hedge.padEnd(14)} exposure ${money(hedge.exposureNotional)}   hedge ratio ${(hedge.hedgeRatio * 100).toFixed(1)} %   ` +
        `held ${hedge.heldLots} of ${hedge.targetLots} lots   net delta ${money(hedge.netDeltaNotional)}`,
    );
  }
  const venues = new Map<string, string[]>();
  for (const { venue, symbol, qtyLots } of book.positions) {
    venues.set(venue, [...(venues.get(venue) ?? []), `${symbol} ${qtyLots}`]);
  }
  for (const [venue, held] of venues) lines.push(`${venue.padEnd(14)} ${held.join("   ")}`);
  for (const venue of status.venues) {
    lines.push(venueLine(venue), ...venue.misfits.map((what) => `rules changed: ${what}`));
  }
  for (const { source, address, why, count, atMs } of status.unproven)
    lines.push(
      `refused unverified: ${source} from ${address}, ${count} times, last ${new Date(atMs).toISOString()}: ${why}`,
    );
  for (const breaker of status.breakers) lines.push(breakerLine(breaker));
  for (const setting of status.operatorSettings) lines.push(`set by an operator: ${setting}`);
  lines.push(...alarmLines(status.alarms), "");
  return lines.join("\n");
}

/** The newest of each code, newest first: the last of all may be the least of them. */
function alarmLines(alarms: StatusSnapshot["alarms"]): string[] {
  const newest = new Map(alarms.map((alarm) => [alarm.code, alarm]));
  const shown = [...newest.values()].sort((one, other) => other.atMs - one.atMs).slice(0, ALARM_CODES_MAX);
  if (shown.length === 0) return ["no alarms"];
  return shown.map(({ code, message }, n) => `${n === 0 ? "last alarm" : "alarm"}: ${code} ${message}`);
}

function venueLine({ venue, limits, orderLinks, clockOffsetMs, clockErrorMs, ...live }: VenueSnapshot): string {
  const down = [live.ordersLive || "orders", live.streamLive || "stream", live.quotesLive || "quotes"].filter(
    (what) => what !== true,
  );
  const clock = clockOffsetMs === null ? "clock unknown" : `clock ${clockOffsetMs} ms ± ${clockErrorMs}`;
  const used = limits.map(({ name, symbol, used: of, limit }) => `${name}${symbol ? ` ${symbol}` : ""} ${of}/${limit}`);
  return [
    venue.padEnd(14),
    down.length === 0 ? "live" : `down: ${down.join(", ")}`,
    clock,
    ...standbyWords(orderLinks),
    ...used,
  ].join("   ");
}

/** Nothing where there is no standby to speak of. */
function standbyWords(links: VenueSnapshot["orderLinks"]): string[] {
  const standby = links.find(({ role }) => role === "standby");
  if (standby === undefined || !links.some(({ role }) => role === "active")) return [];
  return [standby.ready ? `standby ${standby.id} ready` : "standby not ready"];
}

function breakerLine({ breaker, subject, sinceMs, why }: BreakerSnapshot): string {
  const name = subject === null ? breaker : `${breaker} ${subject}`;
  return `breaker open: ${name}   since ${new Date(sinceMs).toISOString()}   ${why}   (outrigger operate acknowledge ${name})`;
}

const round = (us: number): string => (us >= 100 ? String(Math.round(us)) : us.toFixed(1));
const money = (value: number): string => Math.round(value).toLocaleString("en-US");
