/* Whether somebody still writes a file. */
#ifndef ISSUER_BASE_FILE_WRITERS_H
#define ISSUER_BASE_FILE_WRITERS_H

#include <stdbool.h>
#include <sys/stat.h>

typedef enum {
    FILE_WRITERS_NONE,
    FILE_WRITERS_SOME,
    FILE_WRITERS_UNKNOWN, /* the system does not say: another's file, a file system of the network
                           */
} FileWriters;

/* Asks the system whether any process has the file that `fd` (open for reading alone) is of open
 * for writing, by a lease (fcntl(2), F_SETLEASE), which is given back at once. */
FileWriters file_writers_ask(int fd);

/* Whether a process that this one may look at has the file open for writing, by what stands in
 * /proc. Slow: it looks at all of them. */
bool file_writers_seen(const struct stat *file);

#endif
