// A bad link between two interfaces, for network namespaces that a test made and for kernels without
// netem: what comes in by one goes out by the other, but some of it is lost, some comes twice, and some
// is held for a while, so that what comes later overtakes it.
//
// Who draws is a generator per direction with a seed: the n-th frame of a direction meets the same fate
// in every run. Whatever is not lost goes on as it came, its tags included.
//
// Packet sockets see what the sender's kernel left to hardware undone: a checksum that is yet to be
// completed, or a segment that is yet to be cut. Nobody would do it behind this relay, so it ends
// with an error when it meets such a frame: the ends' offloads must be off.
//
// It refuses to run in the initial network namespace, which may hold a real network.
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM "relay"
#include "../tool/namespace.h"
#include "../tool/program.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

enum {
	FRAME_MAX = 9216, // a frame that is longer was not cut by its sender
	TAG = 4,
	HELD_MAX = 4096, // per direction; beyond, nothing more is held
	TURN_MAX = 64,	 // frames of one direction before the other has its turn
	DRAIN_MAX = 65536,
	SECONDS_MAX = 600,
	HOLD_MS_MAX = 1000,
	SOCKET_BUFFER = 16 << 20,
};

struct settings {
	const char *name[2]; // of the two interfaces
	uint32_t loss, duplicate, reorder; // chances, of 2^32
	uint64_t hold_ns;
	uint64_t seed;
	unsigned int seconds;
};

struct held {
	uint64_t due_ns;
	uint8_t *frame;
	size_t len;
};

// One direction: from the interface of `in` to that of `out`.
struct way {
	int in, out;
	uint64_t rng;
	// received - lost + duplicated == sent + failed; overrun: what the kernel had no room for
	uint64_t received, lost, duplicated, reordered, crowded, sent, failed, overrun;
	struct held held[HELD_MAX]; // a ring: all are held for as long, so the first is due first
	size_t held_first, held_count;
};

// splitmix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators". Any seed will do.
static uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static bool happens(struct way *w, uint32_t chance)
{
	return (uint32_t)(random_next(&w->rng) >> 32) < chance;
}

static void transmit(struct way *w, const uint8_t *frame, size_t len)
{
	if (send(w->out, frame, len, 0) == (ssize_t)len)
		w->sent++;
	else
		w->failed++;
}

static void hold(struct way *w, const uint8_t *frame, size_t len, uint64_t due_ns)
{
	struct held *h = &w->held[(w->held_first + w->held_count) % HELD_MAX];

	h->frame = malloc(len);
	if (!h->frame)
		die("out of memory");
	memcpy(h->frame, frame, len);
	h->len = len;
	h->due_ns = due_ns;
	w->held_count++;
	w->reordered++;
}

// Sends what is due by then.
static void release(struct way *w, uint64_t then_ns)
{
	while (w->held_count && w->held[w->held_first].due_ns <= then_ns) {
		struct held *h = &w->held[w->held_first];

		transmit(w, h->frame, h->len);
		free(h->frame);
		w->held_first = (w->held_first + 1) % HELD_MAX;
		w->held_count--;
	}
}

static void pass(struct way *w, const struct settings *set, const uint8_t *frame, size_t len)
{
	int copies = 1;

	w->received++;
	if (happens(w, set->loss)) {
		w->lost++;
		return;
	}
	if (happens(w, set->duplicate)) {
		w->duplicated++;
		copies = 2;
	}
	while (copies--) {
		bool wait = happens(w, set->reorder);

		if (wait && w->held_count == HELD_MAX) {
			w->crowded++;
			wait = false;
		}
		if (wait)
			hold(w, frame, len, now_ns() + set->hold_ns);
		else
			transmit(w, frame, len);
	}
}

// What the kernel says of a frame beside its bytes.
static struct tpacket_auxdata auxdata_of(struct msghdr *msg)
{
	struct tpacket_auxdata aux = { 0 };

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA)
			memcpy(&aux, CMSG_DATA(c), sizeof(aux));
	return aux;
}

