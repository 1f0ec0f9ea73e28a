/* The door to the signer: a listening socket that has no name. Who may ask the signer inherits a
 * descriptor that leads to it; nobody else can, whatever user they are, and no file is left behind
 * by a daemon that was killed. */
#ifndef ISSUER_SERVICE_RUN_DOOR_H
#define ISSUER_SERVICE_RUN_DOOR_H

#include <glib.h>
#include <stdbool.h>

typedef struct {
    int listener; /* SOCK_SEQPACKET, for accept() */
    int way;      /* what `path` stands for */
    char *path;   /* for connect(), in each process that has `way` */
} RunDoor;

/* Opens one. ISSUER_ERROR_FAILED says what the system refuses. */
bool run_door_open(RunDoor *door, GError **error);

/* Closes what is open of it (-1: is not) in this process. */
void run_door_close(RunDoor *door);

#endif
