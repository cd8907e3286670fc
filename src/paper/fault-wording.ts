/** How a venue words what a fault makes it say. */
import type { Failure } from "./failure.ts";
import type { Http503 } from "./fault-forms.ts";

export interface FaultWording {
  rejected(code: number, msg: string): Failure;
  unavailable(variant: Http503): Failure;
  /** 429 slow down, 418 banned, 403 firewall. */
  limited(httpStatus: 429 | 418 | 403, retryAfterMs: number): Failure;
}