// Puts the tag back that the kernel has taken off. There is room for it before the frame.
static uint8_t *with_tag(uint8_t *frame, size_t *len, const struct tpacket_auxdata *aux)
{
	uint16_t tpid = aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid : ETH_P_8021Q;

	if (!(aux->tp_status & TP_STATUS_VLAN_VALID))
		return frame;
	memmove(frame - TAG, frame, 2 * ETH_ALEN);
	frame -= TAG;
	frame[12] = (uint8_t)(tpid >> 8);
	frame[13] = (uint8_t)tpid;
	frame[14] = (uint8_t)(aux->tp_vlan_tci >> 8);
	frame[15] = (uint8_t)aux->tp_vlan_tci;
	*len += TAG;
	return frame;
}

// Takes one frame; false when there is none.
static bool take(struct way *w, const struct settings *set, const char *name)
{
	static uint8_t room[TAG + FRAME_MAX];
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct iovec iov = { room + TAG, FRAME_MAX };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(w->in, &msg, MSG_DONTWAIT | MSG_TRUNC);
	struct tpacket_auxdata aux;
	uint8_t *frame = room + TAG;
	size_t len = (size_t)n;

	if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENETDOWN))
		return false;
	if (n < 0)
		die("%s: receive: %s", name, strerror(errno));
	aux = auxdata_of(&msg);
	if (n > FRAME_MAX)
		die("%s: a frame of %zd bytes: its sender's segmentation offload is on", name, n);
	if (aux.tp_status & TP_STATUS_CSUMNOTREADY)
		die("%s: a frame without its checksum: its sender's checksum offload is on", name);
	frame = with_tag(frame, &len, &aux);
	pass(w, set, frame, len);
	return true;
}

static int timeout_ms(const struct way ways[2], uint64_t end_ns)
{
	uint64_t next = end_ns, now = now_ns();

	for (int i = 0; i < 2; i++)
		if (ways[i].held_count && ways[i].held[ways[i].held_first].due_ns < next)
			next = ways[i].held[ways[i].held_first].due_ns;
	return next <= now ? 0 : (int)((next - now + 999999) / 1000000);
}

static void run(struct way ways[2], const struct settings *set)
{
	uint64_t end_ns = now_ns() + (uint64_t)set->seconds * 1000000000u;

	while (!stopped && now_ns() < end_ns) {
		struct pollfd polled[2] = { { .fd = ways[0].in, .events = POLLIN },
					    { .fd = ways[1].in, .events = POLLIN } };

		if (poll(polled, 2, timeout_ms(ways, end_ns)) < 0 && errno != EINTR)
			die("poll: %s", strerror(errno));
		for (int i = 0; i < 2; i++) {
			for (int n = 0; n < TURN_MAX && take(&ways[i], set, set->name[i]); n++)
				release(&ways[i], now_ns());
			release(&ways[i], now_ns());
		}
	}
	// what has come before the end goes on, too
	for (int i = 0; i < 2; i++) {
		for (int n = 0; n < DRAIN_MAX && take(&ways[i], set, set->name[i]); n++)
			;
		release(&ways[i], UINT64_MAX);
	}
}

static int packet_socket(const char *name)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd, one = 1, room = SOCKET_BUFFER;

	at.sll_ifindex = (int)if_nametoindex(name);
	if (!at.sll_ifindex)
		die("%s: no such interface", name);
	// protocol 0 until it is bound: what other interfaces receive is not for it
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)))
		die("%s: packet socket: %s", name, strerror(errno));
	return fd;
}

static void open_ways(struct way ways[2], const struct settings *set)
{
	int a = packet_socket(set->name[0]), b = packet_socket(set->name[1]);

	ways[0].in = ways[1].out = a;
	ways[0].out = ways[1].in = b;
	ways[0].rng = set->seed;
	ways[1].rng = ~set->seed;
}

