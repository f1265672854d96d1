/*
 * What host ports need, proved. A connection is made by the admitter in a network namespace of its own:
 * a listener there gets an ACK with a cookie that nobody but the admitter could take.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if.h>
#include <poll.h>
#include <sched.h>
#include <sodium.h>
#include <sys/mman.h>
#include <unistd.h>

#include "admit.skel.h"
#include "capability.h"
#include "hostmaps.h"
#include "netlink.h"
#include "proof.h"
#include "reply.h"
#include "syncookies.h"

enum {
	LOOPBACK = 1, /* its index in every namespace */
	ACCEPT_MS = 1000,
	FORGED_PORT = 40000,
	VALID_PORT = 40001,
	TRIAL_EPOCH = 7,
	TRIAL_ISN = 0x01020304,
};

/* One attempt; what is open of it. */
struct trial {
	struct screen_proof *proof;
	struct admit *admit;
	struct screen_cookie_key key;
	int listener, raw;
	uint16_t port;
};

static bool say(struct screen_proof *p, enum screen_answer answer, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static bool say(struct screen_proof *p, enum screen_answer answer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	screen_proof_set_list(p, answer, format, arguments);
	va_end(arguments);
	return answer == SCREEN_YES;
}

static bool open_namespace(struct trial *t)
{
	if (unshare(CLONE_NEWNET))
		return say(t->proof, SCREEN_UNKNOWN, "it needs a network namespace of its own to try: %s "
			   "(CAP_SYS_ADMIN)", strerror(errno));
	if (screen_netlink_set_flags(LOOPBACK, IFF_UP, IFF_UP))
		return say(t->proof, SCREEN_UNKNOWN, "the loopback of a namespace cannot be set up");
	return true;
}

static bool open_sockets(struct trial *t)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);

	t->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	t->raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (t->listener < 0 || t->raw < 0 || bind(t->listener, (struct sockaddr *)&at, size) ||
	    listen(t->listener, 4) || getsockname(t->listener, (struct sockaddr *)&at, &size))
		return say(t->proof, SCREEN_UNKNOWN, "no listener to try it with: %s", strerror(errno));
	t->port = ntohs(at.sin_port);
	return true;
}

static bool fill_maps(struct trial *t)
{
	struct screen_host_policy policy = { .zone[0] = { .act = SCREEN_HOST_CHALLENGE,
							  .admission = SCREEN_ADMISSION_KERNEL,
							  .attack_threshold = 1 } };
	struct screen_host_keys keys = { .check_epoch = TRIAL_EPOCH,
					 .valid_until_ns = screen_clocks_now().boot + 60000000000ull };
	struct screen_meters *meters = mmap(NULL, sizeof(*meters), PROT_READ | PROT_WRITE, MAP_SHARED,
					    bpf_map__fd(t->admit->maps.meters), 0);

	if (meters == MAP_FAILED)
		return say(t->proof, SCREEN_UNKNOWN, "the meters cannot be mapped");
	meters->zone[0].first_ns = screen_now_ns(); /* cookies may be under way */
	munmap(meters, sizeof(*meters));
	randombytes_buf(&t->key, sizeof(t->key));
	keys.zone[0].current = t->key;
	if (screen_hostmaps_swap(bpf_map__fd(t->admit->maps.policies), &policy, sizeof(policy)) ||
	    screen_hostmaps_swap(bpf_map__fd(t->admit->maps.keys), &keys, sizeof(keys)))
		return say(t->proof, SCREEN_UNKNOWN, "keys cannot be handed to the kernel");
	return true;
}

static bool load_admitter(struct trial *t)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = LOOPBACK, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = 1, .priority = 1);

	t->admit = admit__open_and_load();
	if (!t->admit)
		return say(t->proof, SCREEN_NO, "the kernel refuses the admitter: %s", strerror(errno));
	if (!fill_maps(t))
		return false;
	filter.prog_fd = bpf_program__fd(t->admit->progs.screen_admit);
	if (bpf_tc_hook_create(&hook) || bpf_tc_attach(&hook, &filter))
		return say(t->proof, SCREEN_NO, "TC programs cannot be attached: %s", strerror(errno));
	return true;
}

