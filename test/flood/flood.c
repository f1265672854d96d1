// A bounded flood of spoofed TCP segments, SYNs unless other flags are asked for, for network namespaces
// that a test made.
//
// Every frame is a whole, correct segment: source address anywhere in a prefix, source port, sequence
// numbers and timestamp random, the checksums right. A frame is a template in which a few fields change, so
// its checksums are the template's sums plus those fields (RFC 1624 without the subtraction: the
// fields are zero in the template).
//
// Frames leave through AF_PACKET, past the queueing discipline, a batch to a system call. A TX ring
// was tried and is a tenth slower through veths and a bridge: its frames are page fragments.
//
// It refuses to run in the initial network namespace, which may hold a real network.
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM "flood"
#include "../tool/namespace.h"
#include "../tool/program.h"

enum {
	BATCH = 64,
	FRAME_LEN_MAX = 128,
	PORTS_MAX = 65536,
	SECONDS_MAX = 120,
	THREADS_MAX = 16,
	CATCH_UP_NS_MAX = 20 * 1000 * 1000, // a stalled sender makes up for at most this much
	TCP_LEN = 20,
	TCP_OPTIONS_LEN = 20,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_ACK = 0x10,
};

struct settings {
	const char *interface;
	int ifindex;
	int family;
	uint8_t source[16];
	unsigned int prefix_len;
	uint8_t destination[16];
	uint16_t *ports;
	size_t port_count;
	uint8_t smac[ETH_ALEN], dmac[ETH_ALEN];
	bool has_smac, has_dmac;
	uint64_t rate;
	unsigned int seconds;
	unsigned int vlan;
	bool linux_options;
	uint8_t flags; // of the TCP header
	unsigned int threads;
	bool json;
	bool i_know;
};

// The frame that all others are made from: the fields that change are zero in it, and the sums
// leave them and the checksum fields out.
struct template {
	uint8_t frame[FRAME_LEN_MAX];
	size_t len;
	size_t source_at, source_len;
	size_t ip_at, tcp_at;
	uint32_t ip_sum, tcp_sum;
};

struct sender {
	const struct settings *set;
	const struct template *tpl;
	pthread_t thread;
	int fd;
	uint64_t rng;
	uint64_t rate;
	uint64_t sent, errors;
	uint8_t frames[BATCH][FRAME_LEN_MAX];
	struct mmsghdr msgs[BATCH];
	struct iovec iovs[BATCH];
};

// xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled".
static uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545f4914f6cdd1du;
}

// Sums in network byte order: the one's complement sum does not care, as long as all agree.
static uint32_t sum16(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;
	uint16_t word;

	for (size_t i = 0; i + 1 < len; i += 2) {
		memcpy(&word, bytes + i, sizeof(word));
		sum += word;
	}
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *at, uint16_t host)
{
	at[0] = (uint8_t)(host >> 8);
	at[1] = (uint8_t)host;
}

// The options of a Linux SYN, in its order: MSS, SACK permitted, timestamps, NOP, window scale.
static void template_options(uint8_t *at, uint16_t mss)
{
	static const uint8_t options[TCP_OPTIONS_LEN] = {
		2, 4, 0, 0, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7,
	};

	memcpy(at, options, sizeof(options));
	put16(at + 2, mss);
}

