/* Invented Chariot servers for a load: license keys and signed usage requests, all from a seed. */
#ifndef TESTS_BENCH_INSTANCE_MAKER_H
#define TESTS_BENCH_INSTANCE_MAKER_H

#include <glib.h>
#include <stdbool.h>

/* The key of license `number` in its printed form. New string. */
char *instance_maker_license_key(int seed, int number);

/* The armor's body of a usage request: server `server` asks for license `owner`, with `number`
 * added to a fixed time as its seq and iat. The same seed and server are the same instance. */
GBytes *instance_maker_request(int seed, int owner, int server, int number, bool update);

#endif
