// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An SPF record of any bytes: reading it ends, what comes out can be asked about and is a network,
 * and a record that is good has no bad term.
 */
#include <stdlib.h>
#include <string.h>

#include "../../user/dns/spf_record.h"
#include "../../user/dns/wire.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_term(const struct spf_term *term)
{
	char again[DNS_NAME];
	struct prefix net;

	if (term->domain[0])
		require(wire_name_copy(again, term->domain) && !strcmp(again, term->domain));
	require(!(term->macro && term->domain[0]));
	if (term->kind == SPF_A || term->kind == SPF_MX)
		require(term->plen4 >= ADDR_V4_BITS && term->plen4 <= ADDR_BITS &&
			term->plen6 <= ADDR_BITS);
	if (term->kind != SPF_IP4 && term->kind != SPF_IP6)
		return;
	require(term->net.plen <= ADDR_BITS);
	net = prefix_of(&term->net.addr, term->net.plen);
	require(prefix_equal(&net, &term->net));
	require(term->kind != SPF_IP4 || addr_is_v4(&term->net.addr));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *record = malloc(size + 1), why[SPF_WHY] = "";
	const char *at = record;
	struct spf_term term;
	enum spf_kind kind;
	size_t terms = 0;
	bool good;

	require(record != NULL);
	memcpy(record, data, size);
	record[size] = '\0';
	good = spf_record_check(record, why);
	require(memchr(why, '\0', sizeof(why)) != NULL && good == !*why);
	while ((kind = spf_next(&term, &at)) != SPF_END) {
		require(kind == term.kind || kind == SPF_BAD);
		require(!good || kind != SPF_BAD);
		require(++terms <= size && at <= record + size);
		if (kind != SPF_BAD)
			check_term(&term);
	}
	free(record);
	return 0;
}
