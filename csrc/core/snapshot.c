#include "snapshot.h"

/* Sections one after the other, aligned, without gaps: one configuration, one encoding. */
static bool section_ok(const struct screen_section *section, uint32_t *expected, uint32_t max,
		       size_t entry, size_t size)
{
	uint64_t end;

	if (section->count > max || section->offset != *expected)
		return false;
	end = section->offset + (uint64_t)section->count * entry;
	end = (end + 7) & ~7ULL;
	if (end > size)
		return false;
	*expected = (uint32_t)end;
	return true;
}

/* Characters, then NULs to the end, at least one. */
static bool padded(const char *text, size_t size)
{
	size_t i = 0;

	while (i < size && text[i])
		i++;
	if (i == size)
		return false;
	for (; i < size; i++)
		if (text[i])
			return false;
	return true;
}

static bool name_ok(const char *name, size_t size)
{
	return name[0] && padded(name, size);
}

static bool zeros(const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i])
			return false;
	return true;
}

/* What a valid answer may lead to on a wire: the kernel has no listener for it there. */
static bool wire_admission_ok(uint8_t admission)
{
	return admission == SCREEN_ADMISSION_SPLICE || admission == SCREEN_ADMISSION_RESET ||
	       admission == SCREEN_ADMISSION_SAFE_RESET;
}

/* And on a host port: there is no second port to splice to. */
static bool host_admission_ok(uint8_t admission)
{
	return admission == SCREEN_ADMISSION_RESET || admission == SCREEN_ADMISSION_SAFE_RESET ||
	       admission == SCREEN_ADMISSION_KERNEL || admission == SCREEN_ADMISSION_KERNEL_COOKIES;
}

static const char *check_header(const struct screen_snapshot_header *h, size_t size,
				const uint8_t *digest)
{
	uint32_t next = sizeof(*h);

	if (h->magic != SCREEN_SNAPSHOT_MAGIC)
		return "the magic number is wrong";
	if (h->version != SCREEN_SNAPSHOT_VERSION || h->header_size != sizeof(*h))
		return "the format version is not this engine's";
	if (h->total_size != size)
		return "the size in the header is not that of the buffer";
	if (memcmp(h->digest, digest, SCREEN_DIGEST_SIZE) != 0)
		return "the digest does not match: the bytes were changed on the way";
	if (h->reserved0 || h->reserved3)
		return "reserved bytes of the header are not zero";
	if (h->generation == 0)
		return "generation 0 is no generation";
	if (h->mode > SCREEN_MODE_SYN_COOKIE || h->activation > SCREEN_ACTIVATION_KERNEL ||
	    h->no_syn_check > 1 || h->half_close > 1 || h->offload > SCREEN_OFFLOAD_DRIVER ||
	    !wire_admission_ok(h->admission) || !host_admission_ok(h->host_admission))
		return "a mode of the header is out of range";
	if (h->time_wait_s < 2 || h->time_wait_s > 600 || h->initial_timeout_s < 4 ||
	    h->initial_timeout_s > 300 || h->inactivity_timeout_s < 60 ||
	    h->inactivity_timeout_s > 86400)
		return "a tcp-session timeout is out of range";
	if (h->validated_timeout_s > 3600 || h->passive_timer_s > 3600 || h->flood_timer_s > 3600 ||
	    h->reply_rate > 100000000 || h->reply_prefix_rate > 100000000)
		return "a setting of syn-cookie is out of range";
	if (h->epoch_skew_s > SCREEN_SKEW_MAX)
		return "the epoch skew is out of range";
	if (!padded(h->key_file, sizeof(h->key_file)))
		return "the key file's name is not a padded string";
	if (!section_ok(&h->zones, &next, SCREEN_ZONES_MAX, sizeof(struct screen_zone_config), size))
		return "the zone section does not fit";
	if (!section_ok(&h->ports, &next, SCREEN_PORTS_MAX, sizeof(struct screen_port_config), size))
		return "the port section does not fit";
	if (!section_ok(&h->wires, &next, SCREEN_WIRES_MAX, sizeof(struct screen_wire_config), size))
		return "the wire section does not fit";
	if (!section_ok(&h->profiles, &next, SCREEN_PROFILES_MAX,
			sizeof(struct screen_profile_config), size))
		return "the profile section does not fit";
	if (!section_ok(&h->prefixes, &next, SCREEN_PREFIXES_MAX,
			sizeof(struct screen_prefix_config), size))
		return "the prefix section does not fit";
	if (!section_ok(&h->servers, &next, SCREEN_SERVERS_MAX,
			sizeof(struct screen_server_config), size))
		return "the server section does not fit";
	return next == size ? NULL : "there are bytes behind the last section";
}

