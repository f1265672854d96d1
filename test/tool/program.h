// What the test's programs in C have in common: an end by a signal, by an error, or by the clock, and
// numbers on the command line. Define PROGRAM, the name before its errors, first.
#pragma once

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static volatile sig_atomic_t stopped;

static void on_signal(int signo)
{
	(void)signo;
	stopped = 1;
}

static inline void stop_at_signals(void)
{
	struct sigaction on = { .sa_handler = on_signal };

	sigaction(SIGINT, &on, NULL);
	sigaction(SIGTERM, &on, NULL);
}

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs(PROGRAM ": ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static inline uint64_t parse_number(const char *name, const char *text, uint64_t min, uint64_t max)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text || *end || value < min || value > max || text[0] == '-')
		die("--%s %s: a number from %lu to %lu is wanted", name, text, (unsigned long)min,
		    (unsigned long)max);
	return value;
}
