#include "state.h"

#include <time.h>

static uint64_t read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t screen_now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

struct screen_clocks screen_clocks_now(void)
{
	return (struct screen_clocks){ read_clock(CLOCK_REALTIME), read_clock(CLOCK_BOOTTIME) };
}
