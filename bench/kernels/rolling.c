/* Rolling z-score and regression, tick by tick in a loop, running sums over a ring. */
#include "kernels.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW_MAX = 4096 };

typedef struct {
  size_t window, count, oldest;
  double sum, squares;
  double ring[WINDOW_MAX];
} ZWindow;

static double z_push(ZWindow *w, double x) {
  if (w->count == w->window) {
    double old = w->ring[w->oldest];
    w->sum -= old;
    w->squares -= old * old;
  } else {
    w->count++;
  }
  w->sum += x;
  w->squares += x * x;
  w->ring[w->oldest] = x;
  if (++w->oldest == w->window) w->oldest = 0;
  if (w->count < w->window) return NAN;
  double n = (double)w->window;
  double mean = w->sum / n;
  double variance = (w->squares - w->sum * mean) / (n - 1);
  return variance > 0 ? (x - mean) / sqrt(variance) : NAN;
}

double rolling_z(const Input *input) {
  static ZWindow w;
  w = (ZWindow){.window = input->parameter};
  double total = 0;
  for (size_t t = 0; t < input->rows; t++) {
    double z = z_push(&w, input->values[t]);
    if (t + 1 >= input->parameter) total += z;
  }
  return total;
}

typedef struct {
  size_t window, count, oldest;
  double x, y, xx, xy, yy;
  double beta, alpha, r_squared, residual_sd, residual, spread_z;
  double ring[WINDOW_MAX][2];
} OlsWindow;

static double ols_push(OlsWindow *w, double x, double y) {
  if (w->count == w->window) {
    double ox = w->ring[w->oldest][0], oy = w->ring[w->oldest][1];
    w->x -= ox;
    w->y -= oy;
    w->xx -= ox * ox;
    w->xy -= ox * oy;
    w->yy -= oy * oy;
  } else {
    w->count++;
  }
  w->x += x;
  w->y += y;
  w->xx += x * x;
  w->xy += x * y;
  w->yy += y * y;
  w->ring[w->oldest][0] = x;
  w->ring[w->oldest][1] = y;
  if (++w->oldest == w->window) w->oldest = 0;
  if (w->count < w->window) return NAN;
  double n = (double)w->window;
  double mx = w->x / n, my = w->y / n;
  double sxx = w->xx - w->x * mx, sxy = w->xy - w->x * my, syy = w->yy - w->y * my;
  w->beta = sxy / sxx;
  w->alpha = my - w->beta * mx;
  double left = syy - w->beta * sxy;
  w->r_squared = 1 - left / syy;
  w->residual_sd = sqrt(left / (n - 2));
  w->residual = y - w->alpha - w->beta * x;
  w->spread_z = w->residual / w->residual_sd;
  return w->beta;
}

double rolling_ols(const Input *input) {
  static OlsWindow w;
  memset(&w, 0, offsetof(OlsWindow, ring));
  w.window = input->parameter;
  const double *x = input->values, *y = input->values + input->rows;
  double total = 0;
  for (size_t t = 0; t < input->rows; t++) {
    double beta = ols_push(&w, x[t], y[t]);
    if (t + 1 >= input->parameter) total += beta;
  }
  return total;
}
