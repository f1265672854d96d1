// A storm of spoofed SYNs, or of other segments of no flow, at a given rate, up to millions a second from
// one processor, for network namespaces that a benchmark made: XDP frames are made by BPF_PROG_TEST_RUN and
// never see a stack. What comes back for the spoofed addresses, 198.18.0.0/16, is counted and dropped by a
// program on the same interface, which stays there when the storm is over: so no veth is switched under
// load.
//
// It refuses to run in the initial network namespace, which may hold a real network.
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <getopt.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PROGRAM "storm"
#include "../../test/tool/namespace.h"
#include "../../test/tool/program.h"
#include "storm.h"
#include "storm.skel.h"

enum { SYN = 0x02, RST = 0x04, ACK = 0x10 }; /* flags */
enum { ETHERNET = 14 };

struct settings {
	const char *interface;
	unsigned int ifindex;
	unsigned char smac[6], dmac[6], destination[4];
	bool has_dmac, has_destination;
	uint64_t rate, milliseconds;
	const struct kind *kind;
};

/* Segments that a storm can be of. */
static const struct kind {
	const char *name;
	unsigned char flags;
} kinds[] = { { "syn", SYN }, { "ack", ACK }, { "rst", RST }, { "syn-ack", SYN | ACK } };

static bool is_long(const struct settings *set)
{
	return set->kind->flags & SYN;
}

static uint32_t sum16(const unsigned char *bytes, size_t length)
{
	uint32_t sum = 0;
	uint16_t word;

	for (size_t i = 0; i + 1 < length; i += 2) {
		memcpy(&word, bytes + i, 2);
		sum += word;
	}
	return sum;
}

/* Linux's options: of a SYN MSS, SACK permitted, timestamps, NOP, window scale; of all else two NOPs and
 * timestamps. */
static void template_build(struct storm_template *t, const struct settings *set)
{
	static const unsigned char headers[60] = {
		0x45, 0, 0, 60, 0, 0, 0x40, 0, 64, 6, 0, 0, 198, 18, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0xa0, 0x02, 0xfa, 0xf0, 0, 0, 0, 0,
		2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7,
	};
	static const unsigned char timestamps[12] = { 1, 1, 8, 10 };
	unsigned char *ip = t->frame + ETHERNET, *tcp = ip + 20;
	uint8_t size = 40;

	memset(t, 0, sizeof(*t));
	memcpy(t->frame, set->dmac, 6);
	memcpy(t->frame + 6, set->smac, 6);
	t->frame[12] = 8; /* IPv4 */
	memcpy(ip, headers, sizeof(headers));
	memcpy(ip + 16, set->destination, 4);
	tcp[13] = set->kind->flags;
	if (!is_long(set)) {
		size = 32;
		memcpy(tcp + 20, timestamps, sizeof(timestamps));
		ip[3] = (uint8_t)(20 + size);
		tcp[12] = (uint8_t)(size << 2); /* in words, in the upper half */
	}
	t->ip_sum = sum16(ip, 20);
	t->tcp_sum = sum16(ip + 12, 8u + size) + htons(IPPROTO_TCP) + htons(size);
}

static void find_interface(struct settings *set)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	set->ifindex = if_nametoindex(set->interface);
	strncpy(ifr.ifr_name, set->interface, IFNAMSIZ - 1);
	if (fd < 0 || !set->ifindex || ioctl(fd, SIOCGIFHWADDR, &ifr))
		die("%s: %s", set->interface, strerror(errno));
	memcpy(set->smac, ifr.ifr_hwaddr.sa_data, 6);
	close(fd);
}

static const char usage[] =
	"Usage: bench-storm --interface IF --destination ADDRESS --dmac MAC [OPTION...]\n"
	"  --rate PPS          segments per second to port 80; 0: as many as can be (default)\n"
	"  --flags KIND        syn (default), ack, rst or syn-ack\n"
	"  --milliseconds N    for so long; 0: only attach the program that counts answers (default)\n";

