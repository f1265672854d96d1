/*
 * The batch codec: each way to compute MACs against libsodium and against the scalar cookie.h, for
 * every length of a burst; what it mints checks, what was forged does not.
 */
#include "random.h"
#include "vectors.h"

#include "codec.h"
#include "forge.h"

static const uint8_t master[32] = "0123456789abcdef0123456789abcdef";

static struct screen_lanes lanes;
static struct screen_mint mints[SCREEN_CODEC_BURST];
static struct screen_check checks[SCREEN_CODEC_BURST];

static struct screen_keyset keyset_of(uint64_t epoch)
{
	struct screen_keyset k = { .check_epoch = epoch, .mint_epoch = epoch, .zones = 2 };

	k.zone[0] = keys_of(master, "untrust", epoch);
	k.zone[1] = keys_of(master, "dmz", epoch);
	return k;
}

static void hash_equals_libsodium(const struct screen_codec *codec, struct random *r,
				  uint32_t words, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		lanes.k0[i] = random_64(r);
		lanes.k1[i] = random_64(r);
		for (uint32_t j = 0; j < words; j++)
			lanes.word[j][i] = random_64(r);
	}
	codec->hash(&lanes, words, count);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t key[2] = { lanes.k0[i], lanes.k1[i] }, in[6];
		uint8_t want[8];

		for (uint32_t j = 0; j < words; j++)
			in[j] = lanes.word[j][i];
		crypto_shorthash(want, (const uint8_t *)in, words * 8, (const uint8_t *)key);
		if (lanes.mac[i] != screen_load_le64(want))
			fail_msg("%s: lane %u of %u, %u words", codec->name, i, count, words);
	}
}

static void codec_hashes_equal_libsodium_on_a_million_inputs(void **state)
{
	struct random r = random_seeded();

	(void)state;
	for (int c = 0; c < SCREEN_CODECS; c++) {
		uint32_t inputs = 0;

		if (!screen_codecs[c].available()) {
			print_message("%s: this processor does not have it\n",
				      screen_codecs[c].name);
			continue;
		}
		while (inputs < 1000000) {
			uint32_t count = 1 + random_below(&r, SCREEN_LANES);

			hash_equals_libsodium(&screen_codecs[c], &r, inputs & 1 ? 3 : 6, count);
			inputs += count;
		}
		print_message("%s: %u inputs\n", screen_codecs[c].name, inputs);
	}
}

static void codec_best_is_available(void **state)
{
	(void)state;
	assert_true(screen_codec_best()->available());
	assert_true(screen_codecs[SCREEN_CODECS - 1].available());
}

static struct screen_agreed random_agreed(struct random *r)
{
	struct screen_agreed a = {
		.mss = (uint16_t)(SCREEN_MSS_MIN + random_below(r, 9000)),
		.client_wscale = SCREEN_WSCALE_NONE, .our_wscale = SCREEN_WSCALE_NONE,
		.timestamps = random_8(r) & 1,
	};

	if (!a.timestamps)
		return a;
	a.sack = random_8(r) & 1;
	a.ecn = random_8(r) & 1;
	if (random_8(r) & 1) {
		a.client_wscale = (uint8_t)random_below(r, 15);
		a.our_wscale = (uint8_t)random_below(r, 15);
	}
	return a;
}

static struct screen_tuple random_tuple(struct random *r)
{
	struct screen_tuple t = { .sport = (uint16_t)random_32(r), .dport = (uint16_t)random_32(r),
				  .family = random_8(r) & 1 ? 4 : 6 };

	random_bytes(r, t.source, t.family == 4 ? 4 : 16);
	random_bytes(r, t.destination, t.family == 4 ? 4 : 16);
	return t;
}

static void mint_burst(const struct screen_codec *codec, const struct screen_keyset *k,
		       struct random *r, uint32_t zone, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		mints[i] = (struct screen_mint){ .tuple = random_tuple(r),
						 .client_isn = random_32(r),
						 .agreed = random_agreed(r) };
	screen_codec_mint(codec, &lanes, k, zone, mints, count);
}

/* Flips a bit of a segment that its cookie must not survive. */
static void flip(struct screen_check *c, struct random *r)
{
	uint32_t bit = random_below(r, c->timestamps ? 3 * 32 : 2 * 32);
	uint32_t isn = c->ack - 1;

	if (bit < 32)
		c->seq ^= 1u << bit;
	else if (bit >= 64)
		c->tsecr ^= 1u << bit % 32;
	else /* but not of the MSS index, which nobody authenticates */
		c->ack = (isn ^ 1u << (bit % 32 >= 24 && bit % 32 < 27 ? 0 : bit % 32)) + 1;
}

