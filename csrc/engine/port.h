/*
 * A port: one interface, its settings, its shim, its sockets.
 */
#pragma once

#include "state.h"

/*
 * Attaches an interface as port `slot`, in staged mode: checks it, notes and changes its settings,
 * replaces an orphan's programs, opens two sockets on every RX queue. Workers for all queues exist. On
 * failure everything is undone.
 */
int screen_port_open(struct screen_engine *engine, uint8_t slot, const char *ifname, bool is_host,
		     enum screen_on_failure on_failure, struct screen_error_info *error);

/* Closes the sockets and detaches the shim. No worker sees the port any more. Its frames are
 * the workers' again when their `reclaim` has its slot. restore: put the interface's settings back, too. */
void screen_port_close(struct screen_engine *engine, struct screen_port *port, bool restore);

/* RX queues of a link that are in use; at least 1. */
uint32_t screen_port_queues(const char *ifname, uint32_t fallback);

/* Tells every port's shim whether it is to pass or to ask the engine. */
void screen_port_publish(struct screen_port *port, enum screen_on_failure on_failure);