/* An ACK to the listener from a port of the loopback, with this cookie. */
static bool send_ack(struct trial *t, uint16_t sport, uint32_t isn)
{
	struct screen_packet q = { .l3 = 14, .family = 4, .sport = sport, .dport = t->port };
	struct screen_segment s = { .seq = TRIAL_ISN + 1, .ack = isn + 1, .flags = SCREEN_TCP_ACK,
				    .window = 1000 };
	uint8_t from[SCREEN_SYNTHETIC_MAX] = { [12] = 8, [14] = 0x45, [22] = 64, [26] = 127, [29] = 1,
					       [30] = 127, [33] = 1 };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint8_t frame[SCREEN_SYNTHETIC_MAX];
	uint32_t length = screen_reply_onward(frame, from, &q, &s);

	if (sendto(t->raw, frame + 14, length - 14, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return say(t->proof, SCREEN_UNKNOWN, "nothing can be sent: %s", strerror(errno));
	return true;
}

static uint32_t cookie_for(const struct trial *t, uint16_t sport)
{
	struct screen_tuple tuple = { .source = { 127, 0, 0, 1 }, .destination = { 127, 0, 0, 1 },
				      .sport = sport, .dport = t->port, .family = 4 };
	struct screen_agreed agreed = { .mss = 1460 };

	return screen_cookie_mint(&t->key, TRIAL_EPOCH, &tuple, TRIAL_ISN, &agreed).isn;
}

static bool accepts(struct trial *t)
{
	struct pollfd ready = { .fd = t->listener, .events = POLLIN };
	struct sockaddr_in who = { 0 };
	socklen_t size = sizeof(who);
	int connection;

	if (poll(&ready, 1, ACCEPT_MS) <= 0)
		return say(t->proof, SCREEN_NO, "a listener got no connection from a valid cookie: "
			   "bpf_sk_assign_tcp_reqsk is of Linux 6.9");
	connection = accept(t->listener, (struct sockaddr *)&who, &size);
	if (connection >= 0)
		close(connection);
	if (ntohs(who.sin_port) != VALID_PORT)
		return say(t->proof, SCREEN_NO, "a forged cookie opened a connection");
	return say(t->proof, SCREEN_YES, "%s", "");
}

static void *run(void *data)
{
	struct trial *t = data;

	if (open_namespace(t) && open_sockets(t) && load_admitter(t) &&
	    send_ack(t, FORGED_PORT, ~cookie_for(t, FORGED_PORT)) &&
	    send_ack(t, VALID_PORT, cookie_for(t, VALID_PORT)))
		(void)accepts(t);
	admit__destroy(t->admit);
	if (t->listener >= 0)
		close(t->listener);
	if (t->raw >= 0)
		close(t->raw);
	sodium_memzero(&t->key, sizeof(t->key));
	return NULL;
}

/* In a thread: it cannot leave the namespace. */
static void try_admission(struct screen_proof *proof)
{
	struct trial t = { .proof = proof, .listener = -1, .raw = -1 };
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, &t))
		(void)say(proof, SCREEN_UNKNOWN, "no thread to try it in");
	else
		pthread_join(thread, NULL);
}

static void prove_admission(struct screen_proof *proof)
{
	int value = screen_syncookies_read();

	if (value < 0)
		(void)say(proof, SCREEN_UNKNOWN, "net.ipv4.tcp_syncookies cannot be read");
	else if (value == 0)
		(void)say(proof, SCREEN_NO, "net.ipv4.tcp_syncookies is 0: then the kernel admits nobody by "
			  "a cookie");
	else
		try_admission(proof);
}

static void prove_cookies(struct screen_proof *proof)
{
	int result = screen_syncookies_probe();

	if (result)
		(void)say(proof, SCREEN_NO, "net.ipv4.tcp_syncookies cannot be written: %s",
			  strerror(-result));
	else
		(void)say(proof, SCREEN_YES, "%s", "");
}

void screen_capability_prove_host(const struct screen_config *config, struct screen_capabilities *c)
{
	bool any = false;

	for (uint32_t i = 0; i < config->snapshot.header->ports.count; i++)
		any |= config->snapshot.ports[i].wire == SCREEN_NONE;
	if (!any) {
		(void)say(&c->kernel_admission, SCREEN_UNKNOWN, "there is no host port");
		(void)say(&c->kernel_cookies, SCREEN_UNKNOWN, "there is no host port");
		return;
	}
	prove_admission(&c->kernel_admission);
	prove_cookies(&c->kernel_cookies);
}
