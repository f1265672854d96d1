/* The view: what workers see, swapped as a whole. [control, keeper; with the lock held] */
#pragma once

#include "state.h"

/* Makes a view of the attached ports with this policy and keyset, publishes it by one atomic store,
 * waits until no worker uses the old one, and frees that. 0 or SCREEN_ERROR_MEMORY. */
int screen_view_renew(struct screen_engine *engine, const struct screen_policy *policy,
		      struct screen_keyset *keyset);

/* Publishes nothing any more: for the end, when no worker runs. */
void screen_view_free(struct screen_engine *engine);
