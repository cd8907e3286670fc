/** The parts of ml-regression that the bench compares with: the package ships no types. */
declare module "ml-regression" {
  export class SimpleLinearRegression {
    constructor(x: ArrayLike<number>, y: ArrayLike<number>);
    readonly slope: number;
    readonly intercept: number;
  }
  export class MultivariateLinearRegression {
    constructor(x: number[][], y: number[][]);
    /** One row per column of x, the intercept last. */
    readonly weights: number[][];
    readonly stdErrors: number[];
    readonly stdError: number;
  }
}
