/*
 * Options of Node that the engine is run with, measured by `npm run bench`.
 *
 * By default a function is compiled well only after 3,000 calls: an engine that has just started takes ten times as long for
 * each of its first thousand signals as for the rest. A nursery of 4 MB stays in the processor's cache and does not grow. The
 * lock of the data directory is held by node:sqlite, which Node 22 still calls experimental.
 */
"use strict";

module.exports = [
  "--invocation-count-for-turbofan=400",
  "--minimum-invocations-after-ic-update=50",
  "--max-semi-space-size=4",
  "--disable-warning=ExperimentalWarning",
];
