#include "attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "host.skel.h"
#include "hostmaps.h"
#include "shim.skel.h"

static const char *const PROGRAMS[] = { "screen_shim", "screen_host" };
static const char DISPATCHER[] = "xdp_dispatcher"; /* libxdp's, which has others below it */

enum { BUSY_TRIES = 50, BUSY_WAIT_MS = 20, ORPHAN_TRIES = 15, ORPHAN_WAIT_MS = 100,
       SHIM_MAPS_MAX = 32 };

static int silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

static int silent_xdp(enum libxdp_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

static bool is_ours(const char *name)
{
	return strcmp(name, PROGRAMS[0]) == 0 || strcmp(name, PROGRAMS[1]) == 0;
}

static int map_fd(const struct screen_port *port, const char *name)
{
	return bpf_object__find_map_fd_by_name(port->object, name);
}

/* Tells the port's program where it may redirect to. */
static int show_way(const struct screen_port *port, enum screen_shim_way way, uint32_t ifindex)
{
	const uint32_t key = way;

	return bpf_map_update_elem(port->peer_fd, &key, &ifindex, BPF_ANY) ? -errno : 0;
}

static int take_maps(struct screen_port *port)
{
	void *map;
	int result;

	port->xsks_fd = map_fd(port, "xsks");
	port->counters_fd = map_fd(port, "counters");
	port->peer_fd = map_fd(port, "peer");
	result = show_way(port, SCREEN_SHIM_BACK, port->ifindex);
	if (result)
		return result;
	map = mmap(NULL, sizeof(struct screen_shim_control), PROT_READ | PROT_WRITE, MAP_SHARED,
		   map_fd(port, "control"), 0);
	if (map == MAP_FAILED)
		return -errno;
	port->control = map;
	return 0;
}

/* The program's object, opened: libxdp loads it. */
static struct bpf_object *open_shim(const struct screen_engine *engine, const struct screen_port *port)
{
	struct shim *shim = shim__open();
	struct bpf_object *object;

	if (!shim)
		return NULL;
	shim->rodata->first_on_failure = port->on_failure;
	shim->rodata->slot = port->slot;
	if (screen_hostmaps_share(engine, shim->obj)) {
		shim__destroy(shim);
		return NULL;
	}
	object = shim->obj;
	shim->skeleton->obj = NULL; /* it is the port's now */
	shim__destroy(shim);
	return object;
}

static struct bpf_object *open_host(const struct screen_engine *engine, const struct screen_port *port)
{
	struct host *host = host__open();
	struct bpf_object *object;

	if (!host)
		return NULL;
	host->rodata->slot = port->slot;
	if (screen_hostmaps_share(engine, host->obj)) {
		host__destroy(host);
		return NULL;
	}
	object = host->obj;
	host->skeleton->obj = NULL;
	host__destroy(host);
	return object;
}

static int attach_patiently(struct screen_port *port, enum xdp_attach_mode mode)
{
	const struct timespec wait = { .tv_nsec = BUSY_WAIT_MS * 1000000L };
	int result = 0;

	for (int i = 0; i < BUSY_TRIES; i++) {
		result = xdp_program__attach(port->program, (int)port->ifindex, mode, 0);
		if (result != -EBUSY)
			break;
		/* what a killed process had bound is let go of a moment later */
		nanosleep(&wait, NULL);
	}
	return result;
}

/* The program of an interface. */
struct attached {
	uint32_t id; /* 0: there is none */
	bool generic;
	char name[16];
};

/* Asked of the kernel: libxdp leaves a descriptor of the program open each time that it is asked, and
 * with it a program that was replaced would live as long as this process. */
static void look(uint32_t ifindex, struct attached *a)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);
	int fd;

	memset(a, 0, sizeof(*a));
	if (bpf_xdp_query((int)ifindex, 0, &query))
		return;
	a->id = query.prog_id ? query.prog_id :
		query.drv_prog_id ? query.drv_prog_id : query.skb_prog_id;
	a->generic = query.attach_mode == XDP_ATTACHED_SKB;
	fd = a->id ? bpf_prog_get_fd_by_id(a->id) : -1;
	if (fd < 0)
		return;
	if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0)
		screen_text_copy(a->name, sizeof(a->name), info.name);
	close(fd);
}

