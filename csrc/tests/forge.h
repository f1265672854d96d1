/* Random ACKs for the batch checker: how many pass. */
#pragma once

#include "codec.h"
#include "random.h"

struct forge {
	struct screen_keyset keyset; /* zone 0 */
	bool timestamps;
	struct screen_lanes lanes;
	struct screen_check checks[SCREEN_CODEC_BURST];
};

/* Tries count ACKs, a multiple of the burst, from random clients with random numbers. */
static inline uint64_t forge_acks(struct forge *f, const struct screen_codec *codec, uint64_t count,
				  uint64_t seed)
{
	struct random r = { seed };
	uint64_t passed = 0;

	for (uint64_t done = 0; done < count; done += SCREEN_CODEC_BURST) {
		for (int i = 0; i < SCREEN_CODEC_BURST; i++) {
			struct screen_check *c = &f->checks[i];
			uint64_t numbers = random_64(&r), client = random_64(&r);

			memset(&c->tuple, 0, sizeof(c->tuple));
			memcpy(c->tuple.source, &client, 4);
			c->tuple.family = i & 1 ? 4 : 6;
			c->tuple.sport = (uint16_t)(client >> 32);
			c->tuple.dport = 443;
			c->seq = (uint32_t)numbers;
			c->ack = (uint32_t)(numbers >> 32);
			c->timestamps = f->timestamps;
			c->tsecr = (uint32_t)(client >> 16);
		}
		screen_codec_check(codec, &f->lanes, &f->keyset, 0, f->checks, SCREEN_CODEC_BURST);
		for (int i = 0; i < SCREEN_CODEC_BURST; i++)
			passed += f->checks[i].valid;
	}
	return passed;
}
