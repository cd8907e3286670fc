/* What the C side of `npm run bench -- kernels` computes: each function does one whole operation and returns what all sides must
 * agree on. Written as one writes it first: clear loops, two passes where one pass costs digits, nothing by hand that the
 * compiler is asked to do by its flags. */
#ifndef KERNELS_H
#define KERNELS_H

#include <stddef.h>

/* A case's data, as bench/kernels/cases.ts wrote them: rows, columns, window or lags, then the values. */
typedef struct {
  size_t rows;
  size_t columns;
  size_t parameter;
  const double *values;
} Input;

typedef double (*Kernel)(const Input *input);

double rolling_z(const Input *input);
double rolling_ols(const Input *input);
double standard_deviation(const Input *input);
double ols_line(const Input *input);
double ols_qr(const Input *input);
double correlation(const Input *input);
double ledoit_wolf(const Input *input);
double eigen(const Input *input);
double isotonic(const Input *input);
double johansen(const Input *input);

/* Householder QR of rows x columns, column by column; beta[j] is 2/v'v. qr.c, also used by johansen.c. */
void qr_factor(double *a, size_t rows, size_t columns, double *diagonal, double *beta);
void qr_reflect(const double *v, double beta, double *x, size_t count);

#endif
