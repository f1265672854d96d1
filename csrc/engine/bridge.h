/*
 * The kernel bridge of an `on-failure open` wire: what carries on when the engine does not. While the
 * engine lives no frame reaches it.
 */
#pragma once

#include "state.h"

/* Sees to it that the ports of a new wire are under no bridge of somebody else's; and, for a closed
 * wire, under none that an earlier engine left, which would join them when this one ends. */
int screen_bridge_clear(struct screen_engine *engine, struct screen_wire *wire,
			struct screen_error_info *error);

/* Makes the bridge of a wire, or takes over the one that an earlier engine left, and puts both ports
 * under it. Writes its name to wire->bridge. */
int screen_bridge_build(struct screen_engine *engine, struct screen_wire *wire,
			struct screen_error_info *error);

/* Takes the bridge of a wire away. A no-op when there is none. */
void screen_bridge_remove(struct screen_wire *wire);

/* Whether the link is a bridge that an engine made. */
struct screen_link;
bool screen_bridge_is_ours(const struct screen_link *link);
