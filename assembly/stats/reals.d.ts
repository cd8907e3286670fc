/** The globals of `lib/reals.ts` as tsc sees them; `twin.ts` defines them. Their promises are written there. */
type Reals = number;
type Pair = { readonly low: number; readonly high: number };

declare function real(x: Reals, index: i32): f64;
declare function putReal(x: Reals, index: i32, value: f64): void;
declare function realsFrom(x: Reals, index: i32): Reals;
declare function pair(x: Reals, index: i32): Pair;
declare function putPair(x: Reals, index: i32, value: Pair): void;
declare function firstPair(x: Reals): Pair;
declare function secondPair(x: Reals): Pair;
declare function thirdPair(x: Reals): Pair;
declare function fourthPair(x: Reals): Pair;
declare function putFirstPair(x: Reals, value: Pair): void;
declare function putSecondPair(x: Reals, value: Pair): void;
declare function putThirdPair(x: Reals, value: Pair): void;
declare function putFourthPair(x: Reals, value: Pair): void;
declare function pairOf(both: f64): Pair;
declare function pairAdd(a: Pair, b: Pair): Pair;
declare function pairSub(a: Pair, b: Pair): Pair;
declare function pairMul(a: Pair, b: Pair): Pair;
declare function pairDiv(a: Pair, b: Pair): Pair;
declare function pairAbs(a: Pair): Pair;
declare function pairLarger(a: Pair, b: Pair): Pair;
declare function pairLow(a: Pair): f64;
declare function pairHigh(a: Pair): f64;
declare function pairSum(a: Pair): f64;
declare function ownDataEnd(): i32;
