/* The answer of a proof, and why. */
#pragma once

#include <stdarg.h>

#include "../include/synscreen/engine.h"

void screen_proof_yes(struct screen_proof *p);
void screen_proof_set(struct screen_proof *p, enum screen_answer answer, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void screen_proof_set_list(struct screen_proof *p, enum screen_answer answer, const char *format,
			   va_list arguments) __attribute__((format(printf, 3, 0)));
