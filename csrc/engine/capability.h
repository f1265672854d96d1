/*
 * What the engine can do: it never claims, it proves. Known answers are the vectors of
 * testdata/vectors.
 */
#pragma once

#include "state.h"

/* The place of an interface among the ports that something is proved of, or -1. */
int screen_capability_row(const struct screen_capabilities *c, const char *ifname);

/* Runs the known answers and the round trip. */
void screen_capability_prove_core(const struct screen_engine *engine,
				  struct screen_capabilities *c);

/* Proves what host ports need, if the configuration has any. */
void screen_capability_prove_host(const struct screen_config *config, struct screen_capabilities *c);

/* Says of each screened zone of a configuration what its flows have shown of the way back. */
void screen_capability_prove_zones(const struct screen_engine *engine,
				   const struct screen_config *config,
				   struct screen_capabilities *c);

/* Has every queue of a port send a probe frame; fills *proof. The port's worker runs. */
void screen_capability_prove_tx(struct screen_engine *engine, struct screen_port *port,
				struct screen_proof *proof);
