/** Power losses of a real log, one variant after another: nothing durable is lost, and nothing is found that was not written. */
import { join } from "node:path";
import { listSegments } from "../../src/journal/files.ts";
import { storeDurableLsn } from "../../src/journal/log-block.ts";
import { losePower, takeImage } from "./power-loss.ts";
import { createBlock, createRandom, openSmall, payloadFor, readAll } from "./support-parts.ts";

const VARIANTS_PER_LOG = 50;

export interface PowerLosses {
  readonly variants: number;
  /** Of these, records were found that had not been durable, and the log ended in an earlier segment than was written. */
  readonly tailsSaved: number;
  readonly cutInEarlierSegment: number;
}

/** Throws at the first variant that breaks a promise. */
export async function powerLosses(directory: string, seed: number, logs: number): Promise<PowerLosses> {
  const random = createRandom(seed);
  const target = join(directory, "after");
  let cutInEarlierSegment = 0;
  let tailsSaved = 0;
  for (let base = 0; base < logs; base++) {
    const source = join(directory, `base-${base}`);
    const block = createBlock();
    const { writer } = openSmall(source, { block });
    const durableAt = 1 + Math.floor(random() * 150);
    const unsynced = 1 + Math.floor(random() * 90);
    let synced = takeImage(source);
    for (let lsn = 1; lsn <= durableAt + unsynced; lsn++) {
      writer.append(1, 1, lsn, lsn, payloadFor(lsn));
      if (random() < 0.3 || lsn === durableAt) writer.write();
      if (lsn === durableAt) {
        synced = takeImage(source);
        storeDurableLsn(block, lsn);
      }
    }
    writer.close();
    const written = takeImage(source);
    for (let variant = 0; variant < VARIANTS_PER_LOG; variant++) {
      losePower(target, synced, written, random);
      // Whoever trusts what was known durable must come to the same.
      const opened = openSmall(target, { trust: variant % 2 === 1 ? "durable" : "nothing" });
      const named = `seed ${seed}, log ${base}, variant ${variant}`;
      if (opened.lastLsn < durableAt) throw new Error(`${named}: lost durable ${durableAt}, kept ${opened.lastLsn}`);
      if (opened.lastLsn > durableAt) tailsSaved++;
      if (opened.lastLsn < durableAt + unsynced && written.size > listSegments(target).length) cutInEarlierSegment++;
      // A second life on top of the first, and a look at both.
      const next = opened.lastLsn + 1;
      opened.writer.append(1, 1, 0, 0, payloadFor(next));
      opened.writer.close();
      const records = readAll(target);
      const wrong = records.findIndex(
        ({ lsn, payload }, index) => lsn !== index + 1 || !payload.equals(payloadFor(lsn)),
      );
      if (wrong >= 0) throw new Error(`${named}: record ${wrong + 1} is not what was written`);
      if (records.length !== next) throw new Error(`${named}: ${records.length} records, ${next} expected`);
      while (opened.writer.preparing) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return { variants: logs * VARIANTS_PER_LOG, tailsSaved, cutInEarlierSegment };
}
