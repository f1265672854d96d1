/*
 * What this machine's own TCP does, by its sysctls: the kernel refuses a connection with an option that is
 * switched off (bpf_sk_assign_tcp_reqsk), so no challenge of a host port may promise it.
 */
#pragma once

#include "state.h"

/* Notes what is switched off now. [keeper, control] */
void screen_hosttcp_settle(struct screen_engine *engine);