static const struct option options[] = {
	{ "interface", required_argument, NULL, 'i' }, { "destination", required_argument, NULL, 'd' },
	{ "dmac", required_argument, NULL, 'M' }, { "rate", required_argument, NULL, 'r' },
	{ "milliseconds", required_argument, NULL, 't' },
	{ "flags", required_argument, NULL, 'f' }, { 0 },
};

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	die("--flags %s: syn, ack, rst or syn-ack is wanted", name);
}

static void parse_arguments(struct settings *set, int argc, char **argv)
{
	int option;

	memset(set, 0, sizeof(*set));
	set->kind = kinds;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		unsigned char *m = set->dmac;

		switch (option) {
		case 'i': set->interface = optarg; break;
		case 'd': set->has_destination = inet_pton(AF_INET, optarg, set->destination) == 1; break;
		case 'M':
			set->has_dmac = sscanf(optarg, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &m[0],
					       &m[1], &m[2], &m[3], &m[4], &m[5]) == 6;
			break;
		case 'r': set->rate = parse_number("rate", optarg, 0, 10000000); break;
		case 't': set->milliseconds = parse_number("milliseconds", optarg, 0, 120000); break;
		case 'f': set->kind = find_kind(optarg); break;
		default: fputs(usage, stderr); exit(2);
		}
	}
	if (!set->interface || !set->has_destination || !set->has_dmac) {
		fputs(usage, stderr);
		exit(2);
	}
}

static int quiet(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, arguments) : 0;
}

static struct storm *load(const struct settings *set)
{
	struct storm *s = storm__open();

	libbpf_set_print(quiet);
	if (!s)
		die("the programs could not be opened");
	template_build(&s->bss->template, set);
	s->rodata->rate = set->rate;
	s->rodata->acknowledges = set->kind->flags & ACK;
	s->rodata->length = is_long(set) ? STORM_LENGTH : STORM_SHORT;
	s->rodata->tsval = ETHERNET + 20 + 20 + (is_long(set) ? 8 : 4);
	if (storm__load(s))
		die("the programs could not be loaded");
	if (bpf_xdp_attach((int)set->ifindex, bpf_program__fd(s->progs.gate), XDP_FLAGS_DRV_MODE,
			   NULL))
		die("%s: the program that counts could not be attached", set->interface);
	return s;
}

/* The kernel makes frames until a signal comes. */
static void run(struct storm *s, const struct settings *set)
{
	struct itimerval end = { .it_value = { (time_t)(set->milliseconds / 1000),
					       (suseconds_t)(set->milliseconds % 1000 * 1000) } };
	struct sigaction on = { .sa_handler = on_signal };
	struct xdp_md ctx = { .data_end = s->rodata->length, .ingress_ifindex = set->ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = s->bss->template.frame,
		    .data_size_in = s->rodata->length, .ctx_in = &ctx, .ctx_size_in = sizeof(ctx),
		    .repeat = 1 << 30, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	sigaction(SIGALRM, &on, NULL);
	stop_at_signals();
	setitimer(ITIMER_REAL, &end, NULL);
	while (!stopped) {
		int err = bpf_prog_test_run_opts(bpf_program__fd(s->progs.storm), &o);

		if (err && err != -EINTR)
			die("BPF_PROG_TEST_RUN: %s", strerror(-err));
	}
}

int main(int argc, char **argv)
{
	struct settings set;
	struct storm *s;
	uint64_t began;
	double seconds;

	parse_arguments(&set, argc, argv);
	if (in_initial_namespace())
		die("this is the initial network namespace: run it inside one made for it, by "
		    "`ip netns exec`");
	find_interface(&set);
	s = load(&set);
	if (set.milliseconds == 0)
		return 0;
	s->data->random ^= now_ns() << 1;
	began = s->bss->due = now_ns();
	run(s, &set);
	seconds = (double)(now_ns() - began) / 1e9;
	printf("{\"sent\":%llu,\"answers\":%llu,\"others\":%llu,\"seconds\":%.3f}\n",
	       (unsigned long long)s->bss->sent, (unsigned long long)s->bss->answers,
	       (unsigned long long)s->bss->others, seconds);
	return 0;
}
