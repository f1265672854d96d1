/*
 * Snapshots: a valid one is accepted, and everything that can be wrong with one has a sentence.
 */
#include "policy.h"
#include "random.h"
#include "run.h"
#include "snapshots.h"

/* What validation says of size bytes in memory of exactly that size; NULL when it is content. */
static const char *judge_at(const void *bytes, size_t size, uint32_t *at)
{
	uint8_t *exact = malloc(size ? size : 1), digest[32];
	struct screen_snapshot s;
	const char *error;

	memcpy(exact, bytes, size);
	snapshot_digest(exact, size, digest);
	error = screen_snapshot_validate(exact, size, digest, &s, at);
	free(exact);
	return error;
}

static const char *judge(const void *bytes, size_t size)
{
	uint32_t at;

	return judge_at(bytes, size, &at);
}

static void assert_says(const char *got, const char *want)
{
	if (!got || strcmp(got, want) != 0)
		fail_msg("it says \"%s\", not \"%s\"", got ? got : "(nothing)", want);
}

static void snapshot_that_is_valid_is_accepted(void **state)
{
	struct snapshot_bytes b;
	struct screen_snapshot s;
	uint32_t at;

	(void)state;
	snapshot_make(&b);
	assert_null(judge(&b, sizeof(b)));
	assert_null(screen_snapshot_validate((const uint8_t *)&b, sizeof(b), b.header.digest, &s,
					     &at));
	assert_string_equal(s.zones[2].name, "dmz");
	assert_string_equal(s.ports[3].ifname, "eth4");
	assert_string_equal(s.wires[1].name, "w2");
	assert_string_equal(s.profiles[1].name, "screen-2");
	assert_int_equal(s.prefixes[3].length, 32);
	assert_int_equal(s.header->generation, 7);
}

static void snapshot_with_any_byte_changed_is_refused(void **state)
{
	struct snapshot_bytes b;

	(void)state;
	snapshot_make(&b);
	for (size_t i = 0; i < sizeof(b); i++)
		for (int bit = 0; bit < 8; bit++) {
			((uint8_t *)&b)[i] ^= (uint8_t)(1 << bit);
			assert_non_null(judge(&b, sizeof(b)));
			((uint8_t *)&b)[i] ^= (uint8_t)(1 << bit);
		}
	assert_null(judge(&b, sizeof(b)));
}

static void snapshot_truncated_at_any_length_is_refused(void **state)
{
	struct snapshot_bytes b;

	(void)state;
	snapshot_make(&b);
	for (size_t size = 0; size < sizeof(b); size++) {
		assert_non_null(judge(&b, size));
		/* also when the header has been told */
		b.header.total_size = (uint32_t)size;
		snapshot_digest(&b, size, b.header.digest);
		if (size >= sizeof(b.header))
			assert_says(judge(&b, size),
				    size < b.header.ports.offset ?
					    "the zone section does not fit" :
				    size < b.header.wires.offset ?
					    "the port section does not fit" :
				    size < b.header.profiles.offset ?
					    "the wire section does not fit" :
				    size < b.header.prefixes.offset ?
					    "the profile section does not fit" :
				    size < b.header.servers.offset ?
					    "the prefix section does not fit" :
					    "the server section does not fit");
		else
			assert_says(judge(&b, size), "the buffer is shorter than a header");
		snapshot_make(&b);
	}
}

static void snapshot_with_bytes_behind_it_is_refused(void **state)
{
	struct {
		struct snapshot_bytes b;
		uint64_t more;
	} x = { .more = 0 };

	(void)state;
	snapshot_make(&x.b);
	x.b.header.total_size = sizeof(x);
	snapshot_digest(&x, sizeof(x), x.b.header.digest);
	assert_says(judge(&x, sizeof(x)), "there are bytes behind the last section");
}

/* One field out of range, the digest right, and the sentence that it must cost. */
#define BAD(field, value, index, sentence)                        \
	do {                                                      \
		struct snapshot_bytes b;                          \
		uint32_t at;                                      \
                                                                  \
		snapshot_make(&b);                                \
		b.field = (value);                                \
		snapshot_seal(&b);                                \
		assert_says(judge_at(&b, sizeof(b), &at), sentence); \
		assert_int_equal(at, index);                      \
	} while (0)

