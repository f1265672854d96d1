/*
 * The core's headers inside the kernel: the whole SYN and ACK path passes the verifier within its
 * budget.
 */
#include "run.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>

#include "core.skel.h"
#include "shim.skel.h"

enum {
	/* A third of the million that kernels grant: older verifiers need several times as many. */
	VERIFIED_MAX = 400000,
};

static uint32_t verified_instructions(int fd)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	assert_int_not_equal(info.verified_insns, 0);
	return info.verified_insns;
}

static void bpf_core_passes_the_verifier_within_400k_instructions(void **state)
{
	struct core *core = core__open_and_load();
	uint32_t count;

	(void)state;
	assert_non_null(core);
	count = verified_instructions(bpf_program__fd(core->progs.core));
	print_message("core: %u processed instructions\n", count);
	assert_true(count <= VERIFIED_MAX);
	core__destroy(core);
}

static void bpf_shim_passes_the_verifier_within_400k_instructions(void **state)
{
	struct shim *shim = shim__open_and_load();
	uint32_t count;

	(void)state;
	assert_non_null(shim);
	count = verified_instructions(bpf_program__fd(shim->progs.screen_shim));
	print_message("shim: %u processed instructions\n", count);
	assert_true(count <= VERIFIED_MAX);
	shim__destroy(shim);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bpf_core_passes_the_verifier_within_400k_instructions),
		cmocka_unit_test(bpf_shim_passes_the_verifier_within_400k_instructions),
	};

	return RUN(tests);
}