static size_t template_ethernet(struct template *tpl, const struct settings *set)
{
	bool v6 = set->family == AF_INET6;
	size_t at = 2 * ETH_ALEN;

	memcpy(tpl->frame, set->dmac, ETH_ALEN);
	memcpy(tpl->frame + ETH_ALEN, set->smac, ETH_ALEN);
	if (set->vlan) {
		put16(tpl->frame + at, ETHERTYPE_VLAN);
		put16(tpl->frame + at + 2, (uint16_t)set->vlan);
		at += 4;
	}
	put16(tpl->frame + at, v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	return at + 2;
}

static void template_ipv4(struct template *tpl, const struct settings *set, size_t tcp_len)
{
	uint8_t *ip = tpl->frame + tpl->ip_at;

	ip[0] = 0x45;
	put16(ip + 2, (uint16_t)(20 + tcp_len));
	ip[6] = 0x40; // don't fragment
	ip[8] = 64;
	ip[9] = IPPROTO_TCP;
	memcpy(ip + 16, set->destination, 4);
	tpl->source_at = tpl->ip_at + 12;
	tpl->source_len = 4;
	tpl->tcp_at = tpl->ip_at + 20;
	tpl->ip_sum = sum16(ip, 20);
}

static void template_ipv6(struct template *tpl, const struct settings *set, size_t tcp_len)
{
	uint8_t *ip = tpl->frame + tpl->ip_at;

	ip[0] = 0x60;
	put16(ip + 4, (uint16_t)tcp_len);
	ip[6] = IPPROTO_TCP;
	ip[7] = 64;
	memcpy(ip + 24, set->destination, 16);
	tpl->source_at = tpl->ip_at + 8;
	tpl->source_len = 16;
	tpl->tcp_at = tpl->ip_at + 40;
}

static void template_tcp(struct template *tpl, const struct settings *set, size_t tcp_len)
{
	bool v6 = set->family == AF_INET6;
	uint8_t *tcp = tpl->frame + tpl->tcp_at;

	tcp[12] = (uint8_t)(tcp_len / 4 << 4);
	tcp[13] = set->flags;
	put16(tcp + 14, v6 ? 64800 : 64240);
	if (set->linux_options)
		template_options(tcp + TCP_LEN, v6 ? 1440 : 1460);
	// the pseudo header without the source address, which changes
	tpl->tcp_sum = sum16(tcp, tcp_len) + sum16(set->destination, tpl->source_len) +
		       htons(IPPROTO_TCP) + htons((uint16_t)tcp_len);
}

static void template_build(struct template *tpl, const struct settings *set)
{
	size_t tcp_len = TCP_LEN + (set->linux_options ? TCP_OPTIONS_LEN : 0);

	memset(tpl, 0, sizeof(*tpl));
	tpl->ip_at = template_ethernet(tpl, set);
	if (set->family == AF_INET6)
		template_ipv6(tpl, set, tcp_len);
	else
		template_ipv4(tpl, set, tcp_len);
	template_tcp(tpl, set, tcp_len);
	tpl->len = tpl->tcp_at + tcp_len;
}

// A random address in the prefix, written to `at`.
static void put_source(uint8_t *at, size_t len, const struct settings *set, uint64_t *rng)
{
	uint64_t noise[2] = { random_next(rng), len > 8 ? random_next(rng) : 0 };
	unsigned int whole = set->prefix_len / 8, bits = set->prefix_len % 8;

	memcpy(at, noise, len);
	memcpy(at, set->source, whole);
	if (bits) {
		uint8_t mask = (uint8_t)(0xff << (8 - bits));

		at[whole] = (uint8_t)((set->source[whole] & mask) | (at[whole] & ~mask));
	}
}

// Makes the next segment out of a frame that began as a copy of the template.
static void frame_vary(uint8_t *frame, struct sender *s)
{
	const struct template *tpl = s->tpl;
	uint8_t *ip = frame + tpl->ip_at, *tcp = frame + tpl->tcp_at;
	uint64_t a = random_next(&s->rng), b = random_next(&s->rng);
	uint16_t sport = htons((uint16_t)(1024 + (a & 0xffff) % 64512));
	uint16_t dport = htons(s->set->ports[(a >> 16 & 0xffff) % s->set->port_count]);
	uint32_t isn = (uint32_t)(a >> 32), tsval = (uint32_t)(b >> 32);
	uint16_t id = (uint16_t)b, check;
	uint32_t source_sum, sum;

	put_source(frame + tpl->source_at, tpl->source_len, s->set, &s->rng);
	source_sum = sum16(frame + tpl->source_at, tpl->source_len);
	if (tpl->ip_sum) {
		memcpy(ip + 4, &id, 2);
		check = fold(tpl->ip_sum + id + source_sum);
		memcpy(ip + 10, &check, 2);
	}
	memcpy(tcp, &sport, 2);
	memcpy(tcp + 2, &dport, 2);
	memcpy(tcp + 4, &isn, 4);
	sum = tpl->tcp_sum + source_sum + sport + dport + (isn & 0xffff) + (isn >> 16);
	if (s->set->linux_options) {
		memcpy(tcp + TCP_LEN + 8, &tsval, 4);
		sum += (tsval & 0xffff) + (tsval >> 16);
	}
	if (s->set->flags & TCP_ACK) {
		uint32_t ack = (uint32_t)random_next(&s->rng);

		memcpy(tcp + 8, &ack, 4);
		sum += (ack & 0xffff) + (ack >> 16);
	}
	check = fold(sum);
	memcpy(tcp + 16, &check, 2);
}

static int sender_open(struct sender *s)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = s->set->ifindex };
	int one = 1, sndbuf = 8 << 20;

	s->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); // protocol 0: receives nothing
	if (s->fd < 0)
		return -errno;
	if (bind(s->fd, (struct sockaddr *)&to, sizeof(to)) ||
	    setsockopt(s->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		return -errno;
	// a far end that queues holds our buffers: not fatal where it is refused
	(void)setsockopt(s->fd, SOL_SOCKET, SO_SNDBUFFORCE, &sndbuf, sizeof(sndbuf));
	for (size_t i = 0; i < BATCH; i++) {
		memcpy(s->frames[i], s->tpl->frame, s->tpl->len);
		s->iovs[i] = (struct iovec){ s->frames[i], s->tpl->len };
		s->msgs[i].msg_hdr.msg_iov = &s->iovs[i];
		s->msgs[i].msg_hdr.msg_iovlen = 1;
	}
	return 0;
}

// How many frames are due; 0 means that it has waited, not that it is over.
static unsigned int pace(const struct sender *s, uint64_t start, uint64_t *skipped)
{
	uint64_t elapsed, due, done = s->sent + s->errors + *skipped, behind_max;

	if (!s->rate)
		return BATCH;
	elapsed = now_ns() - start;
	due = (uint64_t)((double)elapsed * (double)s->rate / 1e9);
	if (due <= done) {
		uint64_t wait_ns = 1000000000u / s->rate;
		struct timespec ts = { 0, (long)(wait_ns < 50000 ? 50000 : wait_ns) };

		if (ts.tv_nsec >= 100000000)
			ts.tv_nsec = 100000000;
		nanosleep(&ts, NULL);
		return 0;
	}
	behind_max = s->rate * CATCH_UP_NS_MAX / 1000000000u + BATCH;
	if (due - done > behind_max)
		*skipped += due - done - behind_max;
	return due - done < BATCH ? (unsigned int)(due - done) : BATCH;
}

static void transmit(struct sender *s, unsigned int count)
{
	int n;

	for (unsigned int i = 0; i < count; i++)
		frame_vary(s->frames[i], s);
	n = sendmmsg(s->fd, s->msgs, count, 0);
	if (n > 0)
		s->sent += (unsigned int)n;
	else if (n < 0 && errno != EINTR)
		s->errors++;
	if (n < 0 && errno == ENXIO) // the interface is gone
		stopped = 1;
}

static void *sender_run(void *arg)
{
	struct sender *s = arg;
	uint64_t start = now_ns(), end = start + (uint64_t)s->set->seconds * 1000000000u;
	uint64_t skipped = 0;

	while (!stopped && now_ns() < end) {
		unsigned int count = pace(s, start, &skipped);

		if (count)
			transmit(s, count);
	}
	return NULL;
}

static void parse_mac(const char *text, uint8_t mac[ETH_ALEN])
{
	char rest;

	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &mac[0], &mac[1], &mac[2],
		   &mac[3], &mac[4], &mac[5], &rest) != ETH_ALEN)
		die("%s: not a MAC address", text);
}