#define GOOD(field, value)                                        \
	do {                                                      \
		struct snapshot_bytes b;                          \
                                                                  \
		snapshot_make(&b);                                \
		b.field = (value);                                \
		snapshot_seal(&b);                                \
		assert_null(judge(&b, sizeof(b)));                \
	} while (0)

#define BAD_NAME(field, index, sentence)                          \
	do {                                                      \
		struct snapshot_bytes b;                          \
		uint32_t at;                                      \
                                                                  \
		for (int way = 0; way < 3; way++) {               \
			snapshot_make(&b);                        \
			if (way == 0) /* empty */                 \
				b.field[0] = 0;                   \
			if (way == 1) /* not terminated */        \
				memset(b.field, 'x', sizeof(b.field)); \
			if (way == 2) /* not padded */            \
				b.field[sizeof(b.field) - 1] = 'x'; \
			snapshot_seal(&b);                        \
			assert_says(judge_at(&b, sizeof(b), &at), sentence); \
			assert_int_equal(at, index);              \
		}                                                 \
	} while (0)

static void snapshot_header_fields_out_of_range_are_refused(void **state)
{
	(void)state;
	BAD(header.magic, 0x53594e52, 0, "the magic number is wrong");
	BAD(header.version, 2, 0, "the format version is not this engine's");
	BAD(header.header_size, 96, 0, "the format version is not this engine's");
	BAD(header.total_size, 1, 0, "the size in the header is not that of the buffer");
	BAD(header.reserved0, 1, 0, "reserved bytes of the header are not zero");
	BAD(header.generation, 0, 0, "generation 0 is no generation");
	BAD(header.mode, 2, 0, "a mode of the header is out of range");
	BAD(header.activation, 3, 0, "a mode of the header is out of range");
	BAD(header.no_syn_check, 2, 0, "a mode of the header is out of range");
	BAD(header.time_wait_s, 1, 0, "a tcp-session timeout is out of range");
	BAD(header.time_wait_s, 601, 0, "a tcp-session timeout is out of range");
	BAD(header.initial_timeout_s, 3, 0, "a tcp-session timeout is out of range");
	BAD(header.initial_timeout_s, 301, 0, "a tcp-session timeout is out of range");
	BAD(header.epoch_skew_s, SCREEN_SKEW_MAX + 1, 0, "the epoch skew is out of range");
	BAD(header.reserved3, 0x100, 0, "reserved bytes of the header are not zero");
	BAD(header.admission, 0, 0, "a mode of the header is out of range");
	BAD(header.admission, 4, 0, "a mode of the header is out of range");
	BAD(header.admission, 5, 0, "a mode of the header is out of range");
	GOOD(header.admission, SCREEN_ADMISSION_SAFE_RESET);
	BAD(header.host_admission, 0, 0, "a mode of the header is out of range");
	BAD(header.host_admission, SCREEN_ADMISSION_SPLICE, 0, "a mode of the header is out of range");
	BAD(header.host_admission, 6, 0, "a mode of the header is out of range");
	GOOD(header.host_admission, SCREEN_ADMISSION_RESET);
	GOOD(header.host_admission, SCREEN_ADMISSION_SAFE_RESET);
	GOOD(header.host_admission, SCREEN_ADMISSION_KERNEL_COOKIES);
	BAD(header.passive_timer_s, 3601, 0, "a setting of syn-cookie is out of range");
	BAD(header.flood_timer_s, 3601, 0, "a setting of syn-cookie is out of range");
	GOOD(header.passive_timer_s, 3600);
	GOOD(header.flood_timer_s, 3600);
	BAD(header.validated_timeout_s, 3601, 0, "a setting of syn-cookie is out of range");
	BAD(header.reply_rate, 100000001, 0, "a setting of syn-cookie is out of range");
	BAD(header.reply_prefix_rate, 100000001, 0, "a setting of syn-cookie is out of range");
	GOOD(header.validated_timeout_s, 0);
	GOOD(header.validated_timeout_s, 3600);
	GOOD(header.reply_rate, 100000000);
	GOOD(header.reply_prefix_rate, 100000000);
	BAD(header.key_file[1], 'x', 0, "the key file's name is not a padded string");
	BAD(header.key_file[SCREEN_PATH_SIZE - 1], 'x', 0,
	    "the key file's name is not a padded string");
	GOOD(header.key_file[0], '/');
	GOOD(header.epoch_skew_s, SCREEN_SKEW_MAX);
	GOOD(header.mode, SCREEN_MODE_DROP);
	GOOD(header.activation, SCREEN_ACTIVATION_ALWAYS);
	GOOD(header.activation, SCREEN_ACTIVATION_KERNEL);
	GOOD(header.no_syn_check, 1);
	GOOD(header.time_wait_s, 2);
	GOOD(header.time_wait_s, 600);
	GOOD(header.initial_timeout_s, 4);
	GOOD(header.initial_timeout_s, 300);
	BAD(header.offload, SCREEN_OFFLOAD_DRIVER + 1, 0, "a mode of the header is out of range");
	GOOD(header.offload, SCREEN_OFFLOAD_ENGINE);
	GOOD(header.offload, SCREEN_OFFLOAD_DRIVER);
	BAD(header.half_close, 2, 0, "a mode of the header is out of range");
	GOOD(header.half_close, 1);
	BAD(header.inactivity_timeout_s, 59, 0, "a tcp-session timeout is out of range");
	BAD(header.inactivity_timeout_s, 86401, 0, "a tcp-session timeout is out of range");
	GOOD(header.inactivity_timeout_s, 60);
	GOOD(header.inactivity_timeout_s, 86400);
}