/* The ACKs that answer what was minted; some with a flipped bit, as spoil says. */
static void answer_burst(uint32_t count, uint64_t spoil, struct random *r)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct screen_mint *m = &mints[i];

		checks[i] = (struct screen_check){ .tuple = m->tuple, .seq = m->client_isn + 1,
						   .ack = m->cookie.isn + 1,
						   .tsecr = m->cookie.tsval,
						   .timestamps = m->agreed.timestamps };
		if (spoil >> i & 1)
			flip(&checks[i], r);
	}
}

static void assert_same_as_scalar(const struct screen_keyset *k, uint32_t zone, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct screen_check *c = &checks[i];
		struct screen_agreed a;
		bool valid = screen_cookie_check(&k->zone[zone], k->check_epoch, &c->tuple, c->seq,
						 c->ack, c->timestamps, c->tsecr,
						 &a) == SCREEN_COOKIE_VALID;

		assert_int_equal(c->valid, valid);
		if (!valid)
			continue;
		assert_int_equal(c->agreed.mss, a.mss);
		assert_int_equal(c->agreed.client_wscale, a.client_wscale);
		assert_int_equal(c->agreed.our_wscale, a.our_wscale);
		assert_int_equal(c->agreed.timestamps, a.timestamps);
		assert_int_equal(c->agreed.sack, a.sack);
		assert_int_equal(c->agreed.ecn, a.ecn);
	}
}

static void one_burst(const struct screen_codec *codec, struct random *r, uint32_t count)
{
	uint64_t epoch = random_64(r), spoil = random_64(r) & random_64(r);
	struct screen_keyset k = keyset_of(epoch);
	uint32_t zone = random_8(r) & 1;

	mint_burst(codec, &k, r, zone, count);
	for (uint32_t i = 0; i < count; i++) {
		struct screen_cookie c = screen_cookie_mint(&k.zone[zone].current, epoch,
							    &mints[i].tuple, mints[i].client_isn,
							    &mints[i].agreed);

		assert_int_equal(mints[i].cookie.isn, c.isn);
		assert_int_equal(mints[i].cookie.tsval, c.tsval);
	}
	for (uint64_t age = 0; age <= 2; age++) {
		k = keyset_of(epoch + age);
		answer_burst(count, spoil, r);
		screen_codec_check(codec, &lanes, &k, zone, checks, count);
		assert_same_as_scalar(&k, zone, count);
		for (uint32_t i = 0; i < count; i++) {
			assert_int_equal(checks[i].valid, age < 2 && !(spoil >> i & 1));
			if (checks[i].valid)
				assert_true(checks[i].epoch == epoch);
		}
	}
}

static void codec_bursts_equal_the_scalar_cookie(void **state)
{
	struct random r = random_seeded();

	(void)state;
	for (int c = 0; c < SCREEN_CODECS; c++)
		for (uint32_t i = 0; screen_codecs[c].available() && i < 300; i++)
			one_burst(&screen_codecs[c], &r, 1 + i % SCREEN_CODEC_BURST);
}

/* Whether the last burst minted is valid under a keyset. */
static bool burst_valid(const struct screen_codec *codec, const struct screen_keyset *k)
{
	uint32_t valid = 0;

	answer_burst(SCREEN_CODEC_BURST, 0, NULL);
	screen_codec_check(codec, &lanes, k, 0, checks, SCREEN_CODEC_BURST);
	for (int i = 0; i < SCREEN_CODEC_BURST; i++)
		valid += checks[i].valid;
	assert_true(valid == 0 || valid == SCREEN_CODEC_BURST);
	return valid;
}

