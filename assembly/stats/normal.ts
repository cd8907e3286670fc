/**
 * The normal distribution. Math.exp and Math.log are AssemblyScript's own, so every host of the WebAssembly has the same bits;
 * under tsc they are the host's and may differ in the last digit.
 */

/** Probability that a standard normal value is at most x: relative error below 1e-14, also in the lower tail. */
export function normalCdf(x: f64): f64 {
  return 0.5 * complementaryError(-x * 0.7071067811865476);
}

/** The value that a standard normal stays below with probability p; -Infinity at 0, Infinity at 1, NaN outside. */
export function normalQuantile(p: f64): f64 {
  if (!(p >= 0.0 && p <= 1.0)) return NaN;
  if (p == 0.0) return -Infinity;
  if (p == 1.0) return Infinity;
  const q: f64 = p - 0.5;
  if (Math.abs(q) <= 0.425) return centralQuantile(q);
  const tail: f64 = Math.sqrt(-Math.log(q < 0.0 ? p : 1.0 - p));
  const size: f64 = tail <= 5.0 ? middleQuantile(tail - 1.6) : farQuantile(tail - 5.0);
  return q < 0.0 ? 0.0 - size : size;
}

/** erfc: W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23 (1969) 631. */
function complementaryError(x: f64): f64 {
  const y: f64 = Math.abs(x);
  if (y <= 0.46875) return 1.0 - x * errorRatio(y * y);
  if (y > 27.0) return x < 0.0 ? 2.0 : 0.0;
  // exp(-y^2) in two factors: the square's rounding would cost digits in the tail.
  const whole: f64 = Math.floor(y * 16.0) * 0.0625;
  const rest: f64 = (y - whole) * (y + whole);
  const tail: f64 = Math.exp(0.0 - whole * whole) * Math.exp(0.0 - rest) * (y <= 4.0 ? middleRatio(y) : farRatio(y));
  return x < 0.0 ? 2.0 - tail : tail;
}

function errorRatio(square: f64): f64 {
  const top: f64 =
    (((1.85777706184603153e-1 * square + 3.1611237438705656) * square + 1.1386415415105016e2) * square +
      3.77485237685302021e2) *
      square +
    3.20937758913846947e3;
  const bottom: f64 =
    (((square + 2.36012909523441209e1) * square + 2.44024637934444173e2) * square + 1.28261652607737228e3) * square +
    2.84423683343917062e3;
  return top / bottom;
}

function middleRatio(y: f64): f64 {
  let top: f64 = 2.15311535474403846e-8 * y;
  let bottom: f64 = y;
  top = (top + 5.64188496988670089e-1) * y;
  bottom = (bottom + 1.57449261107098347e1) * y;
  top = (top + 8.88314979438837594) * y;
  bottom = (bottom + 1.17693950891312499e2) * y;
  top = (top + 6.61191906371416295e1) * y;
  bottom = (bottom + 5.37181101862009858e2) * y;
  top = (top + 2.98635138197400131e2) * y;
  bottom = (bottom + 1.62138957456669019e3) * y;
  top = (top + 8.8195222124176909e2) * y;
  bottom = (bottom + 3.29079923573345963e3) * y;
  top = (top + 1.71204761263407058e3) * y;
  bottom = (bottom + 4.36261909014324716e3) * y;
  top = (top + 2.05107837782607147e3) * y;
  bottom = (bottom + 3.43936767414372164e3) * y;
  return (top + 1.23033935479799725e3) / (bottom + 1.23033935480374942e3);
}

function farRatio(y: f64): f64 {
  const square: f64 = 1.0 / (y * y);
  const top: f64 =
    ((((1.63153871373020978e-2 * square + 3.05326634961232344e-1) * square + 3.60344899949804439e-1) * square +
      1.25781726111229246e-1) *
      square +
      1.60837851487422766e-2) *
      square +
    6.58749161529837803e-4;
  const bottom: f64 =
    ((((square + 2.56852019228982242) * square + 1.87295284992346725) * square + 5.27905102951428412e-1) * square +
      6.05183413124413191e-2) *
      square +
    2.33520497626869185e-3;
  return (5.6418958354775628695e-1 - (square * top) / bottom) / y;
}

/** M. J. Wichura, AS 241, Applied Statistics 37 (1988) 477: relative error about 1e-16, in three ranges. */
function centralQuantile(q: f64): f64 {
  const r: f64 = 0.180625 - q * q;
  let top: f64 = 2.5090809287301226727e3;
  top = top * r + 3.3430575583588128105e4;
  top = top * r + 6.7265770927008700853e4;
  top = top * r + 4.5921953931549871457e4;
  top = top * r + 1.3731693765509461125e4;
  top = top * r + 1.9715909503065514427e3;
  top = top * r + 1.3314166789178437745e2;
  top = top * r + 3.387132872796366608;
  let bottom: f64 = 5.226495278852854561e3;
  bottom = bottom * r + 2.8729085735721942674e4;
  bottom = bottom * r + 3.930789580009271061e4;
  bottom = bottom * r + 2.1213794301586595867e4;
  bottom = bottom * r + 5.3941960214247511077e3;
  bottom = bottom * r + 6.8718700749205790830e2;
  bottom = bottom * r + 4.2313330701600911252e1;
  return (q * top) / (bottom * r + 1.0);
}

function middleQuantile(r: f64): f64 {
  let top: f64 = 7.7454501427834140764e-4;
  top = top * r + 2.27238449892691845833e-2;
  top = top * r + 2.4178072517745061177e-1;
  top = top * r + 1.27045825245236838258;
  top = top * r + 3.64784832476320460504;
  top = top * r + 5.7694972214606914055;
  top = top * r + 4.6303378461565452959;
  top = top * r + 1.42343711074968357734;
  let bottom: f64 = 1.05075007164441684324e-9;
  bottom = bottom * r + 5.475938084995344946e-4;
  bottom = bottom * r + 1.51986665636164571966e-2;
  bottom = bottom * r + 1.4810397642748007459e-1;
  bottom = bottom * r + 6.8976733498510000455e-1;
  bottom = bottom * r + 1.6763848301838038494;
  bottom = bottom * r + 2.05319162663775882187;
  return top / (bottom * r + 1.0);
}

function farQuantile(r: f64): f64 {
  let top: f64 = 2.01033439929228813265e-7;
  top = top * r + 2.71155556874348757815e-5;
  top = top * r + 1.2426609473880784386e-3;
  top = top * r + 2.6532189526576123093e-2;
  top = top * r + 2.9656057182850489123e-1;
  top = top * r + 1.7848265399172913358;
  top = top * r + 5.4637849111641143699;
  top = top * r + 6.6579046435011037772;
  let bottom: f64 = 2.04426310338993978564e-15;
  bottom = bottom * r + 1.4215117583164458887e-7;
  bottom = bottom * r + 1.8463183175100546818e-5;
  bottom = bottom * r + 7.868691311456132591e-4;
  bottom = bottom * r + 1.48753612908506148525e-2;
  bottom = bottom * r + 1.3692988092273580531e-1;
  bottom = bottom * r + 5.9983220655588793769e-1;
  return top / (bottom * r + 1.0);
}
