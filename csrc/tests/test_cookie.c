/*
 * Cookie v1 against its known answers, libsodium, and every single-bit change.
 */
#include "random.h"
#include "vector_rows.h"

static const uint8_t master[32] = "0123456789abcdef0123456789abcdef";

static const struct screen_agreed plain = {
	.mss = 1460, .client_wscale = SCREEN_WSCALE_NONE, .our_wscale = SCREEN_WSCALE_NONE,
};
static const struct screen_agreed full = {
	.mss = 1460, .client_wscale = 7, .our_wscale = 10, .timestamps = true, .sack = true,
};

static struct screen_tuple tuple(uint8_t family)
{
	struct screen_tuple t = { .sport = 40000, .dport = 443, .family = family };

	memset(t.source, 0xc6, family == 4 ? 4 : 16);
	memset(t.destination, 0xcb, family == 4 ? 4 : 16);
	return t;
}

/* Checks an ACK that echoes cookie to a SYN with ISN isn. */
static enum screen_cookie_result check(const struct screen_zone_keys *keys, uint64_t epoch,
				       const struct screen_tuple *t, uint32_t isn,
				       struct screen_cookie cookie, bool timestamps,
				       struct screen_agreed *a)
{
	return screen_cookie_check(keys, epoch, t, isn + 1, cookie.isn + 1, timestamps,
				   cookie.tsval, a);
}

static void syn_cookie_mint_validate_roundtrip(void **state)
{
	struct random r = random_seeded();

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct screen_tuple t = tuple(i & 1 ? 4 : 6);
		uint64_t epoch = random_64(&r);
		struct screen_zone_keys keys = keys_of(master, "untrust", epoch);
		struct screen_agreed a = plain, got;
		uint32_t isn = random_32(&r), mss = SCREEN_MSS_MIN + random_below(&r, 9000);
		struct screen_cookie c;

		random_bytes(&r, t.source, t.family == 4 ? 4 : 16);
		random_bytes(&r, t.destination, t.family == 4 ? 4 : 16);
		t.sport = (uint16_t)random_32(&r);
		t.dport = (uint16_t)random_32(&r);
		a.timestamps = random_8(&r) & 1;
		if (a.timestamps) {
			a.sack = random_8(&r) & 1;
			a.ecn = random_8(&r) & 1;
			if (random_8(&r) & 1) {
				a.client_wscale = (uint8_t)random_below(&r, 15);
				a.our_wscale = (uint8_t)random_below(&r, 15);
			}
		}
		a.mss = (uint16_t)mss;
		c = screen_cookie_mint(&keys.current, epoch, &t, isn, &a);
		assert_int_equal(check(&keys, epoch, &t, isn, c, a.timestamps, &got),
				 SCREEN_COOKIE_VALID);
		assert_true(got.mss <= mss);
		a.mss = screen_cookie_mss(t.family, screen_cookie_mss_index(t.family, a.mss));
		assert_agreed(&got, &a);
	}
}

