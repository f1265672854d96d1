/*
 * Tab-separated known answers, one header line.
 */
#pragma once

#include <arpa/inet.h>
#include <sodium.h>

#include "cookie.h"
#include "run.h"

enum { VECTOR_COLUMNS = 24 };

struct vectors {
	FILE *file;
	char line[1024];
	char names[1024];
	char *column[VECTOR_COLUMNS]; /* of the current row */
	char *name[VECTOR_COLUMNS];
	int columns, rows;
};

static inline int vectors_split(char *line, char **to)
{
	int count = 0;
	char *rest = line, *part;

	line[strcspn(line, "\r\n")] = 0;
	while ((part = strsep(&rest, "\t")) && count < VECTOR_COLUMNS)
		to[count++] = part;
	return count;
}

static inline void vectors_open(struct vectors *v, const char *path)
{
	memset(v, 0, sizeof(*v));
	v->file = fopen(path, "r");
	assert_non_null(v->file);
	assert_non_null(fgets(v->names, sizeof(v->names), v->file));
	v->columns = vectors_split(v->names, v->name);
}

static inline int vectors_next(struct vectors *v)
{
	if (!fgets(v->line, sizeof(v->line), v->file)) {
		fclose(v->file);
		return 0;
	}
	assert_int_equal(vectors_split(v->line, v->column), v->columns);
	v->rows++;
	return 1;
}

static inline const char *vectors_get(const struct vectors *v, const char *name)
{
	for (int i = 0; i < v->columns; i++)
		if (strcmp(v->name[i], name) == 0)
			return v->column[i];
	fail_msg("the vectors have no column %s", name);
	return "";
}

static inline uint64_t vectors_number(const struct vectors *v, const char *name, int base)
{
	char *end;
	const char *text = vectors_get(v, name);
	uint64_t value = strtoull(text, &end, base);

	assert_true(end != text && *end == 0);
	return value;
}

static inline void vectors_hex(const struct vectors *v, const char *name, uint8_t *to, size_t size)
{
	const char *text = vectors_get(v, name);
	size_t got;

	assert_int_equal(sodium_hex2bin(to, size, text, strlen(text), NULL, &got, NULL), 0);
	assert_int_equal(got, size);
}

/* The 16 bytes of an epoch key, derived as the specification says. */
static inline void key_bytes(const uint8_t master[32], const char *zone, uint64_t epoch,
			     uint8_t zone_key[32], uint8_t epoch_key[16])
{
	assert_int_equal(crypto_generichash(zone_key, 32, (const uint8_t *)zone, strlen(zone),
					    master, 32), 0);
	assert_int_equal(crypto_kdf_derive_from_key(epoch_key, 16, epoch, "synscrn1", zone_key), 0);
}

static inline struct screen_cookie_key key_of(const uint8_t master[32], const char *zone,
					      uint64_t epoch)
{
	uint8_t zone_key[32], bytes[16];

	key_bytes(master, zone, epoch, zone_key, bytes);
	return (struct screen_cookie_key){ screen_load_le64(bytes), screen_load_le64(bytes + 8) };
}

/* What a keyset holds of one zone in check epoch E. */
static inline struct screen_zone_keys keys_of(const uint8_t master[32], const char *zone,
					      uint64_t epoch)
{
	return (struct screen_zone_keys){ key_of(master, zone, epoch),
					  key_of(master, zone, epoch - 1) };
}

static inline struct screen_tuple vectors_tuple(const struct vectors *v)
{
	const char *source = vectors_get(v, "src"), *destination = vectors_get(v, "dst");
	struct screen_tuple t = {
		.sport = (uint16_t)vectors_number(v, "sport", 10),
		.dport = (uint16_t)vectors_number(v, "dport", 10),
		.family = strchr(source, ':') ? 6 : 4,
	};
	int family = t.family == 4 ? AF_INET : AF_INET6;

	assert_int_equal(inet_pton(family, source, t.source), 1);
	assert_int_equal(inet_pton(family, destination, t.destination), 1);
	return t;
}
