/*
 * Listeners of this machine for the twins of a host port, in a network namespace of the test's own, whose
 * loopback has the addresses.
 */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "twins_frame.h"

enum { PORT = 443, MULTIPATH_PORT = 444 };

static int listener, multipath_listener;

static inline void run_command(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static inline int listen_at(uint16_t port, int protocol)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, protocol);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

/* The destinations of world_family() are this machine's. */
static inline void begin_listening(void)
{
	if (unshare(CLONE_NEWNET))
		fail_msg("needs root: %s", strerror(errno));
	run_command("ip link set lo up && ip addr add 203.0.113.1/32 dev lo && ip addr add 203.0.113.7/32 dev lo && "
		    "ip addr add 2001:db8:0:1::1/128 dev lo nodad");
	listener = listen_at(PORT, IPPROTO_TCP);
	multipath_listener = listen_at(MULTIPATH_PORT, IPPROTO_MPTCP);
}

/* A connection over the loopback. */
struct connection {
	uint8_t address[4]; /* of the client */
	uint16_t port;
	int client, server;
};

static inline struct connection connect_to_listener(void)
{
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = inet_addr("203.0.113.7") };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = inet_addr("203.0.113.1"),
				  .sin_port = htons(PORT) };
	struct connection c = { .client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	socklen_t size = sizeof(from);

	assert_int_equal(bind(c.client, (struct sockaddr *)&from, size), 0);
	assert_int_equal(connect(c.client, (struct sockaddr *)&to, size), 0);
	c.server = accept(listener, NULL, NULL);
	assert_true(c.server >= 0);
	assert_int_equal(getsockname(c.client, (struct sockaddr *)&from, &size), 0);
	memcpy(c.address, &from.sin_addr, 4);
	c.port = ntohs(from.sin_port);
	return c;
}

/* At once, by resets: nothing is left of it. */
static inline void connection_close(const struct connection *c)
{
	const struct linger now = { .l_onoff = 1 };

	assert_int_equal(setsockopt(c->client, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	close(c->client);
	close(c->server);
}

static inline void expect_by_kernel(struct twins *t, const struct frame_spec *f, uint32_t counter)
{
	uint64_t before = twin_count(&t->port[0], counter);

	(void)twins_send(t, f, 0);
	if (!t->by_kernel || twin_count(&t->port[0], counter) != before + 1)
		fail_msg("not %s, but %s", screen_shim_counter_name(counter),
			 t->by_kernel ? "the kernel's otherwise" : t->by_shim ? "the program's" : "the engine's");
}
