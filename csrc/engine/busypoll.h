/*
 * Busy polling: a worker's own system call has the kernel look into the queues of a port, in place of
 * interrupts and their softirqs (SO_PREFER_BUSY_POLL, Linux 5.11). It runs the NAPI instance that the
 * kernel has noted in the socket; where it has noted none, that call does nothing.
 */
#pragma once

#include "state.h"

enum { SCREEN_BUSY_POLL_US_MAX = 1000000 };

/* Asks for it. [control] */
int screen_busypoll_set(int fd, uint32_t us, struct screen_error_info *error);

/* Looks into the queue of a socket, once. [worker] */
void screen_busypoll_look(int fd);

/* What was obtained. [control] */
void screen_busypoll_status(const struct screen_port *port, struct screen_port_status *status);