static const char *check_zone(const struct screen_snapshot *s, uint32_t i)
{
	const struct screen_zone_config *z = &s->zones[i];

	if (!name_ok(z->name, sizeof(z->name)))
		return "a zone's name is not a padded string";
	if (z->profile != SCREEN_NONE && z->profile >= s->header->profiles.count)
		return "a zone's profile does not exist";
	if (z->admission > SCREEN_ADMISSION_KERNEL_COOKIES)
		return "a zone's admission is out of range";
	if (z->reserved)
		return "reserved bytes of a zone are not zero";
	for (uint32_t j = 0; j < i; j++)
		if (strcmp(s->zones[j].name, z->name) == 0)
			return "two zones have the same name";
	return NULL;
}

static const char *check_port_wire(const struct screen_snapshot *s, uint32_t i)
{
	const struct screen_port_config *p = &s->ports[i];
	uint8_t admission = s->zones[p->zone].admission;

	if (p->wire == SCREEN_NONE)
		return admission == SCREEN_ADMISSION_UNSET || host_admission_ok(admission) ?
			NULL : "a host port's zone has an admission of wires";
	if (p->wire >= s->header->wires.count)
		return "a port's wire does not exist";
	if (s->wires[p->wire].port[0] != i && s->wires[p->wire].port[1] != i)
		return "a port's wire does not know the port";
	return admission == SCREEN_ADMISSION_UNSET || wire_admission_ok(admission) ?
		NULL : "a wire's zone has an admission of host ports";
}

static const char *check_port(const struct screen_snapshot *s, uint32_t i)
{
	const struct screen_port_config *p = &s->ports[i];

	if (!name_ok(p->ifname, sizeof(p->ifname)))
		return "a port's interface name is not a padded string";
	if (p->zone >= s->header->zones.count)
		return "a port's zone does not exist";
	if (p->reserved)
		return "reserved bytes of a port are not zero";
	for (uint32_t j = 0; j < i; j++)
		if (strcmp(s->ports[j].ifname, p->ifname) == 0)
			return "two ports have the same interface";
	return check_port_wire(s, i);
}

static const char *check_wire(const struct screen_snapshot *s, uint32_t i)
{
	const struct screen_wire_config *w = &s->wires[i];

	if (!name_ok(w->name, sizeof(w->name)))
		return "a wire's name is not a padded string";
	if (w->port[0] >= s->header->ports.count || w->port[1] >= s->header->ports.count)
		return "a wire's port does not exist";
	if (w->port[0] == w->port[1])
		return "a wire has the same port twice";
	if (s->ports[w->port[0]].wire != i || s->ports[w->port[1]].wire != i)
		return "a wire's port belongs to another wire";
	if (w->on_failure > SCREEN_ON_FAILURE_CLOSED)
		return "a wire's on-failure is out of range";
	if (!zeros(w->reserved, sizeof(w->reserved)))
		return "reserved bytes of a wire are not zero";
	for (uint32_t j = 0; j < i; j++)
		if (strcmp(s->wires[j].name, w->name) == 0)
			return "two wires have the same name";
	return NULL;
}

static bool between(uint32_t v, uint32_t low, uint32_t high)
{
	return v >= low && v <= high;
}

/* A value that has a range when its screen is armed, and is 0 otherwise. */
static bool armed_ok(const struct screen_profile_config *p, enum screen_ids ids, uint32_t v,
		     uint32_t low, uint32_t high)
{
	return p->armed >> ids & 1 ? between(v, low, high) : v == 0;
}

static bool syn_flood_ok(const struct screen_profile_config *p)
{
	return armed_ok(p, SCREEN_IDS_SYN_FLOOD, p->alarm_threshold, 1, 500000) &&
	       armed_ok(p, SCREEN_IDS_SYN_FLOOD, p->attack_threshold, 1, 500000) &&
	       armed_ok(p, SCREEN_IDS_SYN_FLOOD, p->source_threshold, 4, 1000000) &&
	       armed_ok(p, SCREEN_IDS_SYN_FLOOD, p->destination_threshold, 4, 1000000) &&
	       armed_ok(p, SCREEN_IDS_SYN_FLOOD, p->timeout_s, 1, 50);
}

