// Joins two ports by the least XDP program that can: XDP_REDIRECT by a devmap, and nothing else. The program
// stays when this one has ended; `ip link set dev PORT xdpdrv off` takes it off.
//
// It refuses to run in the initial network namespace, which may hold a real network.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>

#define PROGRAM "redirect"
#include "../../test/tool/namespace.h"
#include "../../test/tool/program.h"
#include "redirect.skel.h"

static uint32_t index_of(const char *name)
{
	uint32_t index = if_nametoindex(name);

	if (!index)
		die("%s: %s", name, strerror(errno));
	return index;
}

int main(int argc, char **argv)
{
	struct redirect *r = redirect__open();
	uint32_t ports[2];

	if (argc != 3)
		die("two ports are wanted");
	if (in_initial_namespace())
		die("this is the initial network namespace: run it inside one made for it, by "
		    "`ip netns exec`");
	if (!r)
		die("the program could not be opened");
	ports[0] = index_of(argv[1]);
	ports[1] = index_of(argv[2]);
	r->rodata->first = ports[0];
	if (redirect__load(r))
		die("the program could not be loaded");
	for (uint32_t i = 0; i < 2; i++) {
		if (bpf_map_update_elem(bpf_map__fd(r->maps.ports), &i, &ports[i], BPF_ANY) ||
		    bpf_xdp_attach((int)ports[i], bpf_program__fd(r->progs.redirect), XDP_FLAGS_DRV_MODE,
				   NULL))
			die("%s: %s", argv[i + 1], strerror(errno));
	}
	return 0;
}