static void syn_cookie_validate_rejects_stale_secret(void **state)
{
	static const uint8_t other[32] = "another one!!!!!another one!!!!!";
	struct random r = random_seeded();
	struct screen_keyset k = keyset_of(41), now;

	(void)state;
	for (int c = 0; c < SCREEN_CODECS; c++) {
		const struct screen_codec *codec = &screen_codecs[c];

		if (!codec->available())
			continue;
		mint_burst(codec, &k, &r, 0, SCREEN_CODEC_BURST);
		for (uint64_t epoch = 41; epoch < 41 + 70; epoch++) {
			now = keyset_of(epoch);
			assert_int_equal(burst_valid(codec, &now), epoch <= 42);
		}
		/* the right epochs, but keys of earlier and later ones, and of another master */
		now = keyset_of(41);
		now.zone[0] = keys_of(master, "untrust", 43);
		assert_false(burst_valid(codec, &now));
		now.zone[0] = keys_of(master, "untrust", 39);
		assert_false(burst_valid(codec, &now));
		now.zone[0] = keys_of(other, "untrust", 41);
		assert_false(burst_valid(codec, &now));
		/* as the keys of the one that is only accepted: until they are forgotten */
		now.other_epoch = 42;
		now.other[0] = keys_of(master, "untrust", 42);
		assert_false(burst_valid(codec, &now));
		now.accepts_other = true;
		assert_true(burst_valid(codec, &now));
		now.other_epoch = 43;
		now.other[0] = keys_of(master, "untrust", 43);
		assert_false(burst_valid(codec, &now));
	}
}

/* What is minted for an MSS is read back as the largest table entry that is not above it, whoever
 * mints and whoever reads. */
static void syn_cookie_mss_index_encoding_parity(void **state)
{
	struct random r = random_seeded();
	struct screen_keyset k = keyset_of(41);

	(void)state;
	for (uint32_t mss = SCREEN_MSS_MIN; mss <= 9100; mss++) {
		const struct screen_codec *minter = &screen_codecs[mss % SCREEN_CODECS];
		const struct screen_codec *reader = &screen_codecs[mss / 3 % SCREEN_CODECS];

		minter = minter->available() ? minter : screen_codec_best();
		reader = reader->available() ? reader : screen_codec_best();
		for (uint32_t i = 0; i < 4; i++) {
			mints[i] = (struct screen_mint){ .tuple = random_tuple(&r),
							 .client_isn = random_32(&r),
							 .agreed = random_agreed(&r) };
			mints[i].tuple.family = i & 1 ? 4 : 6;
			mints[i].agreed.mss = (uint16_t)mss;
		}
		screen_codec_mint(minter, &lanes, &k, 0, mints, 4);
		answer_burst(4, 0, NULL);
		screen_codec_check(reader, &lanes, &k, 0, checks, 4);
		for (uint32_t i = 0; i < 4; i++) {
			uint8_t family = checks[i].tuple.family;
			uint32_t index = screen_cookie_mss_index(family, (uint16_t)mss);

			assert_true(checks[i].valid);
			assert_int_equal(checks[i].agreed.mss, screen_cookie_mss(family, index));
			assert_true(checks[i].agreed.mss <= mss);
			assert_true(index == 7 || screen_cookie_mss(family, index + 1) > mss);
		}
	}
}

/* 2^20 random ACKs with 16 bits of the comparison left out: 2^-12 each, so 256 are expected. Fewer than
 * 190 or more than 330 are more than four standard deviations away. With timestamps their 22 bits are
 * left out too: an attacker may leave them out. */
static void forged(bool timestamps)
{
	struct random r = random_seeded();
	struct forge f = { .keyset = keyset_of(41), .timestamps = timestamps };
	struct screen_codec weak = *screen_codec_best();
	uint64_t passed;

	weak.compared = 0xffff0000;
	passed = forge_acks(&f, &weak, 1 << 20, random_64(&r));
	print_message("%llu of 2^20 passed\n", (unsigned long long)passed);
	assert_in_range(passed, 190, 330);
	/* and none with all bits compared, but for one chance in 256 */
	passed = forge_acks(&f, screen_codec_best(), 1 << 20, random_64(&r));
	assert_in_range(passed, 0, 1);
}

static void syn_cookie_forgery_odds_without_timestamps(void **state)
{
	(void)state;
	forged(false);
}

static void syn_cookie_forgery_odds_with_timestamps(void **state)
{
	(void)state;
	forged(true);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codec_hashes_equal_libsodium_on_a_million_inputs),
		cmocka_unit_test(codec_best_is_available),
		cmocka_unit_test(codec_bursts_equal_the_scalar_cookie),
		cmocka_unit_test(syn_cookie_validate_rejects_stale_secret),
		cmocka_unit_test(syn_cookie_mss_index_encoding_parity),
		cmocka_unit_test(syn_cookie_forgery_odds_without_timestamps),
		cmocka_unit_test(syn_cookie_forgery_odds_with_timestamps),
	};

	return RUN(tests);
}
