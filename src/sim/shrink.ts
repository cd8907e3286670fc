/**
 * Shrinks a scenario that breaks a promise: takes away kinds of trouble, deaths, signals and the end of the storm, one after
 * the other, for as long as the same promise is still broken. What is left is what the bug needs.
 */
import { drawScenario, type Profile } from "./scenario.ts";

/** What a profile breaks: the number of the promise, such as `W6`, or the first words; null when it holds. */
export type Breaks = (profile: Profile) => Promise<string | null>;

/** Tries at most `triesMax` scenarios. The profile given must break something. */
export async function shrink(profile: Profile, breaks: Breaks, triesMax = 200): Promise<Profile> {
  const wanted = await breaks(profile);
  if (wanted === null) return profile;
  let tries = 0;
  let least = profile;
  const accepts = async (smaller: Profile): Promise<boolean> => {
    if (tries++ >= triesMax || (await breaks(smaller)) !== wanted) return false;
    least = smaller;
    return true;
  };
  for (let shrunk = true; shrunk && tries < triesMax; ) {
    shrunk = false;
    const { troubles, kills, signals } = drawScenario(least);
    for (const trouble of troubles) {
      const left = [...drawScenario(least).troubles].filter((other) => other !== trouble);
      shrunk = (await accepts({ ...least, troubles: left })) || shrunk;
    }
    for (let killsMax = kills.length - 1; killsMax >= 0; killsMax--) {
      if (!(await accepts({ ...least, killsMax }))) break;
      shrunk = true;
    }
    for (let signalsMax = signals - 1; signalsMax >= 1; signalsMax--) {
      if (!(await accepts({ ...least, signalsMax }))) break;
      shrunk = true;
    }
    // The end of the storm, halved and halved again.
    for (let stormMs = Math.floor(drawScenario(least).stormMs / 2); stormMs >= 1; stormMs = Math.floor(stormMs / 2)) {
      if (!(await accepts({ ...least, stormMsMax: stormMs }))) break;
      shrunk = true;
    }
  }
  return least;
}
