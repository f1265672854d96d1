#include "admitter.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include "admit.skel.h"
#include "hostmaps.h"
#include "netlink.h"

/* Ours among the filters of a clsact. Behind most others: they see what the kernel would. */
enum { HANDLE = 0x5353, PRIORITY = 0x5353 };

static const char *const NAMES[] = { "screen_admit", "screen_learn" };

/* libbpf looks at the padding, too. */
static void make_hook(struct bpf_tc_hook *hook, uint32_t ifindex, enum bpf_tc_attach_point point)
{
	memset(hook, 0, sizeof(*hook));
	hook->sz = sizeof(*hook);
	hook->ifindex = (int)ifindex;
	hook->attach_point = point;
}

static void make_filter(struct bpf_tc_opts *filter)
{
	memset(filter, 0, sizeof(*filter));
	filter->sz = sizeof(*filter);
	filter->handle = HANDLE;
	filter->priority = PRIORITY;
}

/* Whether the filter with our numbers is ours by name, too. */
static bool is_ours(uint32_t ifindex, enum bpf_tc_attach_point point)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);
	struct bpf_tc_opts filter;
	struct bpf_tc_hook hook;
	bool ours = false;
	int fd;

	make_hook(&hook, ifindex, point);
	make_filter(&filter);
	if (bpf_tc_query(&hook, &filter))
		return false;
	fd = bpf_prog_get_fd_by_id(filter.prog_id);
	if (fd < 0)
		return false;
	if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0)
		ours = strcmp(info.name, NAMES[0]) == 0 || strcmp(info.name, NAMES[1]) == 0;
	close(fd);
	return ours;
}

static void take_off(uint32_t ifindex)
{
	static const enum bpf_tc_attach_point points[] = { BPF_TC_INGRESS, BPF_TC_EGRESS };

	for (int i = 0; i < 2; i++) {
		struct bpf_tc_opts filter;
		struct bpf_tc_hook hook;

		make_hook(&hook, ifindex, points[i]);
		make_filter(&filter);
		if (is_ours(ifindex, points[i]))
			(void)bpf_tc_detach(&hook, &filter);
	}
}

static int put_on(uint32_t ifindex, enum bpf_tc_attach_point point, int program)
{
	struct bpf_tc_opts filter;
	struct bpf_tc_hook hook;

	make_hook(&hook, ifindex, point);
	make_filter(&filter);
	filter.prog_fd = program;
	filter.flags = BPF_TC_F_REPLACE;
	return bpf_tc_attach(&hook, &filter);
}

static struct admit *load(const struct screen_engine *engine, const struct screen_port *port)
{
	struct admit *admit = admit__open();

	if (!admit)
		return NULL;
	admit->rodata->slot = port->slot;
	if (screen_hostmaps_share(engine, admit->obj) ||
	    bpf_map__reuse_fd(admit->maps.counters, port->counters_fd) || admit__load(admit)) {
		admit__destroy(admit);
		return NULL;
	}
	return admit;
}

int screen_admitter_attach(const struct screen_engine *engine, struct screen_port *port,
			   struct screen_error_info *error)
{
	struct admit *admit = load(engine, port);
	struct bpf_tc_hook both;
	int result;

	if (!admit)
		return screen_error_set(error, SCREEN_ERROR_ATTACH, errno, port->ifname,
					"cannot load the TC programs of a host port");
	make_hook(&both, port->ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
	result = bpf_tc_hook_create(&both);
	if (result == 0 || result == -EEXIST)
		result = put_on(port->ifindex, BPF_TC_INGRESS,
				bpf_program__fd(admit->progs.screen_admit));
	if (result == 0)
		result = put_on(port->ifindex, BPF_TC_EGRESS,
				bpf_program__fd(admit->progs.screen_learn));
	port->admit = admit->obj;
	admit->skeleton->obj = NULL; /* it is the port's now */
	admit__destroy(admit);
	if (result == 0)
		return SCREEN_OK;
	screen_admitter_detach(port);
	return screen_error_set(error, SCREEN_ERROR_ATTACH, -result, port->ifname,
				"cannot attach the TC programs of a host port to its clsact");
}

void screen_admitter_detach(struct screen_port *port)
{
	if (!port->admit)
		return;
	take_off(port->ifindex);
	bpf_object__close(port->admit);
	port->admit = NULL;
}

bool screen_admitter_clsact(uint32_t ifindex)
{
	return screen_netlink_clsact(ifindex) >= 0;
}

void screen_admitter_sweep(uint32_t ifindex, bool made_clsact)
{
	struct bpf_tc_hook both;

	make_hook(&both, ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
	take_off(ifindex);
	if (made_clsact && screen_netlink_clsact(ifindex) == 0)
		(void)bpf_tc_hook_destroy(&both);
}
