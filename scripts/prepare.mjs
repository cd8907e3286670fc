// After an install: builds, so that the command and `outrigger/stats` work at once. An install without the compilers
// (`--omit=dev`) keeps what was built before.
import { existsSync } from "node:fs";

if (existsSync(new URL("../node_modules/assemblyscript", import.meta.url))) await import("./build.mjs");
else console.error("not built: the compilers are not installed");
