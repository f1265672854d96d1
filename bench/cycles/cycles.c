/*
 * What a SYN and an ACK cost: the core's whole way from the first byte to the written answer, beside
 * the kernel's cookie helper in the smallest BPF program around it, and libsodium's SipHash alone.
 *
 * Every round runs each subject once, one after the other, and prints ns per frame as JSON: who reads
 * it pairs what was measured in one round. Frames are cold when their cache lines are flushed before
 * the clock starts, as where no DMA puts frames into a cache.
 */
#include <sodium.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "frames.h"

enum {
	GROUPS = 200, /* of RIG_FRAMES frames, in a sample */
	KERNEL_REPEAT = 20032, /* a multiple of PEER_FRAMES */
	SUBJECTS_MAX = 256,
	GROUP_NS = 10000, /* the core's clock, per group */
};

struct subject {
	const char *work, *way, *code;
	int family;
	uint32_t burst;
	bool cold;
	const struct screen_codec *codec;
	enum kernel_work kernel;
};

struct bench {
	struct rig *rig;
	struct kernel *kernel;
	struct frames frames[2];
	struct subject subject[SUBJECTS_MAX];
	uint32_t subjects;
};

static void add(struct bench *b, struct subject s)
{
	if (b->subjects == SUBJECTS_MAX)
		rig_fail("too many subjects");
	b->subject[b->subjects++] = s;
}

static void flush(const uint8_t *at, uint32_t length)
{
#if defined(__x86_64__)
	for (uint32_t i = 0; i < length + 63; i += 64)
		_mm_clflush(at + (i < length ? i : length - 1));
#else
	(void)at;
	(void)length;
#endif
}

static void flush_frames(struct rig *r)
{
	for (uint32_t i = 0; i < RIG_FRAMES; i++)
		flush(r->frame[i].data, r->frame[i].length);
#if defined(__x86_64__)
	_mm_mfence();
#endif
}

/* What is measured, and what callgrind counts. */
__attribute__((noinline)) static void measured(struct rig *r, uint32_t burst, bool resume)
{
	for (uint32_t at = 0; at < RIG_FRAMES; at += burst)
		rig_burst(r, at, burst, resume);
}

/* Whether all frames of a group met the fate that is measured. */
static void assert_fate(const struct rig *r, const struct subject *s)
{
	uint32_t valid = 0;

	if (!strcmp(s->work, "syn") && rig_count(r, SCREEN_REPLY_CHALLENGE) != RIG_FRAMES)
		rig_fail("a SYN was not challenged");
	if (!strcmp(s->work, "ack invalid") &&
	    rig_count(r, SCREEN_DROP_COOKIE_INVALID) != RIG_FRAMES)
		rig_fail("an ACK was not refused");
	if (strcmp(s->work, "ack valid"))
		return;
	for (uint32_t i = 0; i < RIG_FRAMES; i++)
		valid += r->decision[i].cookie == SCREEN_COOKIE_IS_VALID;
	if (valid != RIG_FRAMES)
		rig_fail("a cookie was not valid");
}

static const struct kernel_frames *frames_of(const struct bench *b, const struct subject *s)
{
	const struct frames *f = &b->frames[s->family == 6];
	bool ours = s->codec;

	if (!strcmp(s->work, "ack valid"))
		return ours ? &f->ours : &f->theirs;
	if (!strcmp(s->work, "ack invalid"))
		return ours ? &f->ours_wrong : &f->theirs_wrong;
	return &f->syn;
}

static double run_core(struct bench *b, const struct subject *s, uint32_t groups)
{
	const struct kernel_frames *frames = frames_of(b, s);
	bool resume = strcmp(s->work, "ack valid"); /* a splice is more than a check */
	struct rig *r = b->rig;
	uint64_t ns = 0, t;

	r->context.codec = s->codec;
	for (uint32_t i = 0; i < groups; i++) {
		r->context.now_ns += GROUP_NS;
		frames_put(r, frames);
		if (s->cold)
			flush_frames(r);
		t = rig_now();
		measured(r, s->burst, resume);
		ns += rig_now() - t;
		assert_fate(r, s);
	}
	return (double)ns / groups / RIG_FRAMES;
}

static double run_sodium(int family)
{
	static unsigned char key[crypto_shorthash_KEYBYTES], in[RIG_FRAMES][48], out[RIG_FRAMES][8];
	uint64_t t = rig_now();

	for (uint32_t i = 0; i < GROUPS; i++)
		for (uint32_t j = 0; j < RIG_FRAMES; j++) {
			in[j][0] = (unsigned char)i;
			crypto_shorthash(out[j], in[j], family == 4 ? 24 : 48, key);
		}
	return (double)(rig_now() - t) / GROUPS / RIG_FRAMES;
}

