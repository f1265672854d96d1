/*
 * What drivers took of the frames that ports' XDP programs sent: see bpf/sent.bpf.c. Asked for when the
 * first wire is staged, and there until the engine ends.
 */
#pragma once

#include "sent_row.h"
#include "state.h"

/* Has what is sent by a port counted from now on, if it is not yet. 0 or a negative errno: the kernel does
 * not give the tracing programs (CAP_PERFMON, its BTF). [control, keeper] */
int screen_sent_follow(struct screen_engine *engine, const struct screen_port *port);
void screen_sent_forget(struct screen_engine *engine, const struct screen_port *port);

/* Since it is followed; zeros when it is not. */
void screen_sent_read(const struct screen_engine *engine, const struct screen_port *port,
		      struct screen_sent *sum);

void screen_sent_close(struct screen_engine *engine);
