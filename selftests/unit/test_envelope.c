// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/checks/envelope.h"

static const char *const our_domains[] = {"our.example", "Other.Example"};
static const char *const traps[] = {"trap@our.example", "@old.example", "\"a@b\"@our.example"};
static const struct envelope_names names = {
	.our_domains = our_domains,
	.our_domains_count = 2,
	.traps = traps,
	.traps_count = 3,
};

/* Zero bytes may stand in it: the length is that of the literal. */
#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

/* Till the next call: a finding's words stand in the list itself. */
static struct findings *of_sender(const uint8_t *path, size_t len)
{
	static struct findings f;

	findings_clear(&f);
	envelope_check_sender(&f, path, len, &names);
	return &f;
}

#define assert_sender_finds_nothing(path)                   \
	do {                                                \
		struct findings *f_ = of_sender(path);      \
		if (f_->count)                              \
			fail_msg("%s", f_->list[0].detail); \
	} while (0)

#define assert_sender_finds(path, finding, text)               \
	do {                                                   \
		struct findings *f_ = of_sender(path);         \
		assert_int_equal(f_->count, 1);                \
		assert_int_equal(f_->list[0].id, finding);     \
		assert_false(f_->list[0].mild);                \
		assert_string_equal(f_->list[0].detail, text); \
	} while (0)

static void senders_as_they_are(void **state)
{
	(void)state;
	assert_sender_finds_nothing(BYTES(""));
	assert_int_equal(of_sender(NULL, 0)->count, 0);
	assert_sender_finds_nothing(BYTES("user@example.net"));
	assert_sender_finds_nothing(BYTES("root@localhost"));
	assert_sender_finds_nothing(BYTES("bounce+a=b.example@list.example.org"));
	assert_sender_finds_nothing(BYTES("user@sub_domain.example"));
	assert_sender_finds_nothing(BYTES("user@example.net."));
	assert_sender_finds_nothing(BYTES("host!user%relay@example.net"));
	assert_sender_finds_nothing(BYTES("user@[192.0.2.1]"));
	assert_sender_finds_nothing(BYTES("user@[IPv6:2001:db8::1]"));
	assert_sender_finds_nothing(BYTES("\"two words\"@example.net"));
	assert_sender_finds_nothing(BYTES("\"a@b\"@example.net"));
	assert_sender_finds_nothing(BYTES("\"a\\\"@b\"@example.net"));
	assert_sender_finds_nothing(BYTES("@a.example,@b.example:user@example.net"));
	assert_sender_finds_nothing(BYTES("@a.example:\"x:y@z\"@example.net"));
}

static void senders_in_utf8(void **state)
{
	(void)state;
	assert_sender_finds_nothing(BYTES("us\xc3\xa9r@example.net"));
	assert_sender_finds_nothing(BYTES("user@ex\xc3\xa4mple.net"));
	assert_sender_finds_nothing(BYTES("user@\xe4\xbe\x8b.\xf0\x9f\x93\xa7"));
	/* Latin-1, overlong, a surrogate, beyond Unicode, cut at the end. */
	assert_sender_finds(BYTES("user@ex\xe4mple.net"), FINDING_SENDER_ILLEGAL,
			    "<user@ex\\xe4mple.net>");
	assert_sender_finds(BYTES("user@\xc0\xaf.example"), FINDING_SENDER_ILLEGAL,
			    "<user@\\xc0\\xaf.example>");
	assert_sender_finds(BYTES("user@\xe0\x80\xaf.example"), FINDING_SENDER_ILLEGAL,
			    "<user@\\xe0\\x80\\xaf.example>");
	assert_sender_finds(BYTES("user@\xed\xa0\x80"), FINDING_SENDER_ILLEGAL,
			    "<user@\\xed\\xa0\\x80>");
	assert_sender_finds(BYTES("user@\xf4\x90\x80\x80"), FINDING_SENDER_ILLEGAL,
			    "<user@\\xf4\\x90\\x80\\x80>");
	assert_sender_finds(BYTES("user@example\xe4\xbe"), FINDING_SENDER_ILLEGAL,
			    "<user@example\\xe4\\xbe>");
}