#define BAD_SECTION(name, max, sentence)                               \
	do {                                                           \
		BAD(header.name.offset, 0, 0, sentence);               \
		BAD(header.name.offset, sizeof(b), 0, sentence);       \
		BAD(header.name.offset, 0xfffffff8, 0, sentence);      \
		BAD(header.name.count, (max) + 1, 0, sentence);        \
		BAD(header.name.count, 0xffffffff, 0, sentence);       \
	} while (0)

static void snapshot_sections_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	BAD_SECTION(zones, SCREEN_ZONES_MAX, "the zone section does not fit");
	BAD_SECTION(ports, SCREEN_PORTS_MAX, "the port section does not fit");
	BAD_SECTION(wires, SCREEN_WIRES_MAX, "the wire section does not fit");
	BAD_SECTION(profiles, SCREEN_PROFILES_MAX, "the profile section does not fit");
	BAD_SECTION(prefixes, SCREEN_PREFIXES_MAX, "the prefix section does not fit");
	/* one entry too few leaves a gap */
	BAD(header.zones.count, SNAPSHOT_ZONES - 1, 0, "the port section does not fit");
	BAD_SECTION(servers, SCREEN_SERVERS_MAX, "the server section does not fit");
	BAD(header.servers.count, SNAPSHOT_SERVERS - 1, 0,
	    "there are bytes behind the last section");
}

static void snapshot_zones_and_ports_out_of_range_are_refused(void **state)
{
	(void)state;
	BAD_NAME(zones[1].name, 1, "a zone's name is not a padded string");
	BAD(zones[2].profile, 2, 2, "a zone's profile does not exist");
	BAD(zones[2].admission, 6, 2, "a zone's admission is out of range");
	BAD(zones[2].admission, SCREEN_ADMISSION_KERNEL, 2,
	    "a wire's zone has an admission of host ports");
	BAD(zones[1].admission, SCREEN_ADMISSION_KERNEL_COOKIES, 1,
	    "a wire's zone has an admission of host ports");
	GOOD(zones[2].admission, SCREEN_ADMISSION_RESET);
	BAD(zones[2].reserved, 1, 2, "reserved bytes of a zone are not zero");
	BAD(zones[0].profile, 0xfffe, 0, "a zone's profile does not exist");
	BAD_NAME(ports[2].ifname, 2, "a port's interface name is not a padded string");
	BAD(ports[3].zone, 3, 3, "a port's zone does not exist");
	BAD(ports[3].zone, SCREEN_NONE, 3, "a port's zone does not exist");
	BAD(ports[1].reserved, 1, 1, "reserved bytes of a port are not zero");
	/* the wires look at their ports first */
	BAD(ports[1].wire, 2, 0, "a wire's port belongs to another wire");
	BAD(ports[1].wire, 1, 0, "a wire's port belongs to another wire");
	BAD(ports[1].wire, SCREEN_NONE, 0, "a wire's port belongs to another wire");
}

static void snapshot_ports_that_no_wire_has_are_refused(void **state)
{
	struct snapshot_bytes b;
	uint32_t at;

	(void)state;
	snapshot_make(&b);
	b.wires[1] = b.wires[0]; /* its ports are the first's */
	strcpy(b.wires[1].name, "w3");
	snapshot_seal(&b);
	assert_says(judge_at(&b, sizeof(b), &at), "a wire's port belongs to another wire");
	assert_int_equal(at, 1);
}

