/* Johansen's trace test, unrestricted constant: the algorithm of assembly/stats/cointegration.ts in plain loops. One QR of
 * [1, lagged differences | differences | lagged levels], a small QR of what is left of the levels, and one-sided Jacobi. */
#include "kernels.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VARIABLES_MAX = 12 };

static void turn(double *a, double *b, size_t count, int *turned) {
  double aa = 0, bb = 0, ab = 0;
  for (size_t i = 0; i < count; i++) {
    aa += a[i] * a[i];
    bb += b[i] * b[i];
    ab += a[i] * b[i];
  }
  if (!(fabs(ab) > 1e-15 * sqrt(aa) * sqrt(bb))) return;
  *turned = 1;
  double zeta = (bb - aa) / (2 * ab);
  double t = (zeta < 0 ? -1 : 1) / (fabs(zeta) + sqrt(1 + zeta * zeta));
  double c = 1 / sqrt(1 + t * t), s = c * t;
  for (size_t i = 0; i < count; i++) {
    double x = a[i], y = b[i];
    a[i] = c * x - s * y;
    b[i] = s * x + c * y;
  }
}

double johansen(const Input *input) {
  size_t points = input->rows, k = input->columns, lags = input->parameter;
  size_t rows = points - lags, lead = 1 + (lags - 1) * k, columns = lead + 2 * k, height = 2 * k;
  const double *x = input->values; /* row by row */
  double *a = malloc(rows * columns * sizeof *a);
  double *diagonal = malloc(columns * sizeof *diagonal), *beta = malloc(columns * sizeof *beta);
  for (size_t t = 0; t < rows; t++) a[t] = 1;
  for (size_t v = 0; v < k; v++) {
    for (size_t t = 0; t < rows; t++) {
      size_t now = t + lags;
      for (size_t lag = 1; lag < lags; lag++) {
        a[(1 + (lag - 1) * k + v) * rows + t] = x[(now - lag) * k + v] - x[(now - lag - 1) * k + v];
      }
      a[(lead + v) * rows + t] = x[now * k + v] - x[(now - 1) * k + v];
      a[(lead + k + v) * rows + t] = x[(now - 1) * k + v] - x[v];
    }
  }
  qr_factor(a, rows, columns, diagonal, beta);

  double stacked[2 * VARIABLES_MAX * VARIABLES_MAX], turned[VARIABLES_MAX * VARIABLES_MAX];
  double small[VARIABLES_MAX], small_beta[VARIABLES_MAX], basis[2 * VARIABLES_MAX];
  for (size_t c = 0; c < k; c++) {
    size_t column = lead + k + c;
    for (size_t r = 0; r < height; r++) {
      size_t row = lead + r;
      stacked[c * height + r] = row < column ? a[column * rows + row] : row == column ? diagonal[column] : 0;
    }
  }
  qr_factor(stacked, height, k, small, small_beta);
  for (size_t c = 0; c < k; c++) {
    memset(basis, 0, sizeof basis);
    basis[c] = 1;
    for (size_t j = k; j-- > 0;) qr_reflect(stacked + j * height + j, small_beta[j], basis + j, height - j);
    for (size_t v = 0; v < k; v++) turned[v * k + c] = basis[v];
  }
  for (int again = 1; again;) {
    again = 0;
    for (size_t i = 0; i + 1 < k; i++) {
      for (size_t j = i + 1; j < k; j++) turn(turned + i * k, turned + j * k, k, &again);
    }
  }
  double values[VARIABLES_MAX], vectors[VARIABLES_MAX][VARIABLES_MAX];
  size_t order[VARIABLES_MAX];
  for (size_t v = 0; v < k; v++) {
    double squares = 0;
    for (size_t c = 0; c < k; c++) squares += turned[v * k + c] * turned[v * k + c];
    size_t at = v;
    for (; at > 0 && values[at - 1] < squares; at--) {
      values[at] = values[at - 1];
      order[at] = order[at - 1];
    }
    values[at] = squares;
    order[at] = v;
  }
  double result = 0, trace = 0;
  for (size_t j = 0; j < k; j++) {
    double length = sqrt(values[j]);
    for (size_t c = 0; c < k; c++) vectors[j][c] = turned[order[j] * k + c] / length * sqrt((double)rows);
    for (size_t c = k; c-- > 0;) {
      vectors[j][c] /= small[c];
      for (size_t i = 0; i < c; i++) vectors[j][i] -= stacked[c * height + i] * vectors[j][c];
    }
    result += values[j] + fabs(vectors[j][0]);
  }
  for (size_t j = k; j-- > 0;) {
    trace -= rows * log1p(-values[j]);
    result += trace;
  }
  free(a);
  free(diagonal);
  free(beta);
  return result;
}
