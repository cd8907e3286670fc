/** Prints `N passed, N failed, N skipped` as the last line of a CI run. Fails on a failed test, and on one skipped for lack of data. */
import { existsSync, readFileSync } from "node:fs";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const tests = report.testResults.flatMap((file) => file.assertionResults.map((test) => ({ file: file.name, ...test })));
const count = (status) => tests.filter((test) => test.status === status).length;
// A file that could not be loaded has no tests, but it is a failure all the same.
const broken = report.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
const skipped = tests.filter((test) => test.status === "skipped" || test.status === "pending");
for (const test of skipped) console.log(`skipped: ${test.fullName}`);
const dataPresent = existsSync(new URL("../../shared/data", import.meta.url));
const skippedForData = dataPresent ? skipped.filter((test) => /shared\/data/.test(test.fullName)) : [];
for (const test of skippedForData) console.log(`skipped although the data is there: ${test.fullName}`);
const failed = count("failed") + broken.length;
if (failed > 0 || skippedForData.length > 0 || tests.length === 0) process.exitCode = 1;
console.log(`${count("passed")} passed, ${failed} failed, ${skipped.length} skipped`);
