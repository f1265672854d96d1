/*
 * The XDP shim on an interface: attaching it next to other programs (libxdp's dispatcher) or alone,
 * and recognising one that a dead engine left behind.
 */
#pragma once

#include "state.h"

/* Loads the shim, or a host port's program, and attaches it in staged mode; sets the port's object,
 * program, control and maps. */
int screen_attach_shim(const struct screen_engine *engine, struct screen_port *port,
		       struct screen_error_info *error);

/* Detaches the port's shim and unloads it. A no-op when there is none. */
void screen_detach_shim(struct screen_port *port);

/* Detaches a shim that an earlier engine left on the interface. Returns how many (0 or 1), -EBUSY
 * when another program is attached alone (name is then its name), -EEXIST when the engine of that
 * shim lives, or another negative errno. */
int screen_detach_orphan(uint32_t ifindex, char name[16]);

/* Tells the shim who decides: nobody yet, or the engine. */
void screen_shim_set(struct screen_port *port, enum screen_shim_mode mode,
		     enum screen_on_failure on_failure);

/* Tells the shims of a wire's ports of each other, where they may redirect to. 0 or a negative errno. */
int screen_shim_join(struct screen_port *a, struct screen_port *b);

/* A descriptor of the program that the port's interface runs, the shim or the dispatcher that calls it;
 * gives it. A negative errno on failure. */
int screen_shim_fd(const struct screen_port *port);

/* One of the shim's counters, and all of them, summed over the CPUs. */
uint64_t screen_shim_count(const struct screen_port *port, enum screen_shim_counter counter);
void screen_shim_read(const struct screen_port *port, uint64_t counters[SCREEN_SHIM_COUNTERS]);