struct host_bytes {
	struct screen_snapshot_header header;
	struct screen_zone_config zones[2];
	struct screen_port_config ports[2];
};

/* Two host ports in two zones, the second without an admission of its own. */
static const char *judge_hosts(uint8_t admission, uint16_t second, uint32_t *at)
{
	struct host_bytes b = {
		.header = {
			.magic = SCREEN_SNAPSHOT_MAGIC, .version = SCREEN_SNAPSHOT_VERSION,
			.header_size = sizeof(b.header), .total_size = sizeof(b), .generation = 1,
			.time_wait_s = 150, .initial_timeout_s = 20, .inactivity_timeout_s = 60,
			.admission = SCREEN_ADMISSION_SPLICE,
			.host_admission = SCREEN_ADMISSION_KERNEL,
			.zones = { offsetof(struct host_bytes, zones), 2 },
			.ports = { offsetof(struct host_bytes, ports), 2 },
			.wires = { sizeof(b), 0 }, .profiles = { sizeof(b), 0 },
			.prefixes = { sizeof(b), 0 }, .servers = { sizeof(b), 0 },
		},
		.zones = { { .name = "lan", .profile = SCREEN_NONE },
			   { .name = "world", .profile = SCREEN_NONE, .admission = admission } },
		.ports = { { .ifname = "eth0", .zone = 0, .wire = SCREEN_NONE },
			   { .ifname = "eth1", .zone = 1, .wire = second } },
	};

	snapshot_digest(&b, sizeof(b), b.header.digest);
	return judge_at(&b, sizeof(b), at);
}

static void snapshot_ports_in_no_wire_are_host_ports(void **state)
{
	uint32_t at;

	(void)state;
	assert_null(judge_hosts(SCREEN_ADMISSION_UNSET, SCREEN_NONE, &at));
	for (uint8_t a = SCREEN_ADMISSION_RESET; a <= SCREEN_ADMISSION_KERNEL_COOKIES; a++)
		assert_null(judge_hosts(a, SCREEN_NONE, &at));
	assert_says(judge_hosts(SCREEN_ADMISSION_SPLICE, SCREEN_NONE, &at),
		    "a host port's zone has an admission of wires");
	assert_int_equal(at, 1);
	assert_says(judge_hosts(SCREEN_ADMISSION_UNSET, 0, &at), "a port's wire does not exist");
	assert_int_equal(at, 1);
	assert_says(judge_hosts(SCREEN_ADMISSION_UNSET, 0xfffe, &at),
		    "a port's wire does not exist");
}

static void snapshot_wires_out_of_range_are_refused(void **state)
{
	(void)state;
	BAD_NAME(wires[1].name, 1, "a wire's name is not a padded string");
	BAD(wires[1].port[0], 4, 1, "a wire's port does not exist");
	BAD(wires[1].port[1], SCREEN_NONE, 1, "a wire's port does not exist");
	BAD(wires[1].port[1], 2, 1, "a wire has the same port twice");
	BAD(wires[0].port[1], 3, 0, "a wire's port belongs to another wire");
	BAD(wires[0].on_failure, 2, 0, "a wire's on-failure is out of range");
	BAD(wires[0].reserved[6], 1, 0, "reserved bytes of a wire are not zero");
}

