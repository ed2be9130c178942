// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A list's settings, questions and answers on any bytes. The first byte chooses the kind; up to a
 * line feed the input is a site as postscreen writes it, up to the next one a domain, and behind it
 * stand the addresses of an answer. What is taken must be asked within a name's bounds, and only
 * what RFC 5782 allows may be a listing, whatever the codes say.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/dns/list.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* The next line as a string, cut to `room`. */
static void take_line(char *text, size_t room, const unsigned char **data, size_t *size)
{
	const unsigned char *end = *size ? memchr(*data, '\n', *size) : NULL;
	size_t len = end ? (size_t)(end - *data) : *size;
	size_t kept = len < room - 1 ? len : room - 1;

	if (kept)
		memcpy(text, *data, kept);
	text[kept] = '\0';
	len += end != NULL;
	*data += len;
	*size -= len;
}

static void check_name(const char *name, const struct list *list)
{
	size_t len = strlen(name), zone = strlen(list->zone);

	require(len <= 253 && len > zone + 1);
	require(!strcmp(name + len - zone, list->zone) && name[len - zone - 1] == '.');
	for (const char *at = name; *at; at++)
		require(*at > ' ' && *at < 0x7f && (*at < 'A' || *at > 'Z'));
}

static void check_questions(const struct list *list, const char *domain, const struct addr *addr)
{
	char name[DNS_NAME];

	if (list_question_domain(name, list, domain))
		check_name(name, list);
	if (list_question_addr(name, list, addr))
		check_name(name, list);
}

static void check_answer(const struct list *list, const struct dns_answer *answer)
{
	struct addr code;
	uint32_t groups;
	enum list_meaning meaning = list_meaning(list, answer, &groups, &code);

	require(!groups == (meaning != LIST_MEANS_LISTED));
	if (meaning != LIST_MEANS_LISTED)
		return;
	require(answer->status == DNS_ANSWER);
	for (size_t i = 0; i < answer->count; i++) {
		uint32_t v4 = ntohl(answer->addr[i].w[3]);

		require(addr_is_v4(&answer->addr[i]));
		require(v4 >> 24 == 127 && v4 != 0x7f000001 && v4 >> 8 != 0x7fffff);
	}
}

static void check_list(struct list *list, const unsigned char *data, size_t size,
		       const char *domain)
{
	struct dns_answer answer = {.status = DNS_ANSWER};

	for (; size >= 4 && answer.count < DNS_RECORDS; data += 4, size -= 4) {
		__be32 v4;

		memcpy(&v4, data, sizeof(v4));
		answer.addr[answer.count++] = addr_from_v4(v4);
	}
	if (size && answer.count)
		answer.addr[0].b[0] = data[0];
	check_questions(list, domain, &answer.addr[0]);
	check_answer(list, &answer);
	answer.status = size;
	check_answer(list, &answer);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char site[700], domain[400], why[128] = "";
	enum list_kind kind = size ? data[0] % LIST_KIND_COUNT : LIST_DNSBL;
	struct list list;

	if (size) {
		data++;
		size--;
	}
	take_line(site, sizeof(site), &data, &size);
	take_line(domain, sizeof(domain), &data, &size);
	if (!list_site_parse(&list, site, why, sizeof(why))) {
		require(*why && strlen(why) < sizeof(why));
		return 0;
	}
	require(list.groups_count == 1 && *list.zone && *list.shown);
	require((list.kind == LIST_DNSWL) == (list.group[0].points < 0));
	list.kind = kind;
	check_list(&list, data, size, domain);
	return 0;
}
