/**
 * The segment after the one being written: filled with zeroes in the background, so that rolling does not wait for the disk.
 *
 * Invariant: a preparation that comes too late never touches a file of the log. It has a name of its own until it is taken,
 * and removes what it made if nobody will.
 */
import fs from "node:fs";
import { errnoOf } from "./errors.ts";
import { createSegment, installSegment, prepareSegment } from "./files.ts";
import { hurriedPath, preparedPath, type SegmentIdentity } from "./format.ts";

export class NextSegment {
  readonly #directory: string;
  readonly #logId: number;
  readonly #segmentBytes: number;
  #state: "none" | "preparing" | "ready" = "none";
  #fd = -1;
  /** What is being prepared or ready. */
  #segment = 0;
  /** What the log will ask for next. */
  #wanted = 0;
  #errno: string | null = null;
  #hurried = 0;

  constructor(directory: string, logId: number, segmentBytes: number) {
    this.#directory = directory;
    this.#logId = logId;
    this.#segmentBytes = segmentBytes;
  }

  get preparing(): boolean {
    return this.#state === "preparing";
  }

  get ready(): boolean {
    return this.#state === "ready";
  }

  /** Why the last preparation failed; null when it did not. */
  get errno(): string | null {
    return this.#errno;
  }

  /** How often `take` had to wait for the disk. */
  get hurried(): number {
    return this.#hurried;
  }

  /** Does nothing while a preparation runs or one is ready. After a failure it tries again. */
  prepare(segment: number): void {
    this.#wanted = segment;
    if (this.#state !== "none") return;
    this.#state = "preparing";
    this.#segment = segment;
    prepareSegment(preparedPath(this.#directory, segment), this.#identityOf(segment), (error, fd) => {
      this.#state = error ? "none" : "ready";
      this.#errno = error ? errnoOf(error) : null;
      this.#fd = fd;
      if (this.#segment !== this.#wanted) this.#drop();
    });
  }

  /** Puts the segment in its place and returns its descriptor. Blocks when it is not ready. */
  take(segment: number): number {
    if (this.#state === "ready" && this.#segment === segment) {
      installSegment(preparedPath(this.#directory, segment), this.#directory, segment);
      const fd = this.#fd;
      this.#fd = -1;
      this.#state = "none";
      return fd;
    }
    this.#wanted = segment + 1;
    if (segment > 1) this.#hurried++;
    const path = hurriedPath(this.#directory, segment);
    const fd = createSegment(path, this.#identityOf(segment));
    installSegment(path, this.#directory, segment);
    // There was room after all.
    this.#errno = null;
    return fd;
  }

  close(): void {
    this.#wanted = 0;
    this.#drop();
  }

  #drop(): void {
    if (this.#state !== "ready") return;
    fs.closeSync(this.#fd);
    fs.rmSync(preparedPath(this.#directory, this.#segment), { force: true });
    this.#fd = -1;
    this.#state = "none";
  }

  #identityOf(segment: number): SegmentIdentity {
    return { logId: this.#logId, segment, segmentBytes: this.#segmentBytes };
  }
}