static void report_way(struct way *w, const char *name)
{
	struct tpacket_stats stats = { 0 };
	socklen_t size = sizeof(stats);

	if (!getsockopt(w->in, SOL_PACKET, PACKET_STATISTICS, &stats, &size))
		w->overrun = stats.tp_drops;
	printf("\"%s\":{\"received\":%lu,\"lost\":%lu,\"duplicated\":%lu,\"reordered\":%lu,"
	       "\"crowded\":%lu,\"sent\":%lu,\"failed\":%lu,\"overrun\":%lu}",
	       name, (unsigned long)w->received, (unsigned long)w->lost,
	       (unsigned long)w->duplicated, (unsigned long)w->reordered,
	       (unsigned long)w->crowded, (unsigned long)w->sent, (unsigned long)w->failed,
	       (unsigned long)w->overrun);
}

static uint32_t parse_chance(const char *name, const char *text)
{
	char *end;
	double percent;

	errno = 0;
	percent = strtod(text, &end);
	if (errno || end == text || *end || !(percent >= 0 && percent <= 50))
		die("--%s %s: a percentage from 0 to 50 is wanted", name, text);
	return (uint32_t)(percent / 100 * 4294967296.0);
}

static const char usage[] =
	"Usage: synscreen-relay --a IF --b IF --seconds N [OPTION...]\n"
	"Hands frames from each of two interfaces of this network namespace to the other, badly.\n"
	"Says \"relaying\" when it has begun, and at the end its counts as JSON: \"a\" is what came in by\n"
	"the first, \"b\" by the second.\n"
	"  --loss P       so many percent of the frames are lost (0-50, default 0)\n"
	"  --duplicate P  so many percent come twice\n"
	"  --reorder P    so many percent are held while others overtake them\n"
	"  --hold-ms N    for so long (1-1000, default 2)\n"
	"  --seed N       of the generators that draw (default 1)\n"
	"  --seconds N    it ends by itself (1-600)\n";

static const struct option options[] = {
	{ "a", required_argument, NULL, 'a' },
	{ "b", required_argument, NULL, 'b' },
	{ "loss", required_argument, NULL, 'l' },
	{ "duplicate", required_argument, NULL, 'd' },
	{ "reorder", required_argument, NULL, 'r' },
	{ "hold-ms", required_argument, NULL, 'H' },
	{ "seed", required_argument, NULL, 's' },
	{ "seconds", required_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static void parse_option(struct settings *set, int option)
{
	switch (option) {
	case 'a': set->name[0] = optarg; break;
	case 'b': set->name[1] = optarg; break;
	case 'l': set->loss = parse_chance("loss", optarg); break;
	case 'd': set->duplicate = parse_chance("duplicate", optarg); break;
	case 'r': set->reorder = parse_chance("reorder", optarg); break;
	case 'H': set->hold_ns = parse_number("hold-ms", optarg, 1, HOLD_MS_MAX) * 1000000; break;
	case 's': set->seed = parse_number("seed", optarg, 0, UINT64_MAX); break;
	case 't': set->seconds = (unsigned int)parse_number("seconds", optarg, 1, SECONDS_MAX); break;
	case 'h': fputs(usage, stdout); exit(0);
	default: fputs(usage, stderr); exit(2);
	}
}

int main(int argc, char **argv)
{
	static struct way ways[2];
	struct settings set = { .hold_ns = 2000000, .seed = 1 };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		parse_option(&set, option);
	if (optind < argc)
		die("%s: not understood", argv[optind]);
	if (!set.name[0] || !set.name[1] || !set.seconds)
		die("--a, --b and --seconds are needed");
	if (in_initial_namespace())
		die("this is the initial network namespace: run it inside one made for it, by "
		    "`ip netns exec`");
	stop_at_signals();
	open_ways(ways, &set);
	puts("relaying");
	fflush(stdout);
	run(ways, &set);
	putchar('{');
	report_way(&ways[0], "a");
	putchar(',');
	report_way(&ways[1], "b");
	puts("}");
	return 0;
}
