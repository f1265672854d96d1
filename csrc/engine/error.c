#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void screen_text_copy(char *to, size_t size, const char *text)
{
	size_t length = strnlen(text, size - 1);

	memset(to, 0, size);
	memcpy(to, text, length);
}

int screen_error_set(struct screen_error_info *error, enum screen_error code, int errnum,
		     const char *object, const char *format, ...)
{
	va_list arguments;
	size_t used;

	if (!error)
		return code;
	memset(error, 0, sizeof(*error));
	error->code = code;
	error->errnum = errnum;
	screen_text_copy(error->object, sizeof(error->object), object ? object : "");
	va_start(arguments, format);
	vsnprintf(error->message, sizeof(error->message), format, arguments);
	va_end(arguments);
	used = strlen(error->message);
	if (errnum && used + 3 < sizeof(error->message))
		snprintf(error->message + used, sizeof(error->message) - used, ": %s",
			 strerror(errnum));
	return code;
}
