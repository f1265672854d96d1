/*
 * What every unit test's main is: runs all tests, or exactly the one that is named. A name that
 * matches none fails.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static inline int run_named(const struct CMUnitTest *tests, size_t count, int argc, char **argv)
{
	if (argc < 2)
		return _cmocka_run_group_tests("screen", tests, count, NULL, NULL);
	for (size_t i = 0; i < count; i++)
		if (strcmp(tests[i].name, argv[1]) == 0)
			return _cmocka_run_group_tests("screen", &tests[i], 1, NULL, NULL);
	fprintf(stderr, "no test is named %s\n", argv[1]);
	return 1;
}

#define RUN(tests) run_named(tests, sizeof(tests) / sizeof((tests)[0]), argc, argv)