static bool is_dispatcher(const struct attached *a)
{
	return strcmp(a->name, DISPATCHER) == 0;
}

static bool under_dispatcher(uint32_t ifindex)
{
	struct attached a;

	look(ifindex, &a);
	return is_dispatcher(&a);
}

static void unload(struct screen_port *port)
{
	if (port->program)
		xdp_program__close(port->program);
	bpf_object__close(port->object);
	port->program = NULL;
	port->object = NULL;
}

int screen_attach_shim(const struct screen_engine *engine, struct screen_port *port,
		       struct screen_error_info *error)
{
	enum screen_attach how = engine->options.attach;
	enum xdp_attach_mode mode = how == SCREEN_ATTACH_GENERIC ? XDP_MODE_SKB : XDP_MODE_NATIVE;
	const char *remedy = "";
	int result;

	libbpf_set_print(silent);
	libxdp_set_print(silent_xdp);
	port->object = port->is_host ? open_host(engine, port) : open_shim(engine, port);
	if (!port->object)
		return screen_error_set(error, SCREEN_ERROR_ATTACH, errno, port->ifname,
					"cannot open the XDP program");
	port->program = xdp_program__from_bpf_obj(port->object, "xdp");
	if (!port->program || libxdp_get_error(port->program)) {
		port->program = NULL;
		result = -EINVAL;
		goto fail;
	}
	result = attach_patiently(port, mode);
	if (result) {
		if (result == -ERANGE || result == -EINVAL)
			remedy = " (an MTU too large for native XDP, or a driver without it: "
				 "lower the MTU or try --attach generic)";
		goto fail;
	}
	result = take_maps(port);
	if (result) {
		(void)xdp_program__detach(port->program, (int)port->ifindex, mode, 0);
		goto fail;
	}
	port->native = mode == XDP_MODE_NATIVE;
	port->dispatcher = under_dispatcher(port->ifindex);
	return SCREEN_OK;
fail:
	screen_error_set(error, SCREEN_ERROR_ATTACH, -result, port->ifname,
			 "cannot attach the XDP program%s", remedy);
	unload(port);
	return SCREEN_ERROR_ATTACH;
}

static uint32_t mode_flags(bool generic)
{
	return generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
}

void screen_detach_shim(struct screen_port *port)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, ours);

	if (!port->program)
		return;
	ours.old_prog_fd = xdp_program__fd(port->program);
	if (port->dispatcher)
		(void)xdp_program__detach(port->program, (int)port->ifindex,
					  port->native ? XDP_MODE_NATIVE : XDP_MODE_SKB, 0);
	else
		(void)bpf_xdp_detach((int)port->ifindex, mode_flags(!port->native), &ours);
	if (port->control)
		munmap(port->control, sizeof(*port->control));
	port->control = NULL;
	unload(port);
}

/* Whether a control map says that some worker's heart beats: also while its port is staged. */
static bool control_beats(int map)
{
	struct screen_shim_control c;
	uint64_t now = screen_now_ns();
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(map, &zero, &c))
		return false;
	for (int i = 0; i < SCREEN_SHIM_QUEUES; i++)
		if ((int64_t)(now - c.beat[i]) < SCREEN_SHIM_STALE_NS)
			return true;
	return false;
}

/* Whether the maps of a shim belong to an engine that lives. */
static bool shim_beats(int program)
{
	uint32_t ids[SHIM_MAPS_MAX] = { 0 }, size = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = { .nr_map_ids = SHIM_MAPS_MAX, .map_ids = (uintptr_t)ids };
	bool beats = false;

	if (bpf_obj_get_info_by_fd(program, &info, &size))
		return false;
	for (uint32_t i = 0; i < info.nr_map_ids && i < SHIM_MAPS_MAX; i++) {
		struct bpf_map_info map = { 0 };
		int fd = bpf_map_get_fd_by_id(ids[i]);

		size = sizeof(map);
		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &map, &size) == 0 &&
		    map.type == BPF_MAP_TYPE_ARRAY &&
		    map.value_size == sizeof(struct screen_shim_control))
			beats = control_beats(fd);
		close(fd);
		if (beats)
			break;
	}
	return beats;
}