static int parse_address(const char *text, uint8_t out[16])
{
	if (inet_pton(AF_INET, text, out) == 1)
		return AF_INET;
	if (inet_pton(AF_INET6, text, out) == 1)
		return AF_INET6;
	die("%s: not an address", text);
}

static void parse_source(struct settings *set, char *text)
{
	char *slash = strchr(text, '/');
	unsigned int bits;

	if (slash)
		*slash = '\0';
	set->family = parse_address(text, set->source);
	bits = set->family == AF_INET ? 32 : 128;
	set->prefix_len = slash ? (unsigned int)parse_number("source", slash + 1, 1, bits) : bits;
}

// A or A-B
static void parse_ports(struct settings *set, char *text)
{
	char *dash = strchr(text, '-');
	uint64_t from, to;

	if (dash)
		*dash = '\0';
	from = parse_number("port", text, 1, 65535);
	to = dash ? parse_number("port", dash + 1, from, 65535) : from;
	if (set->port_count + (to - from + 1) > PORTS_MAX)
		die("more than %d ports", PORTS_MAX);
	for (uint64_t port = from; port <= to; port++)
		set->ports[set->port_count++] = (uint16_t)port;
}

static const char usage[] =
	"Usage: synscreen-flood --interface IF --source PREFIX --destination ADDRESS --dmac MAC\n"
	"                       --seconds N [OPTION...]\n"
	"Sends spoofed TCP segments out of an interface of this network namespace.\n"
	"  --port N          destination port, repeatable (default 80); --ports A-B: a range\n"
	"  --smac MAC        source MAC (default the interface's)\n"
	"  --rate PPS        frames per second, all threads together; 0, the default: all it can\n"
	"  --seconds N       1-120\n"
	"  --vlan N          inside an 802.1Q tag\n"
	"  --options KIND    TCP options: linux (default) or none\n"
	"  --flags KIND      syn (default), ack, syn-ack or rst\n"
	"  --threads N       1-16 (default 1)\n"
	"  --json            the summary at the end as JSON\n"
	"  --i-know          run in the initial network namespace all the same\n";

