/* What went wrong, in the caller's struct. */
#pragma once

#include "../include/synscreen/engine.h"

/* Fills *error (NULL is allowed) and returns code. errnum is errno or 0: its text is appended. */
int screen_error_set(struct screen_error_info *error, enum screen_error code, int errnum,
		     const char *object, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Copies text into a fixed field: truncated, NUL-terminated, padded with NULs. */
void screen_text_copy(char *to, size_t size, const char *text);
