/*
 * SipHash over many lanes, written once for every vector width. Included by codec.c once for each of
 * them, with
 *
 *   LANES_NAME    the name of the function for cookies, and (LANES_NAME_place) of that for places
 *   LANES_TARGET  its attributes
 *   LANES_WIDTH   lanes in a vector
 *
 * Two vectors are hashed in turn: SipHash is one long chain of dependent steps, and the processor has
 * room for a second.
 */
#define LANES_PASTE_(a, b) a##b
#define LANES_PASTE(a, b) LANES_PASTE_(a, b)
#define LANES_VECTOR LANES_PASTE(LANES_NAME, _vector)
#define LANES_ROUND LANES_PASTE(LANES_NAME, _round)
#define LANES_HASH LANES_PASTE(LANES_NAME, _hash)
#define LANES_PLACE LANES_PASTE(LANES_NAME, _place)

typedef uint64_t LANES_VECTOR __attribute__((vector_size(LANES_WIDTH * 8)));

#define LANES_ROTL(x, n) ((x) << (n) | (x) >> (64 - (n)))

LANES_TARGET static inline __attribute__((always_inline)) void LANES_ROUND(LANES_VECTOR v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = LANES_ROTL(v[1], 13) ^ v[0];
	v[3] = LANES_ROTL(v[3], 16) ^ v[2];
	v[0] = LANES_ROTL(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = LANES_ROTL(v[1], 17) ^ v[2];
	v[3] = LANES_ROTL(v[3], 21) ^ v[0];
	v[2] = LANES_ROTL(v[2], 32);
}

/* SipHash-c-d. key: of all lanes; NULL: each has its own. */
LANES_TARGET static inline __attribute__((always_inline)) void LANES_HASH(struct screen_lanes *l,
									  const uint64_t *key, int c, int d,
									  uint32_t words, uint32_t count)
{
	for (uint32_t at = 0; at < count; at += 2 * LANES_WIDTH) {
		LANES_VECTOR v[2][4];

		for (int i = 0; i < 2; i++) {
			uint32_t first = at + (uint32_t)i * LANES_WIDTH;
			LANES_VECTOR k0, k1;

			if (key) {
				k0 = (LANES_VECTOR){ 0 } + key[0];
				k1 = (LANES_VECTOR){ 0 } + key[1];
			} else {
				k0 = *(const LANES_VECTOR *)(const void *)&l->k0[first];
				k1 = *(const LANES_VECTOR *)(const void *)&l->k1[first];
			}
			v[i][0] = k0 ^ SCREEN_SIPHASH_V0;
			v[i][1] = k1 ^ SCREEN_SIPHASH_V1;
			v[i][2] = k0 ^ SCREEN_SIPHASH_V2;
			v[i][3] = k1 ^ SCREEN_SIPHASH_V3;
		}
		for (uint32_t j = 0; j <= words; j++) {
			LANES_VECTOR m[2];

			for (int i = 0; i < 2; i++) {
				if (j < words)
					m[i] = *(const LANES_VECTOR *)(const void *)
						&l->word[j][at + (uint32_t)i * LANES_WIDTH];
				else
					m[i] = (LANES_VECTOR){ 0 } + ((uint64_t)(words * 8) << 56);
				v[i][3] ^= m[i];
			}
			for (int r = 0; r < c; r++) {
				LANES_ROUND(v[0]);
				LANES_ROUND(v[1]);
			}
			v[0][0] ^= m[0];
			v[1][0] ^= m[1];
		}
		v[0][2] ^= 0xff;
		v[1][2] ^= 0xff;
		for (int r = 0; r < d; r++) {
			LANES_ROUND(v[0]);
			LANES_ROUND(v[1]);
		}
		for (int i = 0; i < 2; i++)
			*(LANES_VECTOR *)(void *)&l->mac[at + (uint32_t)i * LANES_WIDTH] =
				v[i][0] ^ v[i][1] ^ v[i][2] ^ v[i][3];
	}
}

LANES_TARGET static void LANES_NAME(struct screen_lanes *l, uint32_t words, uint32_t count)
{
	LANES_HASH(l, NULL, 2, 4, words, count);
}

LANES_TARGET static void LANES_PLACE(struct screen_lanes *l, const uint64_t key[2], uint32_t words,
				     uint32_t count)
{
	LANES_HASH(l, key, 1, 3, words, count);
}

#undef LANES_ROTL
#undef LANES_ROUND
#undef LANES_HASH
#undef LANES_PLACE
#undef LANES_VECTOR
#undef LANES_PASTE
#undef LANES_PASTE_
#undef LANES_NAME
#undef LANES_TARGET
#undef LANES_WIDTH