/* Flips each bit of the byte string and expects that the cookie does not check any more. */
static void each_bit(const struct screen_zone_keys *keys, uint64_t epoch, struct screen_tuple *t,
		     uint32_t isn, struct screen_cookie c, bool timestamps, void *field,
		     size_t size)
{
	uint8_t *bytes = field;
	struct screen_agreed a;

	for (size_t bit = 0; bit < size * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(check(keys, epoch, t, isn, c, timestamps, &a),
				 SCREEN_COOKIE_INVALID);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(check(keys, epoch, t, isn, c, timestamps, &a), SCREEN_COOKIE_VALID);
}

static void rejects_modified(uint8_t family, const struct screen_agreed *agreed)
{
	uint64_t epoch = 41;
	uint32_t isn = 0x11223344;
	size_t size = family == 4 ? 4 : 16;
	struct screen_zone_keys keys = keys_of(master, "untrust", epoch);
	struct screen_tuple t = tuple(family);
	struct screen_agreed a;
	struct screen_cookie c = screen_cookie_mint(&keys.current, epoch, &t, isn, agreed), bad;

	each_bit(&keys, epoch, &t, isn, c, agreed->timestamps, t.source, size);
	each_bit(&keys, epoch, &t, isn, c, agreed->timestamps, t.destination, size);
	each_bit(&keys, epoch, &t, isn, c, agreed->timestamps, &t.sport, 2);
	each_bit(&keys, epoch, &t, isn, c, agreed->timestamps, &t.dport, 2);
	for (int bit = 0; bit < 32; bit++) {
		assert_int_equal(check(&keys, epoch, &t, isn ^ 1u << bit, c, agreed->timestamps,
				       &a),
				 SCREEN_COOKIE_INVALID);
		bad = c;
		bad.isn ^= 1u << bit;
		/* the MSS index is the one thing that is not authenticated */
		assert_int_equal(check(&keys, epoch, &t, isn, bad, agreed->timestamps, &a),
				 bit >= 24 && bit < 27 ? SCREEN_COOKIE_VALID :
							 SCREEN_COOKIE_INVALID);
		bad = c;
		bad.tsval ^= 1u << bit;
		if (agreed->timestamps)
			assert_int_equal(check(&keys, epoch, &t, isn, bad, true, &a),
					 SCREEN_COOKIE_INVALID);
	}
	/* leaving the timestamps out, or adding some, is another agreement */
	assert_int_equal(check(&keys, epoch, &t, isn, c, !agreed->timestamps, &a),
			 SCREEN_COOKIE_INVALID);
	keys = keys_of(master, "dmz", epoch);
	assert_int_equal(check(&keys, epoch, &t, isn, c, agreed->timestamps, &a),
			 SCREEN_COOKIE_INVALID);
}

static void syn_cookie_validate_rejects_modified_tuple(void **state)
{
	(void)state;
	rejects_modified(4, &plain);
	rejects_modified(4, &full);
	rejects_modified(6, &plain);
	rejects_modified(6, &full);
}

static void syn_cookie_validate_rejects_swapped_ends(void **state)
{
	struct screen_zone_keys keys = keys_of(master, "untrust", 41);
	struct screen_tuple t = tuple(4), swapped = t;
	struct screen_cookie c = screen_cookie_mint(&keys.current, 41, &t, 1, &plain);
	struct screen_agreed a;

	(void)state;
	memcpy(swapped.source, t.destination, 16);
	memcpy(swapped.destination, t.source, 16);
	assert_int_equal(check(&keys, 41, &swapped, 1, c, false, &a), SCREEN_COOKIE_INVALID);
	swapped = t;
	swapped.sport = t.dport;
	swapped.dport = t.sport;
	assert_int_equal(check(&keys, 41, &swapped, 1, c, false, &a), SCREEN_COOKIE_INVALID);
}

static void syn_cookie_epoch_low_bits_wrap_rejects_32_epoch_old_cookie(void **state)
{
	static const uint64_t epochs[] = { 0, 9, 41, 0xffffffffULL, 1ULL << 33, (1ULL << 48) - 1 };
	struct screen_tuple t = tuple(4);
	struct screen_agreed a;

	(void)state;
	for (size_t i = 0; i < sizeof(epochs) / sizeof(epochs[0]); i++) {
		uint64_t old = epochs[i];
		struct screen_zone_keys then = keys_of(master, "untrust", old);
		struct screen_cookie c = screen_cookie_mint(&then.current, old, &t, 7, &full);

		for (uint64_t age = 31; age <= 33; age++) {
			struct screen_zone_keys now = keys_of(master, "untrust", old + age);

			/* the epoch in the MAC input rejects it even under the old key ... */
			assert_int_equal(check(&then, old + age, &t, 7, c, true, &a),
					 SCREEN_COOKIE_INVALID);
			assert_int_equal(check(&now, old + age, &t, 7, c, true, &a),
					 SCREEN_COOKIE_INVALID);
		}
		/* ... and the key rejects it even with the old epoch in the input */
		then = keys_of(master, "untrust", old + 32);
		assert_int_equal(check(&then, old, &t, 7, c, true, &a), SCREEN_COOKIE_INVALID);
	}
}

static void syn_cookie_validation_tries_current_and_previous_full_epoch(void **state)
{
	struct screen_tuple t = tuple(6);
	struct screen_agreed a;

	(void)state;
	for (uint64_t minted = 95; minted < 130; minted++) {
		struct screen_zone_keys then = keys_of(master, "untrust", minted);
		struct screen_cookie c = screen_cookie_mint(&then.current, minted, &t, 7, &plain);

		for (uint64_t now = minted - 2; now <= minted + 3; now++) {
			struct screen_zone_keys keys = keys_of(master, "untrust", now);
			bool fresh = now == minted || now == minted + 1;

			assert_int_equal(check(&keys, now, &t, 7, c, false, &a),
					 fresh ? SCREEN_COOKIE_VALID : SCREEN_COOKIE_INVALID);
		}
	}
}

static void assert_vector_keys(const struct vector_cookie *want)
{
	const struct vector_row *row = &want->row;
	uint8_t zone_key[32], epoch_key[16];

	key_bytes(row->master, row->zone, row->epoch, zone_key, epoch_key);
	assert_memory_equal(zone_key, want->zone_key, 32);
	assert_memory_equal(epoch_key, want->epoch_key, 16);
}

static void assert_vector(const struct vectors *v)
{
	struct vector_cookie want = vector_cookie(v);
	const struct screen_tuple *t = &want.row.tuple;
	const struct screen_agreed *a = &want.offered;
	uint64_t epoch = want.row.epoch;
	uint32_t isn = want.row.isn;
	struct screen_zone_keys keys = vector_keys(&want.row, 0), later = vector_keys(&want.row, 1);
	struct screen_agreed got;
	struct screen_cookie c;

	assert_vector_keys(&want);
	assert_int_equal(screen_cookie_agreed(a), want.agreed_bits);
	assert_int_equal(screen_cookie_mss_index(t->family, a->mss), want.mss_index);
	c = screen_cookie_mint(&keys.current, epoch, t, isn, a);
	assert_int_equal(c.isn, want.cookie.isn);
	assert_int_equal(c.tsval, want.cookie.tsval);
	assert_int_equal(check(&keys, epoch, t, isn, c, a->timestamps, &got), SCREEN_COOKIE_VALID);
	assert_agreed(&got, &want.agreed);
	assert_int_equal(check(&later, epoch + 1, t, isn, c, a->timestamps, &got),
			 SCREEN_COOKIE_VALID);
	assert_agreed(&got, &want.agreed);
}

static void syn_cookie_vectors_mint_and_check(void **state)
{
	struct vectors v;

	(void)state;
	vectors_open(&v, VECTORS_COOKIE);
	while (vectors_next(&v))
		assert_vector(&v);
	assert_int_equal(v.rows, VECTORS_COOKIE_ROWS);
}

static void assert_safe_reset_vector(const struct vectors *v)
{
	struct vector_safe_reset want = vector_safe_reset(v);
	struct screen_zone_keys keys = vector_keys(&want.row, 0), later = vector_keys(&want.row, 1);
	struct screen_zone_keys stale = vector_keys(&want.row, 2);
	struct screen_tuple t = want.row.tuple;
	uint64_t epoch = want.row.epoch;
	uint32_t isn = want.row.isn, value;

	value = screen_cookie_safe_reset(&keys.current, epoch, &t, isn);
	assert_int_equal(value, want.value);
	/* below the ISN, so that connection tracking lets it pass; never the right one */
	assert_true((int32_t)(value - isn) < 0);
	assert_int_equal(screen_cookie_check_safe_reset(&keys, epoch, &t, value),
			 SCREEN_COOKIE_VALID);
	assert_int_equal(screen_cookie_check_safe_reset(&later, epoch + 1, &t, value ^ 1u << 31),
			 SCREEN_COOKIE_VALID);
	assert_int_equal(screen_cookie_check_safe_reset(&stale, epoch + 2, &t, value),
			 SCREEN_COOKIE_INVALID);
	for (int bit = 0; bit < 31; bit++)
		assert_int_equal(screen_cookie_check_safe_reset(&keys, epoch, &t,
								value ^ 1u << bit),
				 SCREEN_COOKIE_INVALID);
	t.sport ^= 1;
	assert_int_equal(screen_cookie_check_safe_reset(&keys, epoch, &t, value),
			 SCREEN_COOKIE_INVALID);
}

static void syn_cookie_safe_reset_vectors_mint_and_check(void **state)
{
	struct vectors v;

	(void)state;
	vectors_open(&v, VECTORS_SAFE_RESET);
	while (vectors_next(&v))
		assert_safe_reset_vector(&v);
	assert_int_equal(v.rows, VECTORS_SAFE_RESET_ROWS);
}

static void syn_cookie_mss_rounds_down_in_both_families(void **state)
{
	static const uint16_t table[2][8] = {
		{ 216, 536, 1200, 1340, 1400, 1440, 1460, 8960 },
		{ 216, 1220, 1300, 1360, 1400, 1420, 1440, 8940 },
	};

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint8_t family = i ? 6 : 4;
		uint32_t want = 0;

		for (uint32_t mss = SCREEN_MSS_MIN; mss <= 0xffff; mss++) {
			if (want < 7 && table[i][want + 1] == mss)
				want++;
			assert_int_equal(screen_cookie_mss_index(family, (uint16_t)mss), want);
		}
		for (uint32_t j = 0; j < 8; j++)
			assert_int_equal(screen_cookie_mss(family, j), table[i][j]);
	}
}

