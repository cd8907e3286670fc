/** Which boot of the machine this is: what was written before another one may lack its unsynced tail. */
import { readFileSync } from "node:fs";

/** Where the system does not tell. */
export const UNKNOWN_BOOT = "unknown";

/** Of this boot of the machine, where the system tells: a power loss in between shows as another id. */
export function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return UNKNOWN_BOOT;
  }
}