/* A shim is an orphan when its engine has been silent for longer than a heart can be; one that was
 * killed a moment ago is waited for. */
static bool is_orphan(int program)
{
	const struct timespec wait = { .tv_nsec = ORPHAN_WAIT_MS * 1000000L };

	for (int i = 0; i < ORPHAN_TRIES; i++) {
		if (!shim_beats(program))
			return true;
		nanosleep(&wait, NULL);
	}
	return false;
}

static int detach_below_dispatcher(uint32_t ifindex)
{
	struct xdp_multiprog *all = xdp_multiprog__get_from_ifindex((int)ifindex);
	struct xdp_program *program = NULL;
	int result = 0;

	if (!all || libxdp_get_error(all))
		return 0;
	while ((program = xdp_multiprog__next_prog(program, all))) {
		if (!is_ours(xdp_program__name(program)))
			continue;
		result = -EEXIST;
		if (is_orphan(xdp_program__fd(program)))
			result = xdp_program__detach(program, (int)ifindex,
						     xdp_multiprog__attach_mode(all), 0);
		result = result ? result : 1;
		break;
	}
	xdp_multiprog__close(all);
	return result;
}

static int detach_alone(uint32_t ifindex, const struct attached *a)
{
	int fd = bpf_prog_get_fd_by_id(a->id);
	bool orphan = fd < 0 || is_orphan(fd);

	if (fd >= 0)
		close(fd);
	if (!orphan)
		return -EEXIST;
	return bpf_xdp_detach((int)ifindex, mode_flags(a->generic), NULL) ? -errno : 1;
}

int screen_detach_orphan(uint32_t ifindex, char name[16])
{
	struct attached a;

	libbpf_set_print(silent);
	libxdp_set_print(silent_xdp);
	look(ifindex, &a);
	if (a.id == 0)
		return 0;
	if (is_dispatcher(&a))
		return detach_below_dispatcher(ifindex);
	screen_text_copy(name, 16, a.name);
	if (!is_ours(a.name))
		return -EBUSY;
	return detach_alone(ifindex, &a);
}

void screen_shim_set(struct screen_port *port, enum screen_shim_mode mode,
		     enum screen_on_failure on_failure)
{
	__atomic_store_n(&port->control->on_failure, on_failure, __ATOMIC_RELAXED);
	__atomic_store_n(&port->control->queues, port->queues_count, __ATOMIC_RELAXED);
	__atomic_store_n(&port->control->mode, mode, __ATOMIC_RELEASE);
}

int screen_shim_join(struct screen_port *a, struct screen_port *b)
{
	int result = show_way(a, SCREEN_SHIM_THERE, b->ifindex);

	return result ? result : show_way(b, SCREEN_SHIM_THERE, a->ifindex);
}

int screen_shim_fd(const struct screen_port *port)
{
	struct attached a;
	int fd;

	if (port->dispatcher) {
		look(port->ifindex, &a);
		fd = bpf_prog_get_fd_by_id(a.id);
	} else {
		fd = fcntl(xdp_program__fd(port->program), F_DUPFD_CLOEXEC, 0);
	}
	return fd < 0 ? -errno : fd;
}

uint64_t screen_shim_count(const struct screen_port *port, enum screen_shim_counter counter)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *values = cpus > 0 ? calloc((size_t)cpus, sizeof(*values)) : NULL, sum = 0;

	if (values && bpf_map_lookup_elem(port->counters_fd, &counter, values) == 0)
		for (int cpu = 0; cpu < cpus; cpu++)
			sum += values[cpu];
	free(values);
	return sum;
}

void screen_shim_read(const struct screen_port *port, uint64_t counters[SCREEN_SHIM_COUNTERS])
{
	for (uint32_t i = 0; i < SCREEN_SHIM_COUNTERS; i++)
		counters[i] = screen_shim_count(port, i);
}
