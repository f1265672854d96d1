/*
 * What every fuzz target has in common. A broken promise ends the process: both libFuzzer and the
 * replay take that for a failure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROMISE(condition)                                                      \
	do {                                                                    \
		if (!(condition)) {                                             \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                \
		}                                                               \
	} while (0)

/* Reads an input field by field; zeros behind its end. */
struct fuzz_input {
	const uint8_t *at, *end;
};

static inline uint8_t fuzz_8(struct fuzz_input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static inline uint32_t fuzz_32(struct fuzz_input *in)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 8 | fuzz_8(in);
	return v;
}

static inline uint64_t fuzz_64(struct fuzz_input *in)
{
	uint64_t high = fuzz_32(in);

	return high << 32 | fuzz_32(in);
}
