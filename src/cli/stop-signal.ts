/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once, as if nobody listened. */
export function stopSignal(): Promise<"stopped"> {
  return new Promise((resolve) => {
    const stop = () => {
      process.removeListener("SIGINT", stop);
      process.removeListener("SIGTERM", stop);
      resolve("stopped");
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
}
