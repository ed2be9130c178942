// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A name that is asked about, and the records of an answer, on any bytes. The first byte chooses
 * the type, the next is how long the name is; then records, each behind a byte of its length. What
 * comes out must be names and texts that can be printed, shown in a log, and asked about again.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../user/dns/wire.h"

#define RECORDS 64

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* What came from the wire is what may be asked, to the letter; the root may not. */
static void check_name(const char *name, enum dns_type type)
{
	char again[DNS_NAME];

	require(strnlen(name, DNS_NAME) < DNS_NAME);
	if (type == DNS_MX && !*name)
		return;
	require(wire_name_copy(again, name));
	require(!strcmp(again, name));
}

static void check_answer(const struct dns_answer *answer, enum dns_type type)
{
	require(answer->count <= (type == DNS_TXT ? 1 : DNS_RECORDS));
	for (size_t i = 0; i < answer->count; i++) {
		if (type == DNS_PTR || type == DNS_MX)
			check_name(answer->name[i], type);
		else if (type == DNS_A)
			require(addr_is_v4(&answer->addr[i]));
		else if (type == DNS_AAAA)
			require(!addr_is_v4(&answer->addr[i]));
	}
	require(memchr(answer->text, '\0', sizeof(answer->text)) != NULL);
	for (const char *c = answer->text; *c; c++)
		require(*c >= 0x20 && *c < 0x7f);
	require(memchr(answer->spf, '\0', sizeof(answer->spf)) != NULL);
	require(!answer->spf_count || !strncasecmp(answer->spf, "v=spf1", 6));
}

/* Exact copies on the heap, so that a read beyond their end is seen. */
static char *copy(const unsigned char *data, size_t len)
{
	char *out = malloc(len ? len : 1);

	require(out != NULL);
	memcpy(out, data, len);
	return out;
}

static void ask(const unsigned char *data, size_t len)
{
	char *name = malloc(len + 1), out[DNS_NAME], again[DNS_NAME];

	require(name != NULL);
	memcpy(name, data, len);
	name[len] = '\0';
	if (wire_name_copy(out, name)) {
		require(strlen(out) == strlen(name) && strlen(out) <= 253);
		require(wire_name_copy(again, out) && !strcmp(out, again));
	}
	free(name);
}

static void answer(enum dns_type type, const unsigned char *data, size_t size)
{
	char *records[RECORDS + 1] = {NULL};
	int len[RECORDS + 1] = {0};
	size_t count = 0;
	struct dns_answer out = {0};

	while (size && count < RECORDS) {
		size_t n = *data++;

		if (n > --size)
			n = size;
		records[count] = copy(data, n);
		len[count++] = (int)n;
		data += n;
		size -= n;
	}
	wire_records(&out, type, records, len);
	check_answer(&out, type);
	for (size_t i = 0; i < count; i++)
		free(records[i]);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const enum dns_type types[] = {DNS_A, DNS_AAAA, DNS_PTR, DNS_MX, DNS_TXT};
	size_t name;

	if (size < 2)
		return 0;
	name = data[1] < size - 2 ? data[1] : size - 2;
	ask(data + 2, name);
	answer(types[data[0] % 5], data + 2 + name, size - 2 - name);
	return 0;
}
