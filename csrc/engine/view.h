/* The view: what workers see, swapped as a whole. [control, keeper; with the lock held] */
#pragma once

#include "state.h"

/* Makes a view of the attached ports with this policy and keyset, publishes it by one atomic store,
 * and waits until no worker uses the one before. Takes the keyset; frees the one that it replaces.
 * Needs no memory, so that it cannot fail half-way through a commit. */
void screen_view_renew(struct screen_engine *engine, const struct screen_policy *policy,
		       struct screen_keyset *keyset);

/* Publishes nothing any more: for the end, when no worker runs. */
void screen_view_free(struct screen_engine *engine);
