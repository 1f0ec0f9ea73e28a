/* The daemon's numbers in Prometheus' text format (version 0.0.4). README.md lists them. */
#ifndef ISSUER_HTTP_METRICS_H
#define ISSUER_HTTP_METRICS_H

#include "service/health.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* What the numbers are of. */
typedef struct {
    const RoleBoard *board;
    const char *policy;       /* digest of the settings that change decisions */
    const RecordFacts *facts; /* may be NULL */
} MetricsOf;

/* Appends all of them. */
void metrics_write(GString *out, const MetricsOf *of);

#endif
