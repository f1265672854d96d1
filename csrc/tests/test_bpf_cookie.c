/*
 * Cookie v1 inside the kernel: the core's own headers, compiled for BPF and run by
 * BPF_PROG_TEST_RUN, against the known answers and against the host.
 */
#include "cookie_record.h"
#include "random.h"
#include "vector_rows.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "cookie.skel.h"

/* Lets the kernel work on a record. */
static void in_kernel(const struct cookie *program, struct cookie_record *r)
{
	static const uint8_t frame[64];
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = frame, .data_size_in = sizeof(frame));
	int map = bpf_map__fd(program->maps.records);
	uint32_t zero = 0;

	assert_int_equal(bpf_map_update_elem(map, &zero, r, BPF_ANY), 0);
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(program->progs.cookie), &o), 0);
	assert_int_equal(o.retval, XDP_PASS);
	assert_int_equal(bpf_map_lookup_elem(map, &zero, r), 0);
}

static void on_host(struct cookie_record *r)
{
	cookie_record_mint(r);
	cookie_record_check(r);
	cookie_record_safe_reset(r);
	cookie_record_check_safe_reset(r);
}

/* The SYN of a row, so many epochs later. The answers are not yet what any of them can be. */
static struct cookie_record record_of(const struct vector_row *row, uint64_t later)
{
	return (struct cookie_record){
		.tuple = row->tuple,
		.keys = vector_keys(row, later),
		.epoch = row->epoch + later,
		.client_isn = row->isn,
		.result = ~0u,
		.safe_reset_result = ~0u,
	};
}

static void echo(struct cookie_record *r, const struct screen_cookie *c, bool timestamps)
{
	r->seq = r->client_isn + 1;
	r->ack = c->isn + 1;
	r->timestamps = timestamps;
	r->tsecr = c->tsval;
}

static void assert_flipped(const struct cookie *program, const struct cookie_record *good)
{
	for (int bit = 0; bit < 32; bit++) {
		struct cookie_record r = *good;
		/* the MSS index is the one thing that is not authenticated */
		bool index = bit >= 24 && bit < 27;

		r.ack = ((good->ack - 1) ^ 1u << bit) + 1;
		in_kernel(program, &r);
		assert_int_equal(r.result, index ? SCREEN_COOKIE_VALID : SCREEN_COOKIE_INVALID);
		if (!good->timestamps)
			continue;
		r = *good;
		r.tsecr ^= 1u << bit;
		in_kernel(program, &r);
		assert_int_equal(r.result, SCREEN_COOKIE_INVALID);
	}
}

static void assert_vector(const struct cookie *program, const struct vectors *v)
{
	struct vector_cookie want = vector_cookie(v);

	for (uint64_t later = 0; later <= 2; later++) {
		struct cookie_record r = record_of(&want.row, later);

		r.offered = want.offered;
		echo(&r, &want.cookie, want.offered.timestamps);
		in_kernel(program, &r);
		if (later == 2) {
			assert_int_equal(r.result, SCREEN_COOKIE_INVALID);
			continue;
		}
		assert_int_equal(r.result, SCREEN_COOKIE_VALID);
		assert_agreed(&r.agreed, &want.agreed);
		assert_flipped(program, &r);
		if (later == 0) {
			assert_int_equal(r.minted.isn, want.cookie.isn);
			assert_int_equal(r.minted.tsval, want.cookie.tsval);
		}
	}
}

static struct cookie *load(void)
{
	struct cookie *program = cookie__open_and_load();

	assert_non_null(program);
	return program;
}

static void bpf_mints_and_checks_every_vector(void **state)
{
	struct cookie *program = load();
	struct vectors v;

	(void)state;
	vectors_open(&v, VECTORS_COOKIE);
	while (vectors_next(&v))
		assert_vector(program, &v);
	assert_int_equal(v.rows, VECTORS_COOKIE_ROWS);
	cookie__destroy(program);
}

static uint32_t check_reset(const struct cookie *program, const struct vector_row *row,
			    uint64_t later, uint32_t seq)
{
	struct cookie_record r = record_of(row, later);

	r.reset_seq = seq;
	in_kernel(program, &r);
	return r.safe_reset_result;
}

static void assert_safe_reset_vector(const struct cookie *program, const struct vectors *v)
{
	struct vector_safe_reset want = vector_safe_reset(v);
	struct cookie_record r = record_of(&want.row, 0);

	in_kernel(program, &r);
	assert_int_equal(r.safe_reset, want.value);
	/* the top bit is ignored: it is there for connection tracking on the way */
	for (uint32_t x = 0; x < 2; x++) {
		uint32_t value = want.value ^ x << 31;

		assert_int_equal(check_reset(program, &want.row, 0, value), SCREEN_COOKIE_VALID);
		assert_int_equal(check_reset(program, &want.row, 1, value), SCREEN_COOKIE_VALID);
		assert_int_equal(check_reset(program, &want.row, 2, value), SCREEN_COOKIE_INVALID);
	}
	for (int bit = 0; bit < 31; bit++)
		assert_int_equal(check_reset(program, &want.row, 0, want.value ^ 1u << bit),
				 SCREEN_COOKIE_INVALID);
}