static void senders_that_are_no_address(void **state)
{
	(void)state;
	assert_sender_finds(BYTES("user"), FINDING_SENDER_ILLEGAL, "<user>");
	assert_sender_finds(BYTES("user@"), FINDING_SENDER_ILLEGAL, "<user@>");
	assert_sender_finds(BYTES("@example.net"), FINDING_SENDER_ILLEGAL, "<@example.net>");
	assert_sender_finds(BYTES("@"), FINDING_SENDER_ILLEGAL, "<@>");
	assert_sender_finds(BYTES("@a.example:user"), FINDING_SENDER_ILLEGAL, "<@a.example:user>");
	assert_sender_finds(BYTES("@a.example:"), FINDING_SENDER_ILLEGAL, "<@a.example:>");
	assert_sender_finds(BYTES("\"a@b.example"), FINDING_SENDER_ILLEGAL, "<\"a@b.example>");
	assert_sender_finds(BYTES("\"a@b.example\""), FINDING_SENDER_ILLEGAL, "<\"a@b.example\">");
	assert_sender_finds(BYTES("\"a\"b@example.net"), FINDING_SENDER_ILLEGAL,
			    "<\"a\"b@example.net>");
	assert_sender_finds(BYTES("\"a\\"), FINDING_SENDER_ILLEGAL, "<\"a\\\\>");
	assert_sender_finds(BYTES("user@exam ple.net"), FINDING_SENDER_ILLEGAL,
			    "<user@exam ple.net>");
	assert_sender_finds(BYTES("user@."), FINDING_SENDER_ILLEGAL, "<user@.>");
	assert_sender_finds(BYTES("user@[]"), FINDING_SENDER_ILLEGAL, "<user@[]>");
	assert_sender_finds(BYTES("user@[192.0.2.1"), FINDING_SENDER_ILLEGAL, "<user@[192.0.2.1>");
	assert_sender_finds(BYTES("user@[a b]"), FINDING_SENDER_ILLEGAL, "<user@[a b]>");
	assert_sender_finds(BYTES("us\0er@example.net"), FINDING_SENDER_ILLEGAL,
			    "<us\\x00er@example.net>");
	assert_sender_finds(BYTES("user@exa\0mple.net"), FINDING_SENDER_ILLEGAL,
			    "<user@exa\\x00mple.net>");
	assert_sender_finds(BYTES("us\x7f@our.example"), FINDING_SENDER_ILLEGAL,
			    "<us\\x7f@our.example>");
}

static void long_senders_are_cut(void **state)
{
	uint8_t path[2000];
	const struct findings *f;

	(void)state;
	memset(path, 1, sizeof(path));
	f = of_sender(path, sizeof(path));
	assert_int_equal(f->count, 1);
	assert_true(strlen(f->list[0].detail) < FINDING_DETAIL / 2 + 2);
	assert_non_null(strstr(f->list[0].detail, "...>"));
}

static void senders_of_our_domains(void **state)
{
	(void)state;
	assert_sender_finds(BYTES("user@our.example"), FINDING_SENDER_OUR_DOMAIN,
			    "<user@our.example>");
	assert_sender_finds(BYTES("user@OUR.eXample"), FINDING_SENDER_OUR_DOMAIN,
			    "<user@OUR.eXample>");
	assert_sender_finds(BYTES("user@other.example"), FINDING_SENDER_OUR_DOMAIN,
			    "<user@other.example>");
	assert_sender_finds(BYTES("@a.example:\"x@y\"@our.example"), FINDING_SENDER_OUR_DOMAIN,
			    "<@a.example:\"x@y\"@our.example>");
	assert_sender_finds_nothing(BYTES("user@sub.our.example"));
	assert_sender_finds_nothing(BYTES("user@our.example.net"));
	assert_sender_finds_nothing(BYTES("user@your.example"));
	assert_sender_finds_nothing(BYTES("\"user@our.example\"@example.net"));
	assert_sender_finds_nothing(BYTES("@our.example:user@example.net"));
}

static struct findings *of_recipient(const uint8_t *path, size_t len, bool null_sender,
				     unsigned recipients)
{
	static struct findings f;

	findings_clear(&f);
	envelope_check_recipient(&f, path, len, null_sender, recipients, &names);
	return &f;
}

#define assert_recipient_finds_nothing(path) \
	assert_int_equal(of_recipient(path, false, 1)->count, 0)

#define assert_trapped(path, text)                                   \
	do {                                                         \
		struct findings *f_ = of_recipient(path, false, 1);  \
		assert_int_equal(f_->count, 1);                      \
		assert_int_equal(f_->list[0].id, FINDING_RCPT_TRAP); \
		assert_false(f_->list[0].mild);                      \
		assert_string_equal(f_->list[0].detail, text);       \
	} while (0)

static void traps_close(void **state)
{
	(void)state;
	assert_trapped(BYTES("trap@our.example"), "<trap@our.example>");
	assert_trapped(BYTES("TRAP@Our.Example"), "<trap@our.example>");
	assert_trapped(BYTES("@a.example,@b.example:trap@our.example"), "<trap@our.example>");
	assert_trapped(BYTES("anyone@old.example"), "<@old.example>");
	assert_trapped(BYTES("\"any one\"@OLD.example"), "<@old.example>");
	assert_trapped(BYTES("@old.example"), "<@old.example>");
	assert_trapped(BYTES("\"A@b\"@our.example"), "<\"a@b\"@our.example>");
}

