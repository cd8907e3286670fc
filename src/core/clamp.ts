/** Into [0, 1]. NaN becomes 0: an input that is not known adds nothing. */
export const clamp01 = (x: number): number => (Number.isNaN(x) ? 0 : Math.min(1, Math.max(0, x)));