static void siphash_equals_libsodium(void **state)
{
	struct random r = random_seeded();

	(void)state;
	assert_int_equal(crypto_shorthash_KEYBYTES, 16);
	for (int i = 0; i < 1000000; i++) {
		uint32_t words = i & 1 ? 3 : 6;
		uint64_t in[6], key[2] = { random_64(&r), random_64(&r) };
		uint8_t want[8];

		for (uint32_t j = 0; j < words; j++)
			in[j] = random_64(&r);
		crypto_shorthash(want, (const uint8_t *)in, words * 8, (const uint8_t *)key);
		if (screen_siphash_words(key[0], key[1], in, words) != screen_load_le64(want))
			fail_msg("input %d of %u words", i, words);
	}
}

/* Against CPython 3.11's hash() of bytes 0, 1, 2, ... under PYTHONHASHSEED=0, whose key is zero. */
static void siphash13_has_known_answers(void **state)
{
	static const struct { uint32_t words; uint64_t hash; } known[] = {
		{ 1, 0xead411e67ebe2eea }, { 3, 0x31185a47af932f3a }, { 6, 0xfe1f2445ba50237f },
	};
	uint8_t bytes[48];
	uint64_t in[6];

	(void)state;
	for (uint8_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	memcpy(in, bytes, sizeof(in));
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_true(screen_siphash13_words(0, 0, in, known[i].words) == known[i].hash);
}

/* The MAC's input, byte by byte as the specification writes it. */
static void syn_cookie_mac_input_is_as_specified(void **state)
{
	struct random r = random_seeded();

	(void)state;
	for (int i = 0; i < 10000; i++) {
		struct screen_tuple t = tuple(i & 1 ? 4 : 6);
		size_t size = t.family == 4 ? 4 : 16, at = 2 * size;
		uint64_t epoch = random_64(&r), key[2] = { random_64(&r), random_64(&r) };
		struct screen_cookie_key k = { key[0], key[1] };
		uint32_t isn = random_32(&r);
		uint16_t agreed = (uint16_t)random_32(&r);
		uint8_t in[48], want[8];

		random_bytes(&r, t.source, size);
		random_bytes(&r, t.destination, size);
		memcpy(in, t.source, size);
		memcpy(in + size, t.destination, size);
		screen_store_be16(in + at, t.sport);
		screen_store_be16(in + at + 2, t.dport);
		screen_store_be32(in + at + 4, isn);
		for (size_t j = 0; j < 6; j++)
			in[at + 8 + j] = (uint8_t)(epoch >> (40 - 8 * j));
		screen_store_be16(in + at + 14, agreed);
		crypto_shorthash(want, in, at + 16, (const uint8_t *)key);
		assert_true(screen_cookie_mac(&k, &t, isn, epoch, agreed) ==
			    screen_load_le64(want));
	}
}

/* With a wrong cookie an attacker gets in by chance once in 2^28: none of 2^20 may. */
static void syn_cookie_random_acks_are_invalid(void **state)
{
	struct random r = random_seeded();
	struct screen_zone_keys keys = keys_of(master, "untrust", 41);
	struct screen_tuple t = tuple(4);
	struct screen_agreed a;
	int valid = 0;

	(void)state;
	for (int i = 0; i < 1 << 20; i++) {
		struct screen_cookie c = { random_32(&r), random_32(&r) };

		valid += check(&keys, 41, &t, random_32(&r), c, i & 1, &a) == SCREEN_COOKIE_VALID;
	}
	assert_in_range(valid, 0, 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syn_cookie_mint_validate_roundtrip),
		cmocka_unit_test(syn_cookie_validate_rejects_modified_tuple),
		cmocka_unit_test(syn_cookie_validate_rejects_swapped_ends),
		cmocka_unit_test(syn_cookie_epoch_low_bits_wrap_rejects_32_epoch_old_cookie),
		cmocka_unit_test(syn_cookie_validation_tries_current_and_previous_full_epoch),
		cmocka_unit_test(syn_cookie_vectors_mint_and_check),
		cmocka_unit_test(syn_cookie_safe_reset_vectors_mint_and_check),
		cmocka_unit_test(syn_cookie_mss_rounds_down_in_both_families),
		cmocka_unit_test(siphash_equals_libsodium),
		cmocka_unit_test(siphash13_has_known_answers),
		cmocka_unit_test(syn_cookie_mac_input_is_as_specified),
		cmocka_unit_test(syn_cookie_random_acks_are_invalid),
	};

	if (sodium_init() < 0)
		return 1;
	return RUN(tests);
}
