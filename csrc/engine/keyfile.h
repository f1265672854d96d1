/*
 * Master keys in files: 64 hex digits and a newline, for nobody else's eyes. Key files are opened and
 * read here, and nowhere else; keys lie in locked memory that no core dump has, and are wiped.
 */
#pragma once

#include <stdint.h>

#include "error.h"

enum { SCREEN_MASTER_SIZE = 32 };

/* A master key in locked memory, or NULL. */
typedef uint8_t (*screen_master_key)[SCREEN_MASTER_SIZE];

/* Reads the key in the file at path. Gives *key; screen_keyfile_free() takes it. SCREEN_ERROR_KEY, with
 * errnum ENOENT when there is no such file. */
int screen_keyfile_read(const char *path, screen_master_key *key, struct screen_error_info *error);

/* Writes a key to path, in place of what is there, whole or not at all, on disk when it returns. */
int screen_keyfile_write(const char *path, const uint8_t key[SCREEN_MASTER_SIZE],
			 struct screen_error_info *error);

/* Makes a new random key. */
int screen_keyfile_random(screen_master_key *key, struct screen_error_info *error);

void screen_keyfile_free(screen_master_key key);

/* Says which key it is without saying anything about it: a keyed hash, in hex. */
void screen_keyfile_fingerprint(const uint8_t key[SCREEN_MASTER_SIZE],
				char text[SCREEN_FINGERPRINT_SIZE]);

/* Wipes what a computation with keys has left on the stack below the caller and in vector registers,
 * which a sleeping thread would keep for days, and a core dump shows. */
void screen_keyfile_wipe(void);
