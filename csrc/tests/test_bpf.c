/*
 * The core's headers inside the kernel: the whole SYN and ACK path passes the verifier within its
 * budget.
 */
#include "run.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>

#include "admit.skel.h"
#include "core.skel.h"
#include "host.skel.h"
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

/* A program on its way to the kernel is within the budget. */
static void within_budget(const char *name, const struct bpf_program *program)
{
	uint32_t count = verified_instructions(bpf_program__fd(program));

	print_message("%s: %u processed instructions\n", name, count);
	assert_true(count <= VERIFIED_MAX);
}

static void bpf_core_passes_the_verifier_within_400k_instructions(void **state)
{
	struct core *core = core__open_and_load();

	(void)state;
	assert_non_null(core);
	within_budget("core", core->progs.core);
	core__destroy(core);
}

static void bpf_shim_passes_the_verifier_within_400k_instructions(void **state)
{
	struct shim *shim = shim__open_and_load();

	(void)state;
	assert_non_null(shim);
	within_budget("shim", shim->progs.screen_shim);
	shim__destroy(shim);
}

static void bpf_host_programs_pass_the_verifier_within_400k_instructions(void **state)
{
	struct host *host = host__open_and_load();
	struct admit *admit = admit__open_and_load();

	(void)state;
	assert_non_null(host);
	assert_non_null(admit);
	within_budget("host", host->progs.screen_host);
	within_budget("admit", admit->progs.screen_admit);
	within_budget("learn", admit->progs.screen_learn);
	host__destroy(host);
	admit__destroy(admit);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bpf_core_passes_the_verifier_within_400k_instructions),
		cmocka_unit_test(bpf_shim_passes_the_verifier_within_400k_instructions),
		cmocka_unit_test(bpf_host_programs_pass_the_verifier_within_400k_instructions),
	};

	return RUN(tests);
}
