/**
 * Order ids as Binance's dialects show them: above 2^53, so that a client that reads them as floats is wrong and shall see it.
 */

/** Odd, so that the float next to it is another order's id. */
const ORDER_ID_BASE = 9_007_199_254_740_993n;

export function wireOrderId(orderId: number): string {
  return (ORDER_ID_BASE + BigInt(orderId)).toString();
}

/** Undefined: no id we could have given. */
export function parseOrderId(text: string): number | undefined {
  if (!/^\d{16,19}$/.test(text)) return undefined;
  const orderId = BigInt(text) - ORDER_ID_BASE;
  return orderId > 0n && orderId < ORDER_ID_BASE ? Number(orderId) : undefined;
}