static void others_go_by(void **state)
{
	(void)state;
	assert_recipient_finds_nothing(BYTES(""));
	assert_recipient_finds_nothing(BYTES("postmaster"));
	assert_recipient_finds_nothing(BYTES("user@our.example"));
	assert_recipient_finds_nothing(BYTES("traps@our.example"));
	assert_recipient_finds_nothing(BYTES("tra@our.example"));
	assert_recipient_finds_nothing(BYTES("trap@sub.our.example"));
	assert_recipient_finds_nothing(BYTES("trap@our.example.net"));
	assert_recipient_finds_nothing(BYTES("trap"));
	assert_recipient_finds_nothing(BYTES("anyone@very.old.example"));
	assert_recipient_finds_nothing(BYTES("anyone@cold.example"));
	assert_recipient_finds_nothing(BYTES("\"trap@our.example\"@example.net"));
	assert_recipient_finds_nothing(BYTES("\"x@old.example"));
	assert_recipient_finds_nothing(BYTES("trap\0@our.example"));
}

static void bounces_are_mild(void **state)
{
	struct findings *f = of_recipient(BYTES("trap@our.example"), true, 1);

	(void)state;
	assert_int_equal(f->count, 1);
	assert_int_equal(f->list[0].id, FINDING_RCPT_TRAP);
	assert_true(f->list[0].mild);
	/* A later mail of the same session that is no bounce makes it whole. */
	envelope_check_recipient(f, BYTES("trap@our.example"), false, 1, &names);
	assert_int_equal(f->count, 1);
	assert_false(f->list[0].mild);
}

static void bounces_go_to_one(void **state)
{
	const struct findings *f;

	(void)state;
	assert_int_equal(of_recipient(BYTES("a@our.example"), true, 1)->count, 0);
	assert_int_equal(of_recipient(BYTES("a@our.example"), false, 50)->count, 0);
	f = of_recipient(BYTES("a@our.example"), true, 2);
	assert_int_equal(f->count, 1);
	assert_int_equal(f->list[0].id, FINDING_NULL_SENDER_MULTI_RCPT);
	assert_string_equal(f->list[0].detail, "the null sender writes to 2 recipients");
	assert_int_equal(of_recipient(BYTES("trap@our.example"), true, 3)->count, 2);
}

static void nothing_configured_finds_nothing(void **state)
{
	const struct envelope_names none = {0};
	struct findings f = {0};

	(void)state;
	envelope_check_sender(&f, BYTES("user@our.example"), &none);
	envelope_check_recipient(&f, BYTES("trap@our.example"), false, 1, &none);
	assert_int_equal(f.count, 0);
}

#define assert_redacted(path, expected) \
	assert_string_equal(envelope_redact(text, sizeof(text), path), expected)

static void local_parts_are_not_shown(void **state)
{
	char text[300], small[12];
	uint8_t path[600];

	(void)state;
	assert_redacted(BYTES("jane.doe@example.net"), "*@example.net");
	assert_redacted(BYTES("jane.doe@[192.0.2.1]"), "*@[192.0.2.1]");
	assert_redacted(BYTES("jane.doe@ex\xc3\xa4mple.net"), "*@ex\\xc3\\xa4mple.net");
	assert_redacted(BYTES("@a.example:jane@example.net"), "*@example.net");
	assert_redacted(BYTES("\"jane@doe\"@example.net"), "*@example.net");
	assert_redacted(BYTES("\"jane\\\"@doe\"@example.net"), "*@example.net");
	assert_redacted(BYTES(""), "*");
	assert_string_equal(envelope_redact(text, sizeof(text), NULL, 0), "*");
	assert_redacted(BYTES("jane"), "*");
	assert_redacted(BYTES("jane@"), "*");
	assert_redacted(BYTES("\"jane@doe"), "*");
	assert_redacted(BYTES("\"jane@doe\""), "*");
	assert_redacted(BYTES("\"x\"jane@doe"), "*");
	assert_redacted(BYTES("x@jane doe"), "*");
	assert_redacted(BYTES("x@[jane doe]"), "*");
	assert_redacted(BYTES("x@jane\ndoe"), "*");
	assert_redacted(BYTES("@a.example:jane"), "*");
	memset(path, 'd', sizeof(path));
	path[4] = '@';
	envelope_redact(text, sizeof(text), path, sizeof(path));
	assert_true(strlen(text) < sizeof(text) && !strncmp(text, "*@ddd", 5));
	assert_string_equal(envelope_redact(small, sizeof(small), path, sizeof(path)),
			    "*@dddddd...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(senders_as_they_are),
		cmocka_unit_test(senders_in_utf8),
		cmocka_unit_test(senders_that_are_no_address),
		cmocka_unit_test(long_senders_are_cut),
		cmocka_unit_test(senders_of_our_domains),
		cmocka_unit_test(traps_close),
		cmocka_unit_test(others_go_by),
		cmocka_unit_test(bounces_are_mild),
		cmocka_unit_test(bounces_go_to_one),
		cmocka_unit_test(nothing_configured_finds_nothing),
		cmocka_unit_test(local_parts_are_not_shown),
	};

	return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}
