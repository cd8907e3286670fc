/* Householder QR, and least squares of y (the last column) on an intercept and the columns before it. */
#include "kernels.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void qr_reflect(const double *v, double beta, double *x, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += v[i] * x[i];
  double factor = beta * sum;
  for (size_t i = 0; i < count; i++) x[i] -= factor * v[i];
}

void qr_factor(double *a, size_t rows, size_t columns, double *diagonal, double *beta) {
  for (size_t j = 0; j < columns; j++) {
    double *v = a + j * rows + j;
    size_t left = rows - j;
    double squares = 0;
    for (size_t i = 0; i < left; i++) squares += v[i] * v[i];
    double norm = sqrt(squares);
    double sign = v[0] < 0 ? -1 : 1;
    diagonal[j] = -sign * norm;
    beta[j] = 1 / (norm * (norm + sign * v[0]));
    v[0] += sign * norm;
    for (size_t k = j + 1; k < columns; k++) qr_reflect(v, beta[j], a + k * rows + j, left);
  }
}

double ols_qr(const Input *input) {
  size_t n = input->rows, p = input->columns; /* p - 1 regressors and y */
  double *a = malloc(n * (p + 1) * sizeof *a);
  double diagonal[64], beta[64], coef[64], inverse[64];
  for (size_t i = 0; i < n; i++) a[i] = 1;
  memcpy(a + n, input->values, n * p * sizeof *a);
  double *y = a + p * n;
  qr_factor(a, n, p, diagonal, beta);
  for (size_t j = 0; j < p; j++) qr_reflect(a + j * n + j, beta[j], y + j, n - j);
  for (size_t j = p; j-- > 0;) {
    double sum = y[j];
    for (size_t k = j + 1; k < p; k++) sum -= a[k * n + j] * coef[k];
    coef[j] = sum / diagonal[j];
  }
  double squares = 0;
  for (size_t i = p; i < n; i++) squares += y[i] * y[i];
  double mean = 0, total = 0;
  const double *given = input->values + (p - 1) * n;
  for (size_t i = 0; i < n; i++) mean += given[i];
  mean /= n;
  for (size_t i = 0; i < n; i++) total += (given[i] - mean) * (given[i] - mean);
  double sd = sqrt(squares / (n - p));
  double result = sd + 1 - squares / total;
  for (size_t j = 0; j < p; j++) {
    /* Row j of the inverse of R has the length of a standard error. */
    double length = 0;
    for (size_t k = 0; k < p; k++) {
      double sum = k == j;
      for (size_t i = 0; i < k; i++) sum -= a[k * n + i] * inverse[i];
      inverse[k] = sum / diagonal[k];
      length += inverse[k] * inverse[k];
    }
    result += coef[j] + sd * sqrt(length);
  }
  free(a);
  return result;
}
