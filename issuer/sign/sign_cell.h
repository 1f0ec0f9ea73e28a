/* Where the key is once it is open: a process that reaches no file but its count, no network, no
 * other process but those who ask it, and whose memory goes to no disk. */
#ifndef ISSUER_SIGN_SIGN_CELL_H
#define ISSUER_SIGN_SIGN_CELL_H

#include <glib.h>
#include <stdbool.h>

/* Before the key is opened: makes room for private keys that is locked in memory and goes into no
 * core dump, and keeps the whole process from being dumped or looked into. Whether the rest of its
 * memory could be locked too: the limit RLIMIT_MEMLOCK must be as high as that of its memory, 512
 * MiB. */
bool sign_cell_prepare(void);

/* From then on, for good, this process, which has one thread, accepts from `listener`, receives and
 * sends where it is connected, writes `count` and standard error. Any other call ends it with
 * SIGSYS, but for those by which libraries look for files, which fail. ISSUER_ERROR_FAILED if the
 * kernel refuses. */
bool sign_cell_close(int listener, int count, GError **error);

#endif
