/* Small files of the state directory: there whole or not at all, whatever happens half-way. */
#pragma once

#include <stddef.h>

/* Writes size bytes to path, in place of what is there, for the owner's eyes alone; on disk when it
 * returns. 0 or a negative errno, and then nothing has changed. (A directory that cannot be synced is
 * no failure: the file is there, whatever a power cut may do.) */
int screen_store_write(const char *path, const void *bytes, size_t size);