static bool others_ok(const struct screen_profile_config *p)
{
	return armed_ok(p, SCREEN_IDS_ICMP_FLOOD, p->icmp_flood, 1, 1000000) &&
	       armed_ok(p, SCREEN_IDS_UDP_FLOOD, p->udp_flood, 1, 1000000) &&
	       armed_ok(p, SCREEN_IDS_TCP_PORT_SCAN, p->tcp_port_scan_us, 1000, 1000000) &&
	       armed_ok(p, SCREEN_IDS_UDP_PORT_SCAN, p->udp_port_scan_us, 1000, 1000000) &&
	       armed_ok(p, SCREEN_IDS_IP_SWEEP, p->ip_sweep_us, 1000, 1000000) &&
	       armed_ok(p, SCREEN_IDS_TCP_SWEEP, p->tcp_sweep_us, 1000, 1000000) &&
	       armed_ok(p, SCREEN_IDS_UDP_SWEEP, p->udp_sweep_us, 1000, 1000000) &&
	       armed_ok(p, SCREEN_IDS_SYN_ACK_ACK, p->syn_ack_ack, 1, 250000) &&
	       armed_ok(p, SCREEN_IDS_SOURCE_SESSIONS, p->source_sessions, 1, 2000000) &&
	       armed_ok(p, SCREEN_IDS_DESTINATION_SESSIONS, p->destination_sessions, 1, 2000000) &&
	       armed_ok(p, SCREEN_IDS_EXTENSION_LIMIT, p->extension_limit, 0, 32);
}

/* Profiles have their prefixes one after the other, so that none is used twice. */
static const char *check_white_list(const struct screen_snapshot *s, uint32_t i)
{
	const struct screen_profile_config *p = &s->profiles[i], *before = p - 1;
	uint64_t end = (uint64_t)p->prefix_first + p->prefix_count;

	if (p->prefix_count > SCREEN_WHITE_LIST_MAX || end > s->header->prefixes.count ||
	    p->prefix_first != (i ? before->prefix_first + before->prefix_count : 0))
		return "a profile's white-list does not fit";
	for (uint32_t j = p->prefix_first; j < end; j++) {
		uint32_t last = j == p->prefix_first ? 0 : s->prefixes[j - 1].list;

		if (s->prefixes[j].list < last || s->prefixes[j].list > last + 1)
			return "the white-lists of a profile are not in order";
		if (s->prefixes[j].list >= SCREEN_LISTS_MAX)
			return "a profile has too many white-lists";
	}
	return NULL;
}

static const char *check_profile(const struct screen_snapshot *s, uint32_t i)
{
	const uint64_t rows_only = 1ull << SCREEN_IDS_SYN_FLOOD_SOURCE |
				   1ull << SCREEN_IDS_SYN_FLOOD_DESTINATION;
	const struct screen_profile_config *p = &s->profiles[i];
	uint64_t headers = p->extension_headers[0] | p->extension_headers[1] |
			   p->extension_headers[2] | p->extension_headers[3];

	if (!name_ok(p->name, sizeof(p->name)))
		return "a profile's name is not a padded string";
	if (p->reserved0 || !zeros(p->reserved1, sizeof(p->reserved1)) || p->alarm_without_drop > 1)
		return "reserved bytes of a profile are not zero";
	if (p->armed >> SCREEN_IDS || (p->armed & rows_only))
		return "a profile arms a screen that there is not";
	if (!syn_flood_ok(p) || !others_ok(p))
		return "a threshold of a profile is out of range";
	if ((p->armed >> SCREEN_IDS_EXTENSION_HEADER & 1) != (headers != 0))
		return "a profile's extension headers are not those of its screen";
	for (uint32_t j = 0; j < i; j++)
		if (strcmp(s->profiles[j].name, p->name) == 0)
			return "two profiles have the same name";
	return check_white_list(s, i);
}