static void snapshot_profiles_out_of_range_are_refused(void **state)
{
	static const char *threshold = "a threshold of a profile is out of range";
	static const char *list = "a profile's white-list does not fit";
	static const char *unknown = "a profile arms a screen that there is not";

	(void)state;
	BAD_NAME(profiles[1].name, 1, "a profile's name is not a padded string");
	BAD(profiles[0].alarm_threshold, 0, 0, threshold);
	BAD(profiles[0].alarm_threshold, 500001, 0, threshold);
	BAD(profiles[1].attack_threshold, 0, 1, threshold);
	BAD(profiles[1].attack_threshold, 500001, 1, threshold);
	BAD(profiles[1].source_threshold, 3, 1, threshold);
	BAD(profiles[1].source_threshold, 1000001, 1, threshold);
	BAD(profiles[1].destination_threshold, 3, 1, threshold);
	BAD(profiles[1].destination_threshold, 1000001, 1, threshold);
	BAD(profiles[1].timeout_s, 0, 1, threshold);
	BAD(profiles[1].timeout_s, 51, 1, threshold);
	BAD(profiles[0].armed, 0, 0, threshold); /* what is not armed has no values */
	BAD(profiles[0].armed, 1ull << SCREEN_IDS, 0, unknown);
	BAD(profiles[0].armed, 1 | 1ull << SCREEN_IDS_SYN_FLOOD_SOURCE, 0, unknown);
	BAD(profiles[0].icmp_flood, 1, 0, threshold);
	BAD(profiles[0].extension_limit, 1, 0, threshold);
	BAD(profiles[0].extension_headers[3], 1, 0,
	    "a profile's extension headers are not those of its screen");
	BAD(profiles[0].alarm_without_drop, 2, 0, "reserved bytes of a profile are not zero");
	BAD(profiles[0].reserved0, 1, 0, "reserved bytes of a profile are not zero");
	BAD(profiles[0].reserved1[1], 1, 0, "reserved bytes of a profile are not zero");
	GOOD(profiles[0].alarm_without_drop, 1);
	BAD(prefixes[4].list, SCREEN_LISTS_MAX, 1, "the white-lists of a profile are not in order");
	BAD(profiles[1].prefix_count, SCREEN_WHITE_LIST_MAX + 1, 1, list);
	BAD(profiles[1].prefix_count, 2, 1, list);
	BAD(profiles[1].prefix_first, 5, 1, list);
	BAD(profiles[1].prefix_first, 0xffffffff, 1, list);
	BAD(prefixes[0].list, 1, 0, "the white-lists of a profile are not in order");
	BAD(prefixes[3].list, 2, 0, "the white-lists of a profile are not in order");
	BAD(prefixes[1].list, 1, 0, "the white-lists of a profile are not in order");
}

/* One profile, and one prefix more than it may have, or as many. */
static void snapshot_white_list_of_4097_prefixes_is_refused(void **state)
{
	enum { MANY = SCREEN_WHITE_LIST_MAX + 1 };
	struct {
		struct screen_snapshot_header header;
		struct screen_profile_config profile;
		struct screen_prefix_config prefixes[MANY];
	} b;
	uint32_t next = sizeof(b.header);

	(void)state;
	memset(&b, 0, sizeof(b));
	b.header = (struct screen_snapshot_header){
		.magic = SCREEN_SNAPSHOT_MAGIC, .version = SCREEN_SNAPSHOT_VERSION,
		.header_size = sizeof(b.header), .total_size = sizeof(b), .generation = 1,
		.time_wait_s = 150, .initial_timeout_s = 20, .inactivity_timeout_s = 60,
		.validated_timeout_s = 1, .admission = SCREEN_ADMISSION_SPLICE,
		.host_admission = SCREEN_ADMISSION_KERNEL,
		.zones = { next, 0 }, .ports = { next, 0 }, .wires = { next, 0 },
		.profiles = { next, 1 }, .prefixes = { next + sizeof(b.profile), MANY },
		.servers = { sizeof(b), 0 },
	};
	b.profile = (struct screen_profile_config){
		.name = "p", .armed = 1ull << SCREEN_IDS_SYN_FLOOD, .alarm_threshold = 1,
		.attack_threshold = 1, .source_threshold = 4, .destination_threshold = 4,
		.timeout_s = 1, .prefix_count = MANY,
	};
	snapshot_digest(&b, sizeof(b), b.header.digest);
	assert_says(judge(&b, sizeof(b)), "a profile's white-list does not fit");
	b.profile.prefix_count = SCREEN_WHITE_LIST_MAX;
	snapshot_digest(&b, sizeof(b), b.header.digest);
	assert_null(judge(&b, sizeof(b)));
}

