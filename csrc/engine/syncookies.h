/*
 * net.ipv4.tcp_syncookies, which admission kernel-cookies sets to 2 while a zone floods. What it was is
 * in state_dir/tcp_syncookies until it is put back: also by the next engine, when this one dies.
 */
#pragma once

#include "state.h"

/* The sysctl's value; negative: cannot be read. */
int screen_syncookies_read(void);

/* Whether it can be written: writes what it is. 0 or a negative errno. */
int screen_syncookies_probe(void);

/* Sets it as the zones want it. [keeper] */
void screen_syncookies_settle(struct screen_engine *engine);

/* Puts back what an engine with this state directory has changed. */
void screen_syncookies_restore(const char *state_dir);
