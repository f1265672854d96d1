/* News: what the programs of host ports have to say to the engine. */
#pragma once

#include "state.h"

/* Takes in what there is. [keeper] */
void screen_hostnews_take(struct screen_engine *engine);

void screen_hostnews_close(struct screen_host_maps *host);
