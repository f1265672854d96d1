/*
 * A cookie checks if and only if it is the one that would be minted; what it says was agreed is
 * what was minted. Every codec that this processor has agrees with the scalar code.
 */
#include "codec.h"
#include "fuzz.h"

struct reading {
	struct screen_zone_keys keys;
	struct screen_tuple t;
	uint64_t epoch;
	uint32_t seq, ack, tsecr;
	bool timestamps;
};

static void read_input(struct fuzz_input *in, struct reading *r)
{
	r->timestamps = fuzz_8(in) & 1;
	r->t = (struct screen_tuple){ .family = fuzz_8(in) & 1 ? 4 : 6 };
	for (int i = 0; i < (r->t.family == 4 ? 4 : 16); i++) {
		r->t.source[i] = fuzz_8(in);
		r->t.destination[i] = fuzz_8(in);
	}
	r->t.sport = (uint16_t)fuzz_32(in);
	r->t.dport = (uint16_t)fuzz_32(in);
	r->keys.current = (struct screen_cookie_key){ fuzz_64(in), fuzz_64(in) };
	r->keys.previous = (struct screen_cookie_key){ fuzz_64(in), fuzz_64(in) };
	r->epoch = fuzz_64(in);
	r->seq = fuzz_32(in);
	r->ack = fuzz_32(in);
	r->tsecr = fuzz_32(in);
}

static bool is_minted(const struct reading *r, const struct screen_cookie_key *key, uint64_t epoch,
		      const struct screen_agreed *a)
{
	struct screen_cookie c = screen_cookie_mint(key, epoch, &r->t, r->seq - 1, a);

	return c.isn == r->ack - 1 && (!r->timestamps || c.tsval == r->tsecr);
}

static void codecs_agree(const struct reading *r, bool valid)
{
	static struct screen_lanes lanes;
	static struct screen_keyset keyset;

	keyset.check_epoch = r->epoch;
	keyset.zone[0] = r->keys;
	for (int i = 0; i < SCREEN_CODECS; i++) {
		const struct screen_check one = { .tuple = r->t, .seq = r->seq, .ack = r->ack,
						  .tsecr = r->tsecr,
						  .timestamps = r->timestamps };
		struct screen_check all[] = { one, one, one, one }; /* few are left to scalar code */

		if (!screen_codecs[i].available())
			continue;
		screen_codec_check(&screen_codecs[i], &lanes, &keyset, 0, all, 4);
		for (int j = 0; j < 4; j++)
			PROMISE(all[j].valid == valid);
	}
}

/* Takes the answer for the question: mints for what the input says, and checks that. */
static void round_trip(struct reading *r, struct screen_agreed *a, bool previous)
{
	const struct screen_cookie_key *key = previous ? &r->keys.previous : &r->keys.current;
	struct screen_agreed got;
	struct screen_cookie c;

	if (a->mss < SCREEN_MSS_MIN)
		a->mss = SCREEN_MSS_MIN;
	c = screen_cookie_mint(key, r->epoch - previous, &r->t, r->seq - 1, a);
	r->ack = c.isn + 1;
	r->tsecr = c.tsval;
	PROMISE(screen_cookie_check(&r->keys, r->epoch, &r->t, r->seq, r->ack, r->timestamps,
				    r->tsecr, &got) == SCREEN_COOKIE_VALID);
	codecs_agree(r, true);
	PROMISE(got.mss <= a->mss && got.timestamps == a->timestamps && got.sack == a->sack &&
		got.client_wscale == a->client_wscale && got.our_wscale == a->our_wscale &&
		got.ecn == a->ecn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, data + size };
	struct screen_agreed a;
	struct reading r;
	bool valid;

	read_input(&in, &r);
	valid = screen_cookie_check(&r.keys, r.epoch, &r.t, r.seq, r.ack, r.timestamps, r.tsecr,
				    &a) == SCREEN_COOKIE_VALID;
	codecs_agree(&r, valid);
	if (valid)
		PROMISE(is_minted(&r, &r.keys.current, r.epoch, &a) ||
			is_minted(&r, &r.keys.previous, r.epoch - 1, &a));
	a.mss = (uint16_t)fuzz_32(&in);
	round_trip(&r, &a, fuzz_8(&in) & 1);
	return 0;
}