static const struct option options[] = {
	{ "interface", required_argument, NULL, 'i' }, { "source", required_argument, NULL, 's' },
	{ "destination", required_argument, NULL, 'd' }, { "port", required_argument, NULL, 'p' },
	{ "ports", required_argument, NULL, 'p' }, { "smac", required_argument, NULL, 'm' },
	{ "dmac", required_argument, NULL, 'M' }, { "rate", required_argument, NULL, 'r' },
	{ "seconds", required_argument, NULL, 't' }, { "vlan", required_argument, NULL, 'v' },
	{ "options", required_argument, NULL, 'o' }, { "threads", required_argument, NULL, 'n' },
	{ "flags", required_argument, NULL, 'f' }, { "json", no_argument, NULL, 'j' },
	{ "i-know", no_argument, NULL, 'k' }, { "help", no_argument, NULL, 'h' }, { 0 },
};

static uint8_t parse_flags(const char *text)
{
	static const struct {
		const char *name;
		uint8_t flags;
	} kinds[] = { { "syn", TCP_SYN }, { "ack", TCP_ACK }, { "syn-ack", TCP_SYN | TCP_ACK },
		      { "rst", TCP_RST } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(text, kinds[i].name))
			return kinds[i].flags;
	die("--flags %s: syn, ack, syn-ack or rst is wanted", text);
}