static double run(struct bench *b, const struct subject *s)
{
	if (s->codec)
		return run_core(b, s, GROUPS);
	if (!strcmp(s->work, "mac"))
		return run_sodium(s->family);
	return kernel_run(b->kernel, s->kernel, s->family, frames_of(b, s), KERNEL_REPEAT,
			  strcmp(s->work, "ack invalid") || s->kernel == KERNEL_ACK_BASE);
}

static void add_core(struct bench *b, const char *work, int family)
{
	static const uint32_t bursts[] = { 1, 8, 64 };

	for (int c = 0; c < SCREEN_CODECS; c++)
		for (int i = 0; i < 3; i++)
			for (int cold = 0; cold < 2; cold++)
				if (screen_codecs[c].available())
					add(b, (struct subject){
						.work = work, .way = "synscreen",
						.code = screen_codecs[c].name, .family = family,
						.burst = bursts[i], .cold = cold,
						.codec = &screen_codecs[c] });
}

static void add_kernel(struct bench *b, const char *work, const char *way, int family,
		       enum kernel_work kernel)
{
	if (b->kernel)
		add(b, (struct subject){ .work = work, .way = way, .code = "bpf",
					 .family = family, .burst = 1, .kernel = kernel });
}

static void add_all(struct bench *b, int family)
{
	add_kernel(b, "syn", "base", family, KERNEL_SYN_BASE);
	add_kernel(b, "syn", "kernel helper, mint", family, KERNEL_SYN_MINT);
	add_kernel(b, "syn", "kernel helper", family, KERNEL_SYN_ANSWER);
	add_core(b, "syn", family);
	add_kernel(b, "ack valid", "base", family, KERNEL_ACK_BASE);
	add_kernel(b, "ack valid", "kernel helper", family, KERNEL_ACK_CHECK);
	add_core(b, "ack valid", family);
	add_kernel(b, "ack invalid", "base", family, KERNEL_ACK_BASE);
	add_kernel(b, "ack invalid", "kernel helper", family, KERNEL_ACK_CHECK);
	add_core(b, "ack invalid", family);
	add(b, (struct subject){ .work = "mac", .way = "libsodium", .code = "scalar",
				 .family = family, .burst = 1 });
}

static void print_round(struct bench *b, uint32_t round)
{
	for (uint32_t i = 0; i < b->subjects; i++) {
		const struct subject *s = &b->subject[i];

		printf("{\"round\":%u,\"work\":\"%s\",\"way\":\"%s\",\"code\":\"%s\",\"family\":%d,"
		       "\"burst\":%u,\"cold\":%s,\"ns\":%.3f}\n", round, s->work, s->way, s->code,
		       s->family, s->burst, s->cold ? "true" : "false", run(b, s));
	}
	fflush(stdout);
}

/* Runs one subject of the core, for callgrind to count: --toggle-collect=measured. */
static int count(struct bench *b, char **argv)
{
	for (uint32_t i = 0; i < b->subjects; i++) {
		const struct subject *s = &b->subject[i];

		if (!s->codec || s->cold || strcmp(s->work, argv[2]) ||
		    strcmp(s->code, argv[3]) || s->family != atoi(argv[4]) ||
		    s->burst != (uint32_t)atoi(argv[5]))
			continue;
		(void)run_core(b, s, (uint32_t)atoi(argv[6]));
		return 0;
	}
	return 3; /* this processor, or valgrind, has not the code */
}

int main(int argc, char **argv)
{
	static struct bench b;
	bool counting = argc == 7 && !strcmp(argv[1], "count");

	if (!counting && argc != 2) {
		fprintf(stderr, "Usage: bench-cycles ROUNDS\n"
				"       bench-cycles count WORK CODE FAMILY BURST GROUPS\n");
		return 2;
	}
	if (sodium_init() < 0)
		rig_fail("libsodium");
	b.rig = rig_new(262144, 1);
	if (!counting)
		b.kernel = kernel_open();
	frames_make(&b.frames[0], 4, b.rig, b.kernel);
	frames_make(&b.frames[1], 6, b.rig, b.kernel);
	add_all(&b, 4);
	add_all(&b, 6);
	if (counting)
		return count(&b, argv);
	for (uint32_t i = 0; i < (uint32_t)atoi(argv[1]); i++)
		print_round(&b, i);
	kernel_close(b.kernel);
	return 0;
}