/* Whether the bits of an address behind a prefix of this length (0-128) are zero. */
static bool host_bits_zero(const uint8_t address[16], uint32_t length)
{
	uint32_t whole = length / 8, rest = length % 8;

	if (rest && (address[whole] & (0xff >> rest)))
		return false;
	return zeros(address + whole + (rest != 0), 16 - whole - (rest != 0));
}

static const char *check_prefix(const struct screen_snapshot *s, uint32_t i)
{
	const struct screen_prefix_config *p = &s->prefixes[i];

	if (p->length > 128)
		return "a prefix is longer than 128 bits";
	if (p->kind > SCREEN_PREFIX_DESTINATION)
		return "a prefix's kind is out of range";
	if (p->reserved)
		return "reserved bytes of a prefix are not zero";
	if (!host_bits_zero(p->address, p->length))
		return "a prefix has host bits";
	return NULL;
}

/* Values are there for what is known, and only for that: one meaning, one encoding. */
static bool server_profile_ok(const struct screen_server_profile *p)
{
	if (p->known & ~SCREEN_SERVER_FLAGS || p->has & ~p->known || p->reserved)
		return false;
	if (p->known & SCREEN_SERVER_MSS ? p->mss < 216 : p->mss != 0)
		return false;
	if (p->known & SCREEN_SERVER_WINDOW || p->window)
		return false; /* learned only */
	if (p->has & SCREEN_SERVER_WSCALE ? p->wscale > 14 : p->wscale != 0)
		return false;
	return !(p->has & SCREEN_SERVER_MSS);
}

/* Whether a comes before b: what is longer first, then what names a port. */
static bool server_before(const struct screen_server_config *a,
			  const struct screen_server_config *b)
{
	int order = memcmp(a->address, b->address, sizeof(a->address));

	if (a->length != b->length)
		return a->length > b->length;
	if (order)
		return order < 0;
	return a->port > b->port; /* 0, any port, comes last; and none comes twice */
}

static const char *check_server(const struct screen_snapshot *s, uint32_t i)
{
	const struct screen_server_config *c = &s->servers[i];

	if (c->length > 128 || !host_bits_zero(c->address, c->length))
		return "a server profile's prefix is no prefix";
	if (c->admission > SCREEN_ADMISSION_SAFE_RESET || c->no_probe > 1)
		return "a server profile is out of range";
	if (!zeros(c->reserved, sizeof(c->reserved)))
		return "reserved bytes of a server profile are not zero";
	if (!server_profile_ok(&c->profile))
		return "a server profile is out of range";
	if (i && !server_before(c - 1, c))
		return "the server profiles are not in order";
	return NULL;
}

static const char *check_all(const struct screen_snapshot *s, uint32_t count, uint32_t *at,
			     const char *(*check)(const struct screen_snapshot *, uint32_t))
{
	for (uint32_t i = 0; i < count; i++) {
		const char *error = check(s, i);

		if (error) {
			*at = i;
			return error;
		}
	}
	return NULL;
}

const char *screen_snapshot_validate(const uint8_t *buffer, size_t size,
				     const uint8_t digest[SCREEN_DIGEST_SIZE],
				     struct screen_snapshot *s, uint32_t *at)
{
	const struct screen_snapshot_header *h = (const void *)buffer;
	const char *error;

	*at = 0;
	if (size < sizeof(*h) || size > UINT32_MAX)
		return "the buffer is shorter than a header";
	error = check_header(h, size, digest);
	if (error)
		return error;
	s->header = h;
	s->zones = (const void *)(buffer + h->zones.offset);
	s->ports = (const void *)(buffer + h->ports.offset);
	s->wires = (const void *)(buffer + h->wires.offset);
	s->profiles = (const void *)(buffer + h->profiles.offset);
	s->prefixes = (const void *)(buffer + h->prefixes.offset);
	s->servers = (const void *)(buffer + h->servers.offset);
	/* Names first: what follows compares them. Wires before ports use each other's indices only
	 * after both have been bounded by check_wire. */
	error = check_all(s, h->zones.count, at, check_zone);
	if (!error)
		error = check_all(s, h->wires.count, at, check_wire);
	if (!error)
		error = check_all(s, h->ports.count, at, check_port);
	if (!error)
		error = check_all(s, h->prefixes.count, at, check_prefix);
	if (!error)
		error = check_all(s, h->profiles.count, at, check_profile);
	if (!error)
		error = check_all(s, h->servers.count, at, check_server);
	return error;
}
