#include "proof.h"

#include <stdio.h>
#include <string.h>

void screen_proof_yes(struct screen_proof *p)
{
	memset(p, 0, sizeof(*p));
	p->answer = SCREEN_YES;
}

void screen_proof_set_list(struct screen_proof *p, enum screen_answer answer, const char *format,
			   va_list arguments)
{
	memset(p, 0, sizeof(*p));
	p->answer = answer;
	vsnprintf(p->reason, sizeof(p->reason), format, arguments);
}

void screen_proof_set(struct screen_proof *p, enum screen_answer answer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	screen_proof_set_list(p, answer, format, arguments);
	va_end(arguments);
}
