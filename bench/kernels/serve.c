/* Serves rounds to bench/kernels/rival.ts: a line `case iterations` in, a line `nanoseconds result` out. The kernel is called by
 * pointer from another file than its own, so no call can be hoisted out of the loop or dropped. */
#include "kernels.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
  const char *name;
  Kernel run;
} KERNELS[] = {
    {"rolling-z", rolling_z},     {"rolling-ols", rolling_ols}, {"std", standard_deviation},
    {"ols-line", ols_line},       {"ols-qr", ols_qr},           {"correlation", correlation},
    {"ledoit-wolf", ledoit_wolf}, {"eigen", eigen},             {"isotonic", isotonic},
    {"johansen", johansen},
};
enum { KERNEL_COUNT = sizeof KERNELS / sizeof KERNELS[0], HEAD = 3 };

static void fail(const char *what, const char *name) {
  fprintf(stderr, "serve: %s %s\n", what, name);
  exit(1);
}

static Input load(const char *directory, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s.f64", directory, name);
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) fail("cannot read", path);
  size_t count = (size_t)ftell(file) / sizeof(double);
  rewind(file);
  double *values = malloc(count * sizeof(double));
  if (!values || fread(values, sizeof(double), count, file) != count || count < HEAD) fail("cannot read", path);
  fclose(file);
  return (Input){(size_t)values[0], (size_t)values[1], (size_t)values[2], values + HEAD};
}

static long long now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 2) fail("wants", "the directory of its data");
  Input inputs[KERNEL_COUNT] = {0};
  char name[64];
  long iterations;
  while (scanf("%63s %ld", name, &iterations) == 2) {
    size_t at = 0;
    while (at < KERNEL_COUNT && strcmp(KERNELS[at].name, name) != 0) at++;
    if (at == KERNEL_COUNT) fail("knows no", name);
    if (inputs[at].values == NULL) inputs[at] = load(argv[1], name);
    double result = 0;
    long long start = now_ns();
    for (long i = 0; i < iterations; i++) result = KERNELS[at].run(&inputs[at]);
    long long end = now_ns();
    printf("%lld %.17g\n", end - start, result);
    fflush(stdout);
  }
  return 0;
}
