/* Many columns: correlation, shrinkage, eigenvalues. Columns lie one after the other. */
#include "kernels.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

double correlation(const Input *input) {
  size_t n = input->rows, p = input->columns;
  double *z = malloc(n * p * sizeof *z), *r = malloc(p * p * sizeof *r);
  for (size_t j = 0; j < p; j++) {
    const double *x = input->values + j * n;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    double mean = sum / n;
    for (size_t i = 0; i < n; i++) {
      double d = x[i] - mean;
      z[j * n + i] = d;
      squares += d * d;
    }
    double factor = 1 / sqrt(squares);
    for (size_t i = 0; i < n; i++) z[j * n + i] *= factor;
  }
  for (size_t a = 0; a < p; a++) {
    r[a * p + a] = 1;
    for (size_t b = 0; b < a; b++) {
      double sum = 0;
      for (size_t i = 0; i < n; i++) sum += z[a * n + i] * z[b * n + i];
      r[a * p + b] = r[b * p + a] = sum;
    }
  }
  double total = 0;
  for (size_t i = 0; i < p * p; i++) total += r[i];
  free(z);
  free(r);
  return total;
}

double ledoit_wolf(const Input *input) {
  size_t n = input->rows, p = input->columns;
  double *z = malloc(n * p * sizeof *z), *s = malloc(p * p * sizeof *s);
  for (size_t j = 0; j < p; j++) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += input->values[j * n + i];
    for (size_t i = 0; i < n; i++) z[j * n + i] = input->values[j * n + i] - sum / n;
  }
  double trace = 0, norm = 0;
  for (size_t a = 0; a < p; a++) {
    for (size_t b = 0; b <= a; b++) {
      double sum = 0;
      for (size_t i = 0; i < n; i++) sum += z[a * n + i] * z[b * n + i];
      s[a * p + b] = s[b * p + a] = sum / n;
    }
    trace += s[a * p + a];
  }
  double m = trace / p, distance = 0;
  for (size_t a = 0; a < p; a++) {
    for (size_t b = 0; b < p; b++) {
      double off = s[a * p + b] - (a == b ? m : 0);
      norm += s[a * p + b] * s[a * p + b];
      distance += off * off;
    }
  }
  double quartic = 0;
  for (size_t i = 0; i < n; i++) {
    double length = 0;
    for (size_t j = 0; j < p; j++) length += z[j * n + i] * z[j * n + i];
    quartic += length * length;
  }
  double error = (quartic / n - norm) / n;
  double shrinkage = error < distance ? error / distance : 1;
  for (size_t a = 0; a < p; a++) {
    for (size_t b = 0; b < p; b++) s[a * p + b] = (1 - shrinkage) * s[a * p + b] + (a == b ? shrinkage * m : 0);
  }
  double result = shrinkage + s[0] + s[1] + s[p * p - 1];
  free(z);
  free(s);
  return result;
}

/* Cyclic Jacobi with eigenvectors; the values weighted by place, so that vectors and order cannot be left out unseen. */
double eigen(const Input *input) {
  size_t p = input->columns;
  double *a = malloc(p * p * sizeof *a), *v = calloc(p * p, sizeof *v);
  memcpy(a, input->values, p * p * sizeof *a);
  for (size_t i = 0; i < p; i++) v[i * p + i] = 1;
  for (int sweep = 0, turned = 1; turned && sweep < 64; sweep++) {
    turned = 0;
    for (size_t i = 0; i + 1 < p; i++) {
      for (size_t j = i + 1; j < p; j++) {
        double aij = a[i * p + j], aii = a[i * p + i], ajj = a[j * p + j];
        if (fabs(aij) <= 1.1102230246251565e-16 * sqrt(fabs(aii)) * sqrt(fabs(ajj))) continue;
        turned = 1;
        double theta = (ajj - aii) / (2 * aij);
        double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
        double c = 1 / sqrt(t * t + 1), s = t * c;
        for (size_t k = 0; k < p; k++) {
          double x = a[i * p + k], y = a[j * p + k];
          a[i * p + k] = c * x - s * y;
          a[j * p + k] = s * x + c * y;
        }
        for (size_t k = 0; k < p; k++) {
          double x = a[k * p + i], y = a[k * p + j];
          a[k * p + i] = c * x - s * y;
          a[k * p + j] = s * x + c * y;
        }
        for (size_t k = 0; k < p; k++) {
          double x = v[i * p + k], y = v[j * p + k];
          v[i * p + k] = c * x - s * y;
          v[j * p + k] = s * x + c * y;
        }
      }
    }
  }
  double total = 0;
  for (size_t i = 0; i < p; i++) {
    double largest = 0;
    for (size_t k = 0; k < p; k++) largest = fmax(largest, fabs(v[i * p + k]));
    total += a[i * p + i] * largest;
  }
  free(a);
  free(v);
  return total;
}
