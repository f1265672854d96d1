#include "sent.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "sent.skel.h"

#ifndef SO_NETNS_COOKIE
enum { SO_NETNS_COOKIE = 71 }; /* Linux 5.14 */
#endif

/* What the kernel calls the network namespace that the engine's sockets are in. */
static int namespace_cookie(const struct screen_port *port, uint64_t *cookie)
{
	socklen_t size = sizeof(*cookie);

	return getsockopt(port->queues[0].main.fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &size) ?
		       -errno : 0;
}

static int open_programs(struct screen_engine *engine, const struct screen_port *port)
{
	struct sent *sent;
	uint64_t cookie;
	int result = namespace_cookie(port, &cookie);

	if (result)
		return result;
	sent = sent__open();
	if (!sent)
		return -errno;
	sent->rodata->namespace_cookie = cookie;
	result = sent__load(sent);
	if (result == 0)
		result = sent__attach(sent);
	if (result)
		sent__destroy(sent);
	else
		engine->sent = sent;
	return result;
}

static struct screen_sent *new_rows(int *cpus)
{
	*cpus = libbpf_num_possible_cpus();
	return *cpus > 0 ? calloc((size_t)*cpus, sizeof(struct screen_sent)) : NULL;
}

int screen_sent_follow(struct screen_engine *engine, const struct screen_port *port)
{
	struct screen_sent *rows;
	int cpus, result = engine->sent ? 0 : open_programs(engine, port);

	if (result)
		return result;
	rows = new_rows(&cpus);
	if (!rows)
		return -ENOMEM;
	if (bpf_map_update_elem(bpf_map__fd(engine->sent->maps.rows), &port->ifindex, rows,
				BPF_NOEXIST) && errno != EEXIST)
		result = -errno;
	free(rows);
	return result;
}

void screen_sent_forget(struct screen_engine *engine, const struct screen_port *port)
{
	if (engine->sent)
		(void)bpf_map_delete_elem(bpf_map__fd(engine->sent->maps.rows), &port->ifindex);
}

static void add(struct screen_sent_way *sum, const struct screen_sent_way *row)
{
	sum->sent += row->sent;
	sum->drops += row->drops;
	if (row->error)
		sum->error = row->error;
}

void screen_sent_read(const struct screen_engine *engine, const struct screen_port *port,
		      struct screen_sent *sum)
{
	struct screen_sent *rows;
	int cpus;

	memset(sum, 0, sizeof(*sum));
	if (!engine->sent)
		return;
	rows = new_rows(&cpus);
	if (rows && bpf_map_lookup_elem(bpf_map__fd(engine->sent->maps.rows), &port->ifindex, rows) == 0)
		for (int i = 0; i < cpus; i++) {
			add(&sum->pass, &rows[i].pass);
			add(&sum->answer, &rows[i].answer);
		}
	free(rows);
}

void screen_sent_close(struct screen_engine *engine)
{
	sent__destroy(engine->sent);
	engine->sent = NULL;
}