static void bpf_mints_and_checks_every_safe_reset_vector(void **state)
{
	struct cookie *program = load();
	struct vectors v;

	(void)state;
	vectors_open(&v, VECTORS_SAFE_RESET);
	while (vectors_next(&v))
		assert_safe_reset_vector(program, &v);
	assert_int_equal(v.rows, VECTORS_SAFE_RESET_ROWS);
	cookie__destroy(program);
}

static struct screen_cookie_key random_key(struct random *r)
{
	return (struct screen_cookie_key){ random_64(r), random_64(r) };
}

static uint64_t random_epoch(struct random *r)
{
	return random_8(r) & 1 ? random_64(r) : random_edgy(r);
}

static struct cookie_record random_record(struct random *r)
{
	struct cookie_record record = {
		.keys = { random_key(r), random_key(r) },
		.epoch = random_epoch(r),
		.client_isn = random_edgy(r),
		.seq = random_edgy(r),
		.ack = random_edgy(r),
		.tsecr = random_edgy(r),
		.reset_seq = random_edgy(r),
		.timestamps = random_8(r) & 1,
		.offered = {
			.mss = (uint16_t)(SCREEN_MSS_MIN + random_below(r, 9000)),
			.client_wscale = (uint8_t)random_below(r, 16),
			.our_wscale = (uint8_t)random_below(r, 16),
			.timestamps = random_8(r) & 1,
			.sack = random_8(r) & 1,
			.ecn = random_8(r) & 1,
		},
	};

	record.tuple.family = random_8(r) & 1 ? 4 : 6;
	random_bytes(r, record.tuple.source, record.tuple.family == 4 ? 4 : 16);
	random_bytes(r, record.tuple.destination, record.tuple.family == 4 ? 4 : 16);
	record.tuple.sport = (uint16_t)random_32(r);
	record.tuple.dport = (uint16_t)random_32(r);
	return record;
}

/* Makes most of what is checked nearly right: of this epoch or the one before, some with a bit
 * wrong. Chance alone would never be right. */
static void nearly_right(struct random *r, struct cookie_record *record)
{
	bool before = random_8(r) & 1;
	uint64_t epoch = record->epoch - before;
	const struct screen_cookie_key *key = before ? &record->keys.previous :
						       &record->keys.current;
	struct screen_cookie c = screen_cookie_mint(key, epoch, &record->tuple, record->client_isn,
						    &record->offered);

	if (random_below(r, 4) == 0)
		return;
	echo(record, &c, record->offered.timestamps);
	record->reset_seq = screen_cookie_safe_reset(key, epoch, &record->tuple,
						     record->client_isn);
	if (random_8(r) & 1)
		return;
	record->ack ^= 1u << random_below(r, 32);
	record->tsecr ^= 1u << random_below(r, 32);
	record->reset_seq ^= 1u << random_below(r, 32);
}

static void assert_same(const struct cookie_record *kernel, const struct cookie_record *host)
{
	assert_int_equal(kernel->minted.isn, host->minted.isn);
	assert_int_equal(kernel->minted.tsval, host->minted.tsval);
	assert_int_equal(kernel->result, host->result);
	assert_agreed(&kernel->agreed, &host->agreed);
	assert_int_equal(kernel->safe_reset, host->safe_reset);
	assert_int_equal(kernel->safe_reset_result, host->safe_reset_result);
}

static void bpf_and_host_agree_on_random_inputs(void **state)
{
	struct cookie *program = load();
	struct random r = random_seeded();
	int valid = 0, valid_resets = 0, inputs = 20000;

	(void)state;
	for (int i = 0; i < inputs; i++) {
		struct cookie_record host = random_record(&r), kernel;

		nearly_right(&r, &host);
		kernel = host;
		on_host(&host);
		in_kernel(program, &kernel);
		assert_same(&kernel, &host);
		valid += kernel.result == SCREEN_COOKIE_VALID;
		valid_resets += kernel.safe_reset_result == SCREEN_COOKIE_VALID;
	}
	print_message("%d inputs: %d valid cookies, %d valid resets\n", inputs, valid,
		      valid_resets);
	assert_in_range(valid, inputs / 4, inputs * 3 / 4);
	assert_in_range(valid_resets, inputs / 4, inputs * 3 / 4);
	cookie__destroy(program);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bpf_mints_and_checks_every_vector),
		cmocka_unit_test(bpf_mints_and_checks_every_safe_reset_vector),
		cmocka_unit_test(bpf_and_host_agree_on_random_inputs),
	};

	if (sodium_init() < 0)
		return 1;
	return RUN(tests);
}
