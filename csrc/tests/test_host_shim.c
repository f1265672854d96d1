/*
 * The XDP program of host ports in the kernel, run frame by frame: what it leaves to the kernel, what it
 * drops, and what it would hand to the engine, which has no sockets here (then it counts it as punted).
 */
#include "run.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "frame.h"
#include "host.skel.h"
#include "hostmaps.h"
#include "engine_of.h"

enum { MANY = 1000, FEW = 64, /* a second */ VLAN = 100,
       HIDING = 5 };

struct shim {
	struct host *host;
	struct screen_meters *meters;
	struct screen_validated *validated;
	struct screen_shim_control *control;
	int listener;
	uint16_t port;
};

static void *mapped(const struct bpf_map *map, size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	return memory;
}

static void listen_somewhere(struct shim *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);

	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&at, size), 0);
	assert_int_equal(listen(s->listener, 1), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&at, &size), 0);
	s->port = ntohs(at.sin_port);
}

/* Where nobody is validated, few pass of what the kernel could not admit. */
static void set_policy(struct shim *s, enum screen_activation activation, bool refuses)
{
	const struct screen_host_policy policy = {
		.zone[0] = { .act = SCREEN_HOST_CHALLENGE, .activation = (uint8_t)activation,
			     .admission = SCREEN_ADMISSION_KERNEL, .validates = !refuses, .refuses = refuses,
			     .attack_threshold = 1000 },
	};

	assert_int_equal(screen_hostmaps_swap(bpf_map__fd(s->host->maps.policies), &policy,
					      sizeof(policy)), 0);
}

static void begin(struct shim *s, enum screen_activation activation)
{
	s->host = host__open_and_load();
	assert_non_null(s->host);
	s->meters = mapped(s->host->maps.meters, sizeof(*s->meters));
	s->validated = mapped(s->host->maps.validated, sizeof(*s->validated));
	s->control = mapped(s->host->maps.control, sizeof(*s->control));
	s->control->mode = SCREEN_SHIM_ENGINE;
	s->control->queues = 1;
	s->control->beat[0] = screen_now_ns() + 60000000000ull; /* of a test that is stopped, too */
	listen_somewhere(s);
	set_policy(s, activation, false);
}

static void end(struct shim *s)
{
	munmap(s->meters, sizeof(*s->meters));
	munmap(s->validated, sizeof(*s->validated));
	munmap(s->control, sizeof(*s->control));
	close(s->listener);
	host__destroy(s->host);
}

static struct frame_spec syn_to(const struct shim *s, uint8_t family)
{
	struct frame_spec f = { .family = family, .ttl = 64, .flags = SCREEN_TCP_SYN, .sport = 1024,
				.dport = s->port, .seq = 7, .window = 1000 };

	if (family == 4) {
		memcpy(f.source, (uint8_t[]){ 127, 0, 0, 9 }, 4);
		memcpy(f.destination, (uint8_t[]){ 127, 0, 0, 1 }, 4);
	} else {
		f.source[15] = 9;
		f.destination[15] = 1;
	}
	return f;
}

static uint32_t run(const struct shim *s, uint8_t *data, uint32_t length)
{
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = data, .data_size_in = length, .repeat = 1);

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(s->host->progs.screen_host), &o), 0);
	return o.retval;
}

static uint64_t counted(const struct shim *s, uint32_t counter)
{
	uint64_t *values = calloc((size_t)libbpf_num_possible_cpus(), sizeof(*values)), sum = 0;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(s->host->maps.counters), &counter, values), 0);
	for (int i = 0; i < libbpf_num_possible_cpus(); i++)
		sum += values[i];
	free(values);
	return sum;
}

/* How many of `count` frames like this are passed. */
static uint32_t passed(const struct shim *s, const struct frame_spec *f, uint32_t count)
{
	uint8_t data[FRAME_MAX];
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++)
		n += run(s, data, frame_build(data, f)) == XDP_PASS;
	return n;
}

static void flood(struct shim *s)
{
	/* for as long as the test runs */
	atomic_store(&s->meters->zone[0].flood_last_ns, screen_now_ns() + 60000000000ull);
}

/* Frames of which the kernel makes a SYN. */
static void hiding(const struct shim *s, struct frame_spec f[HIDING])
{
	for (int i = 0; i < HIDING; i++)
		f[i] = syn_to(s, i < 3 ? 4 : 6);
	f[0].more_fragments = true;
	f[1].tags = 2;
	f[2].tags = 3;
	f[3].more_fragments = true;
	f[4].extensions = 9;
}

static void few_hidden_syns_pass_in_calm_and_none_in_a_flood(void **state)
{
	struct frame_spec f[HIDING];
	uint64_t before = 0;
	struct shim s;

	(void)state;
	begin(&s, SCREEN_ACTIVATION_THRESHOLD);
	hiding(&s, f);
	for (uint32_t i = 0; i < HIDING; i++) {
		uint32_t n;

		atomic_store(&s.meters->zone[0].flood_last_ns, 0);
		screen_pace_clear(&s.meters->zone[0].known);
		n = passed(&s, &f[i], MANY);
		assert_in_range(n, FEW, MANY - 1);
		flood(&s);
		assert_int_equal(passed(&s, &f[i], 5), 0);
		before += MANY - n + 5;
		assert_int_equal(counted(&s, SCREEN_SHIM_HOST_DROPPED_HIDDEN), before);
	}
	end(&s);
}

