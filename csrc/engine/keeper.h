/*
 * The keeper: the engine's own thread for what must go on even when the control plane is stuck:
 * epochs, grace periods, and links.
 */
#pragma once

#include "state.h"

int screen_keeper_start(struct screen_engine *engine, struct screen_error_info *error);
void screen_keeper_stop(struct screen_engine *engine);

/* Publishes the keyset of now, if it is not published yet. False when it cannot be made; the keeper
 * tries again. [with the lock held] */
bool screen_keeper_rotate(struct screen_engine *engine);
