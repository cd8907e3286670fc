/**
 * What parts of the core have in common that a snapshot keeps: `save` gives plain data without references to the core, except
 * where it says otherwise, `load` puts it into a new core of the same configuration.
 *
 * Values that come from the configuration are not saved, or give way to it: an operator who changed the file meant it.
 */

/** As many as both have: a configuration that has grown since keeps its new members as they are. */
export function refill(target: { readonly length: number; [at: number]: number }, saved: ArrayLike<number>): void {
  const count = Math.min(target.length, saved.length);
  for (let at = 0; at < count; at++) target[at] = saved[at]!;
}