static void snapshot_server_profiles_out_of_range_are_refused(void **state)
{
	static const char range[] = "a server profile is out of range";
	static const char prefix[] = "a server profile's prefix is no prefix";
	static const char order[] = "the server profiles are not in order";

	(void)state;
	BAD(servers[0].length, 129, 0, prefix);
	BAD(servers[2].length, 129, 2, prefix);
	BAD(servers[2].address[15], 1, 2, prefix);
	BAD(servers[0].reserved[0], 1, 0, "reserved bytes of a server profile are not zero");
	BAD(servers[1].reserved[2], 1, 1, "reserved bytes of a server profile are not zero");
	BAD(servers[0].admission, SCREEN_ADMISSION_KERNEL, 0, range);
	BAD(servers[0].admission, SCREEN_ADMISSION_KERNEL_COOKIES, 0, range);
	GOOD(servers[0].admission, SCREEN_ADMISSION_SAFE_RESET);
	BAD(servers[0].no_probe, 2, 0, range);
	GOOD(servers[0].no_probe, 1);
	BAD(servers[0].profile.mss, 215, 0, range);
	GOOD(servers[0].profile.mss, 216);
	BAD(servers[1].profile.mss, 1460, 1, range);
	BAD(servers[0].profile.wscale, 15, 0, range);
	GOOD(servers[0].profile.wscale, 14);
	BAD(servers[1].profile.wscale, 1, 1, range);
	BAD(servers[0].profile.known, 127, 0, range);
	BAD(servers[0].profile.known, 63, 0, range); /* a window is learned only */
	BAD(servers[0].profile.window, 1, 0, range);
	BAD(servers[0].profile.has, 15, 0, range);
	BAD(servers[1].profile.has, SCREEN_SERVER_ECN, 1, range);
	BAD(servers[0].profile.reserved, 1, 0, range);
	BAD(servers[1].port, 443, 1, order);
	BAD(servers[1].port, 444, 1, order);
	GOOD(servers[1].port, 442);
	BAD(servers[0].port, 0, 1, order);
	BAD(servers[0].address[15], 2, 1, order);
	GOOD(servers[0].address[15], 0);
}

static void snapshot_prefixes_out_of_range_are_refused(void **state)
{
	(void)state;
	BAD(prefixes[2].length, 129, 2, "a prefix is longer than 128 bits");
	BAD(prefixes[2].length, 255, 2, "a prefix is longer than 128 bits");
	BAD(prefixes[4].kind, 2, 4, "a prefix's kind is out of range");
	BAD(prefixes[4].reserved, 1, 4, "reserved bytes of a prefix are not zero");
	BAD(prefixes[0].address[14], 101, 0, "a prefix has host bits");
	BAD(prefixes[0].address[15], 1, 0, "a prefix has host bits");
	BAD(prefixes[4].address[0], 0x80, 4, "a prefix has host bits");
	BAD(prefixes[1].length, 127, 1, "a prefix has host bits");
	GOOD(prefixes[2].length, 127);
}

#define TWICE(field, other, index, sentence)                      \
	do {                                                      \
		struct snapshot_bytes b;                          \
		uint32_t at;                                      \
                                                                  \
		snapshot_make(&b);                                \
		memcpy(b.field, b.other, sizeof(b.field));        \
		snapshot_seal(&b);                                \
		assert_says(judge_at(&b, sizeof(b), &at), sentence); \
		assert_int_equal(at, index);                      \
	} while (0)

static void snapshot_names_used_twice_are_refused(void **state)
{
	(void)state;
	TWICE(zones[2].name, zones[0].name, 2, "two zones have the same name");
	TWICE(ports[3].ifname, ports[1].ifname, 3, "two ports have the same interface");
	TWICE(wires[1].name, wires[0].name, 1, "two wires have the same name");
	TWICE(profiles[1].name, profiles[0].name, 1, "two profiles have the same name");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(snapshot_that_is_valid_is_accepted),
		cmocka_unit_test(snapshot_with_any_byte_changed_is_refused),
		cmocka_unit_test(snapshot_truncated_at_any_length_is_refused),
		cmocka_unit_test(snapshot_with_bytes_behind_it_is_refused),
		cmocka_unit_test(snapshot_header_fields_out_of_range_are_refused),
		cmocka_unit_test(snapshot_sections_that_do_not_fit_are_refused),
		cmocka_unit_test(snapshot_zones_and_ports_out_of_range_are_refused),
		cmocka_unit_test(snapshot_ports_that_no_wire_has_are_refused),
		cmocka_unit_test(snapshot_ports_in_no_wire_are_host_ports),
		cmocka_unit_test(snapshot_wires_out_of_range_are_refused),
		cmocka_unit_test(snapshot_profiles_out_of_range_are_refused),
		cmocka_unit_test(snapshot_white_list_of_4097_prefixes_is_refused),
		cmocka_unit_test(snapshot_prefixes_out_of_range_are_refused),
		cmocka_unit_test(snapshot_server_profiles_out_of_range_are_refused),
		cmocka_unit_test(snapshot_names_used_twice_are_refused),
	};

	if (sodium_init() < 0)
		return 1;
	return RUN(tests);
}
