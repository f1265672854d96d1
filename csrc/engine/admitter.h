/*
 * The TC programs of a host port (bpf/admit.bpf.c), on its clsact: the one that gives listeners their
 * connections, and the one that learns what listeners promise.
 */
#pragma once

#include "state.h"

/* Loads and attaches them, in place of those that an earlier engine left. On failure nothing is left. */
int screen_admitter_attach(const struct screen_engine *engine, struct screen_port *port,
			   struct screen_error_info *error);

/* Takes them off and unloads them. A no-op when there are none. */
void screen_admitter_detach(struct screen_port *port);

/* Whether the link has a clsact, of whomever. */
bool screen_admitter_clsact(uint32_t ifindex);

/* Takes off what an earlier engine left; and its clsact, if that was made for it and nobody else uses it. */
void screen_admitter_sweep(uint32_t ifindex, bool made_clsact);
