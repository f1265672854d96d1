/*
 * The option walk against its slow twin, on any bytes.
 */
#include "fuzz.h"
#include "slow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct screen_options a, b;

	if (size > SCREEN_OPTIONS_MAX)
		return 0;
	screen_options_walk(data, (uint32_t)size, &a);
	slow_options(data, (uint32_t)size, &b);
	PROMISE(a.flags == b.flags && a.mss == b.mss && a.wscale == b.wscale);
	PROMISE(a.tsval == b.tsval && a.tsecr == b.tsecr);
	if (a.flags & SCREEN_HAS_TIMESTAMPS)
		PROMISE(a.timestamps == b.timestamps && a.timestamps + 10u <= size);
	if (a.flags & SCREEN_HAS_SACK)
		PROMISE(a.sack == b.sack && a.sack_length == b.sack_length &&
			a.sack + (uint32_t)a.sack_length <= size);
	return 0;
}
