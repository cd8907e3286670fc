/** One key press reaches us several times: from the terminal, and forwarded by npm or by the launcher. */
const ECHO_MS = 1000;

/** Resolves at the first SIGINT or SIGTERM. A second one, later than an echo, ends the process at once as if nobody listened. */
export function stopSignal(): Promise<"stopped"> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = () => {
      if (asked) return;
      asked = true;
      resolve("stopped");
      setTimeout(() => {
        process.removeListener("SIGINT", stop);
        process.removeListener("SIGTERM", stop);
      }, ECHO_MS).unref();
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
}
