// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "explain.h"
#include "text.h"

/* What to mend, by the beginning of a finding's name; the first that fits. */
static const struct {
	const char *id, *words;
} advice[] = {
	{"helo-our-",
	 "The server greets ours with our own name or address. Let it give its own name "
	 "in EHLO (in Postfix: myhostname and smtp_helo_name)."},
	{"helo-unresolvable", "The name given in EHLO should exist in the DNS."},
	{"helo-brand-forgery",
	 "The name given in EHLO is another organisation's: let the server give "
	 "its own."},
	{"helo-known-bot", "The name given in EHLO is one that infected machines use. Please look "
			   "for malware on, or behind, this address."},
	{"helo-", "The name given in EHLO should be the server's own full name, such as "
		  "mail.example.org, with an address in the DNS."},
	{"rdns-", "The address should have a name in the DNS (PTR) that leads back to it."},
	{"dnsbl", "The address is on a public blocklist. The list's own page tells why, and how to "
		  "be taken off."},
	{"rhsbl-", "The domain is on a public blocklist. The list's own page tells why, and how to "
		   "be taken off."},
	{"early-talker", "The sender spoke before our server had greeted it (RFC 5321 4.3.1). "
			 "Programs that do so are seldom mail servers: please look for malware, or "
			 "for a mail program that does not wait."},
	{"illegal-pipelining",
	 "The sender did not wait for our server's replies (RFC 2920). Please "
	 "look at the program that sends."},
	{"non-smtp",
	 "What came was not mail (SMTP), but another protocol. Please look for malware, "
	 "or for a program with a wrong port number."},
	{"tls-on-25",
	 "The sender began with TLS on a port that begins without it. Use STARTTLS, or "
	 "port 465."},
	{"auth-", "Somebody at this address tries to log in, and fails. Please look for a mail "
		  "program with an old password, or for malware."},
	{"rcpt-", "Mail goes to recipients that do not exist here. Please clean the list of "
		  "recipients, or look for malware."},
	{"relay-attempt",
	 "Mail goes to domains that we do not serve. Please look at the routing of "
	 "those domains."},
	{"sender-", "The sender address (MAIL FROM) should be of a domain that exists and is the "
		    "sender's own."},
	{"null-sender",
	 "One message with an empty sender address went to several recipients, which "
	 "no bounce does. Please look at the program that sends."},
	{"", "Please look at the program that sends mail from this address."},
};

static const char *advice_for(const char *id)
{
	size_t i = 0;

	while (strncmp(id, advice[i].id, strlen(advice[i].id)))
		i++;
	return advice[i].words;
}

static const char *clean(char out[TEXT_CELL], const char *text)
{
	return text_clean(out, TEXT_CELL, text ? text : "?");
}

static bool has(const json_t *data, const char *key, const char *wanted)
{
	const char *text = field_text(data, key);

	return text && wanted && !strcmp(text, wanted);
}

/* The state with the verdict that the text is about, or NULL. */
static const json_t *subject_of(const json_t *answers)
{
	const json_t *data, *verdict;
	size_t i;

	json_array_foreach(answers, i, data)
	{
		verdict = json_object_get(data, "verdict");
		if (has(data, "about", "state") && json_is_object(verdict) &&
		    !field_text(data, "allowed") && !has(verdict, "action", "watch"))
			return data;
	}
	return NULL;
}

/* Its entry of the history, or NULL where the journal has none. */
static const json_t *entry_of(const json_t *answers, const json_t *verdict)
{
	const json_t *data, *past;
	size_t i, k;

	json_array_foreach(answers, i, data)
	{
		json_array_foreach(json_object_get(data, "verdicts"), k, past)
		{
			if (json_is_null(json_object_get(past, "ended")) &&
			    has(past, "addr", field_text(verdict, "addr")) &&
			    has(past, "cause", field_text(verdict, "cause")))
				return past;
		}
	}
	return NULL;
}

static void print_moment(const char *before, time_t when, const char *behind)
{
	char text[64] = "?";
	struct tm tm;

	if (gmtime_r(&when, &tm))
		strftime(text, sizeof(text), "%F %H:%M UTC", &tm);
	printf("%s%s%s", before, text, behind);
}

/* Each piece of advice once. */
static void print_advice(const json_t *findings, const char *cause)
{
	const char *said[sizeof(advice) / sizeof(advice[0])];
	const json_t *finding;
	size_t i, count = 0;

	puts("\nWhat would help:");
	json_array_foreach(findings, i, finding)
	{
		const char *words =
			advice_for(field_text(finding, "id") ? field_text(finding, "id") : "");
		size_t known = 0;

		while (known < count && said[known] != words)
			known++;
		if (known < count)
			continue;
		said[count++] = words;
		printf("  - %s\n", words);
	}
	if (!count)
		printf("  - %s\n", advice_for(cause));
}

static void print_evidence(const json_t *verdict, const json_t *findings)
{
	const char *reason = field_text(verdict, "reason");
	const json_t *finding;
	char text[TEXT_CELL];
	size_t i;

	puts("this was seen:");
	json_array_foreach(findings, i, finding)
	{
		printf("  - %s: ", clean(text, field_text(finding, "id")));
		puts(clean(text, field_text(finding, "detail")));
	}
	if (json_array_size(findings))
		return;
	printf("  - %s", clean(text, field_text(verdict, "cause")));
	if (reason && *reason)
		printf(": %s", clean(text, reason));
	putchar('\n');
}

static void print_by_hand(const json_t *verdict)
{
	const char *reason = field_text(verdict, "reason");
	char text[TEXT_CELL];

	puts("our administrator does not accept connections from this address.");
	if (reason && *reason)
		printf("The reason given: %s\n", clean(text, reason));
	puts("Please write to our postmaster by another way if you think that this is wrong.");
}

bool explain_has_text(const json_t *answers)
{
	return subject_of(answers);
}

void explain_print_text(const json_t *answers)
{
	const json_t *verdict = json_object_get(subject_of(answers), "verdict");
	const json_t *entry = entry_of(answers, verdict);
	const json_t *findings = json_object_get(entry, "findings");
	json_int_t left = field_number(verdict, "expires_in", -1);
	const char *cause = field_text(verdict, "cause") ? field_text(verdict, "cause") : "";
	char text[TEXT_CELL];

	printf("Connections from %s to our mail server are not accepted at present.\n",
	       clean(text, field_text(verdict, "addr")));
	print_moment("Since ", time(NULL) - (time_t)field_number(verdict, "age", 0), " ");
	if (!strcmp(cause, "manual")) {
		print_by_hand(verdict);
	} else {
		puts("that is so automatically; in a session from there");
		print_evidence(verdict, findings);
		print_advice(findings, cause);
	}
	if (left >= 0)
		print_moment("\nThis ends by itself on ", time(NULL) + (time_t)left,
			     ", unless it happens again. Mail that waits\nin the sender's queue is "
			     "delivered then; nothing was read or thrown away.\n");
}
