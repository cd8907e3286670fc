/* Whole samples: standard deviation, a line, isotonic regression. */
#include "kernels.h"
#include <math.h>
#include <stdlib.h>

double standard_deviation(const Input *input) {
  const double *x = input->values;
  size_t n = input->rows;
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i];
  double mean = sum / n;
  double squares = 0;
  for (size_t i = 0; i < n; i++) squares += (x[i] - mean) * (x[i] - mean);
  return sqrt(squares / (n - 1));
}

/* Coefficients, standard errors, share explained and residual deviation, on centred values. */
double ols_line(const Input *input) {
  size_t n = input->rows;
  const double *x = input->values, *y = input->values + n;
  double sx = 0, sy = 0;
  for (size_t i = 0; i < n; i++) {
    sx += x[i];
    sy += y[i];
  }
  double mx = sx / n, my = sy / n;
  double xx = 0, xy = 0, yy = 0;
  for (size_t i = 0; i < n; i++) {
    double dx = x[i] - mx, dy = y[i] - my;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  double beta = xy / xx;
  double alpha = my - beta * mx;
  double squares = 0;
  for (size_t i = 0; i < n; i++) {
    double residual = y[i] - alpha - beta * x[i];
    squares += residual * residual;
  }
  double sd = sqrt(squares / (n - 2));
  double se_beta = sd / sqrt(xx);
  double se_alpha = sd * sqrt(1.0 / n + mx * mx / xx);
  return alpha + beta + se_alpha + se_beta + (1 - squares / yy) + sd;
}

typedef struct {
  double score, outcome;
} Point;

static int by_score(const void *a, const void *b) {
  double x = ((const Point *)a)->score, y = ((const Point *)b)->score;
  return (x > y) - (x < y);
}

/* Pooled levels, one per block, weighted by their points. */
double isotonic(const Input *input) {
  size_t n = input->rows;
  Point *points = malloc(n * sizeof *points);
  double *sums = malloc(n * sizeof *sums), *weights = malloc(n * sizeof *weights);
  for (size_t i = 0; i < n; i++) points[i] = (Point){input->values[i], input->values[n + i]};
  qsort(points, n, sizeof *points, by_score);
  size_t blocks = 0;
  for (size_t i = 0; i < n; i++) {
    double sum = points[i].outcome, weight = 1;
    while (i + 1 < n && points[i + 1].score == points[i].score) {
      sum += points[++i].outcome;
      weight++;
    }
    while (blocks > 0 && sums[blocks - 1] * weight >= sum * weights[blocks - 1]) {
      blocks--;
      sum += sums[blocks];
      weight += weights[blocks];
    }
    sums[blocks] = sum;
    weights[blocks++] = weight;
  }
  double total = 0;
  for (size_t b = 0; b < blocks; b++) total += sums[b] / weights[b];
  free(points);
  free(sums);
  free(weights);
  return total;
}
