/** Rolling z-score and regression as plain JavaScript writes them: running sums over a ring, one call per tick. See rolling.c. */

export class PlainZScore {
  readonly #ring: Float64Array;
  #count = 0;
  #oldest = 0;
  #sum = 0;
  #squares = 0;

  constructor(window: number) {
    this.#ring = new Float64Array(window);
  }

  push(x: number): number {
    const window = this.#ring.length;
    if (this.#count === window) {
      const old = this.#ring[this.#oldest]!;
      this.#sum -= old;
      this.#squares -= old * old;
    } else this.#count++;
    this.#sum += x;
    this.#squares += x * x;
    this.#ring[this.#oldest] = x;
    if (++this.#oldest === window) this.#oldest = 0;
    if (this.#count < window) return Number.NaN;
    const mean = this.#sum / window;
    const variance = (this.#squares - this.#sum * mean) / (window - 1);
    return variance > 0 ? (x - mean) / Math.sqrt(variance) : Number.NaN;
  }
}

export class PlainRollingOls {
  readonly #xs: Float64Array;
  readonly #ys: Float64Array;
  #count = 0;
  #oldest = 0;
  #x = 0;
  #y = 0;
  #xx = 0;
  #xy = 0;
  #yy = 0;
  beta = Number.NaN;
  alpha = Number.NaN;
  rSquared = Number.NaN;
  residualStd = Number.NaN;
  spreadZ = Number.NaN;

  constructor(window: number) {
    this.#xs = new Float64Array(window);
    this.#ys = new Float64Array(window);
  }

  push(x: number, y: number): number {
    const window = this.#xs.length;
    if (this.#count === window) {
      const oldX = this.#xs[this.#oldest]!;
      const oldY = this.#ys[this.#oldest]!;
      this.#x -= oldX;
      this.#y -= oldY;
      this.#xx -= oldX * oldX;
      this.#xy -= oldX * oldY;
      this.#yy -= oldY * oldY;
    } else this.#count++;
    this.#x += x;
    this.#y += y;
    this.#xx += x * x;
    this.#xy += x * y;
    this.#yy += y * y;
    this.#xs[this.#oldest] = x;
    this.#ys[this.#oldest] = y;
    if (++this.#oldest === window) this.#oldest = 0;
    if (this.#count < window) return Number.NaN;
    const meanX = this.#x / window;
    const meanY = this.#y / window;
    const xx = this.#xx - this.#x * meanX;
    const xy = this.#xy - this.#x * meanY;
    const yy = this.#yy - this.#y * meanY;
    this.beta = xy / xx;
    this.alpha = meanY - this.beta * meanX;
    const left = yy - this.beta * xy;
    this.rSquared = 1 - left / yy;
    this.residualStd = Math.sqrt(left / (window - 2));
    this.spreadZ = (y - this.alpha - this.beta * x) / this.residualStd;
    return this.beta;
  }
}
