// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include "keyed.h"

/* Both halves of the product: each bit of the result hangs on every bit of both factors. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Without randomness the hash is merely a hash. */
static const uint64_t *secret(void)
{
	static uint64_t word[2];

	while (!word[1]) {
		if (getrandom(word, sizeof(word), GRND_NONBLOCK) != sizeof(word))
			word[0] = 0x9e3779b97f4a7c15ULL;
		word[1] |= 1;
	}
	return word;
}

unsigned keyed_hash(const void *key, size_t len)
{
	const uint64_t *s = secret();
	uint64_t hash = s[0] ^ len, word[2];
	const uint8_t *at = key;

	for (; len >= sizeof(word); at += sizeof(word), len -= sizeof(word)) {
		memcpy(word, at, sizeof(word));
		hash = mix(hash ^ word[0], s[1] ^ word[1]);
	}
	memset(word, 0, sizeof(word));
	memcpy(word, at, len);
	hash = mix(hash ^ word[0], s[1] ^ word[1]);
	return (unsigned)(hash ^ hash >> 32);
}