static void parse_option(struct settings *set, int option, int *destination_family)
{
	switch (option) {
	case 'i': set->interface = optarg; break;
	case 's': parse_source(set, optarg); break;
	case 'd': *destination_family = parse_address(optarg, set->destination); break;
	case 'p': parse_ports(set, optarg); break;
	case 'm': parse_mac(optarg, set->smac); set->has_smac = true; break;
	case 'M': parse_mac(optarg, set->dmac); set->has_dmac = true; break;
	case 'r': set->rate = parse_number("rate", optarg, 0, 100000000); break;
	case 't': set->seconds = (unsigned int)parse_number("seconds", optarg, 1, SECONDS_MAX); break;
	case 'v': set->vlan = (unsigned int)parse_number("vlan", optarg, 1, 4094); break;
	case 'o':
		set->linux_options = !strcmp(optarg, "linux");
		if (!set->linux_options && strcmp(optarg, "none"))
			die("--options %s: linux or none is wanted", optarg);
		break;
	case 'f': set->flags = parse_flags(optarg); break;
	case 'n': set->threads = (unsigned int)parse_number("threads", optarg, 1, THREADS_MAX); break;
	case 'j': set->json = true; break;
	case 'k': set->i_know = true; break;
	case 'h': fputs(usage, stdout); exit(0);
	default: fputs(usage, stderr); exit(2);
	}
}

static void parse_arguments(struct settings *set, int argc, char **argv)
{
	int option, destination_family = 0;

	*set = (struct settings){ .linux_options = true, .flags = TCP_SYN, .threads = 1 };
	set->ports = calloc(PORTS_MAX, sizeof(*set->ports));
	if (!set->ports)
		die("out of memory");
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		parse_option(set, option, &destination_family);
	if (optind < argc)
		die("%s: not understood", argv[optind]);
	if (!set->interface || !set->family || !destination_family || !set->has_dmac ||
	    !set->seconds)
		die("--interface, --source, --destination, --dmac and --seconds are needed");
	if (set->family != destination_family)
		die("source and destination are of different families");
	if (!set->port_count)
		set->ports[set->port_count++] = 80;
}

static void find_interface(struct settings *set)
{
	struct ifreq ifr = { 0 };
	int fd;

	set->ifindex = (int)if_nametoindex(set->interface);
	if (!set->ifindex)
		die("%s: no such interface", set->interface);
	if (set->has_smac)
		return;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	strncpy(ifr.ifr_name, set->interface, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &ifr))
		die("%s: its MAC address cannot be read: %s", set->interface, strerror(errno));
	memcpy(set->smac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	close(fd);
}

static void start(struct sender *s, const struct settings *set, const struct template *tpl)
{
	int err;

	s->set = set;
	s->tpl = tpl;
	s->rate = set->rate ? (set->rate + set->threads - 1) / set->threads : 0;
	if (getrandom(&s->rng, sizeof(s->rng), 0) != sizeof(s->rng) || !s->rng)
		s->rng = now_ns() | 1;
	err = sender_open(s);
	if (err)
		die("%s: packet socket: %s", set->interface, strerror(-err));
	err = pthread_create(&s->thread, NULL, sender_run, s);
	if (err)
		die("thread: %s", strerror(err));
}

static void report(const struct settings *set, uint64_t sent, uint64_t errors, double seconds)
{
	const char *format = set->json ?
		"{\"sent\":%lu,\"errors\":%lu,\"seconds\":%.3f,\"rate\":%.0f}\n" :
		"%lu segments sent, %lu errors, in %.3f s: %.0f per second\n";

	printf(format, (unsigned long)sent, (unsigned long)errors, seconds,
	       seconds > 0 ? (double)sent / seconds : 0.0);
}

int main(int argc, char **argv)
{
	static struct sender senders[THREADS_MAX];
	struct settings set;
	struct template tpl;
	uint64_t began, sent = 0, errors = 0;

	parse_arguments(&set, argc, argv);
	if (in_initial_namespace() && !set.i_know)
		die("this is the initial network namespace: run it inside one made for it, by "
		    "`ip netns exec`");
	find_interface(&set);
	template_build(&tpl, &set);
	stop_at_signals();
	began = now_ns();
	for (unsigned int i = 0; i < set.threads; i++)
		start(&senders[i], &set, &tpl);
	for (unsigned int i = 0; i < set.threads; i++) {
		pthread_join(senders[i].thread, NULL);
		sent += senders[i].sent;
		errors += senders[i].errors;
	}
	report(&set, sent, errors, (double)(now_ns() - began) / 1e9);
	free(set.ports);
	return sent ? 0 : 1;
}