/* RFC 8200 section 4.3 allows a length of 0 to a jumbogram alone; the kernel takes others, too. */
static void hidden_syn_of_length_0_is_dropped_in_a_flood(void **state)
{
	uint8_t data[FRAME_MAX];
	struct frame_spec f;
	struct shim s;
	uint32_t length;

	(void)state;
	begin(&s, SCREEN_ACTIVATION_THRESHOLD);
	flood(&s);
	f = syn_to(&s, 6);
	f.extensions = 1;
	length = frame_build(data, &f);
	frame_put16(data + SCREEN_ETH_SIZE + 4, 0);
	data[SCREEN_ETH_SIZE + 6] = SCREEN_PROTO_HOPOPTS;
	assert_int_equal(run(&s, data, length), XDP_DROP);
	end(&s);
}

static void what_hides_no_syn_passes_in_a_flood(void **state)
{
	struct frame_spec f[3];
	struct shim s;

	(void)state;
	begin(&s, SCREEN_ACTIVATION_ALWAYS);
	flood(&s);
	for (int i = 0; i < 3; i++)
		f[i] = syn_to(&s, 4);
	f[0].more_fragments = true; /* of a segment */
	f[0].flags = SCREEN_TCP_ACK;
	f[1].tags = 1;
	f[1].tci[0] = VLAN;
	f[2].tags = 2; /* a priority, and the VLAN of another interface */
	f[2].tci[1] = VLAN;
	for (int i = 0; i < 3; i++)
		assert_int_equal(passed(&s, &f[i], MANY), MANY);
	assert_int_equal(counted(&s, SCREEN_SHIM_HOST_PUNTED), 0);
	end(&s);
}

static void syn_with_a_priority_tag_is_screened_like_any_other(void **state)
{
	struct frame_spec f;
	struct shim s;

	(void)state;
	begin(&s, SCREEN_ACTIVATION_ALWAYS);
	f = syn_to(&s, 4);
	(void)passed(&s, &f, 1);
	assert_int_equal(counted(&s, SCREEN_SHIM_HOST_PUNTED), 1);
	f.tags = 1;
	f.tci[0] = 5 << 13;
	(void)passed(&s, &f, 1);
	assert_int_equal(counted(&s, SCREEN_SHIM_HOST_PUNTED), 2);
	end(&s);
}

static void validated_client_passes_so_often_and_is_challenged_then(void **state)
{
	struct screen_validated_client client = { .source = { [10] = 0xff, 0xff, 127, 0, 0, 9 },
						  .destination = { [10] = 0xff, 0xff, 127, 0, 0, 1 } };
	struct frame_spec f;
	struct shim s;
	uint64_t n;

	(void)state;
	begin(&s, SCREEN_ACTIVATION_ALWAYS);
	client.port = s.port;
	(void)screen_validated_insert(s.validated, &client, screen_now_ns() / 1000000, 60000);
	f = syn_to(&s, 4);
	(void)passed(&s, &f, MANY);
	n = counted(&s, SCREEN_SHIM_HOST_VALIDATED);
	assert_in_range(n, SCREEN_VALIDATED_SYNS_MAX, MANY - 1);
	assert_int_equal(counted(&s, SCREEN_SHIM_HOST_PUNTED), MANY - n);
	end(&s);
}

static void kernel_that_admits_nobody_is_given_no_challenged_client(void **state)
{
	struct frame_spec f;
	struct shim s;

	(void)state;
	begin(&s, SCREEN_ACTIVATION_ALWAYS);
	f = syn_to(&s, 4);
	set_policy(&s, SCREEN_ACTIVATION_ALWAYS, true);
	assert_int_equal(passed(&s, &f, 1), 1);
	assert_int_equal(counted(&s, SCREEN_SHIM_HOST_PUNTED), 0);
	assert_int_equal(counted(&s, SCREEN_SHIM_HOST_SOCKET), 1);
	end(&s);
}

/* It is sent back, or dropped where no device is told; but only while the engine that has asked lives. */
static void question_of_an_engine_that_is_gone_is_not_answered(void **state)
{
	uint8_t data[FRAME_MAX] = { [12] = SCREEN_PROBE_ETHERTYPE >> 8, SCREEN_PROBE_ETHERTYPE & 0xff };
	struct shim s;

	(void)state;
	begin(&s, SCREEN_ACTIVATION_THRESHOLD);
	assert_int_equal(run(&s, data, 60), XDP_PASS);
	s.control->probe = SCREEN_SHIM_PROBE_ANSWER;
	assert_int_equal(run(&s, data, 60), XDP_DROP);
	s.control->beat[0] = screen_now_ns() - 2 * (uint64_t)SCREEN_SHIM_STALE_NS;
	assert_int_equal(run(&s, data, 60), XDP_PASS);
	end(&s);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_hidden_syns_pass_in_calm_and_none_in_a_flood),
		cmocka_unit_test(hidden_syn_of_length_0_is_dropped_in_a_flood),
		cmocka_unit_test(what_hides_no_syn_passes_in_a_flood),
		cmocka_unit_test(syn_with_a_priority_tag_is_screened_like_any_other),
		cmocka_unit_test(kernel_that_admits_nobody_is_given_no_challenged_client),
		cmocka_unit_test(validated_client_passes_so_often_and_is_challenged_then),
		cmocka_unit_test(question_of_an_engine_that_is_gone_is_not_answered),
	};

	return RUN(tests);
}
