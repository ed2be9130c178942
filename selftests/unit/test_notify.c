// SPDX-License-Identifier: GPL-2.0-or-later
/* What a service manager hears: by a socket in its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/base/notify.h"

#define SECOND 1000000ULL

static int manager = -1;

/* An address of the abstract kind, which leaves no file behind. */
static int listen_as_manager(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int len = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "mxdp-test-%d",
			   (int)getpid());
	char name[sizeof(address.sun_path) + 1];

	(void)state;
	snprintf(name, sizeof(name), "@%s", address.sun_path + 1);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (manager < 0 ||
	    bind(manager, (struct sockaddr *)&address,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)))
		return -1;
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "60000000", 1);
	unsetenv("WATCHDOG_PID");
	return 0;
}

static int stop_listening(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	return close(manager);
}

/* The next message; "" where there is none. */
static const char *heard(void)
{
	static char text[1024];
	ssize_t got = recv(manager, text, sizeof(text) - 1, 0);

	text[got > 0 ? got : 0] = '\0';
	return text;
}

static void test_start_reload_end(void **state)
{
	struct notify n;

	(void)state;
	notify_open(&n);
	notify_status(&n, "monitor mode on eth0", SECOND);
	assert_string_equal(heard(), "STATUS=monitor mode on eth0");
	notify_ready(&n);
	assert_string_equal(heard(), "READY=1\nSTATUS=monitor mode on eth0");
	notify_reloading(&n, 7 * SECOND);
	assert_string_equal(heard(),
			    "RELOADING=1\nMONOTONIC_USEC=7000000\nSTATUS=monitor mode on eth0");
	notify_ready(&n);
	assert_string_equal(heard(), "READY=1\nSTATUS=monitor mode on eth0");
	notify_stopping(&n);
	assert_string_equal(heard(), "STOPPING=1\nSTATUS=ending");
	assert_string_equal(heard(), "");
}

static void test_status(void **state)
{
	char line[2 * NOTIFY_STATUS];
	struct notify n;

	(void)state;
	notify_open(&n);
	notify_status(&n, "one", 10 * SECOND);
	assert_string_equal(heard(), "STATUS=one");
	notify_status(&n, "one", 100 * SECOND);
	assert_string_equal(heard(), "");
	notify_status(&n, "two", 101 * SECOND);
	assert_string_equal(heard(), "STATUS=two");
	notify_status(&n, "three", 102 * SECOND); /* too soon: told when it is time */
	assert_string_equal(heard(), "");
	notify_status(&n, "three", 107 * SECOND);
	assert_string_equal(heard(), "STATUS=three");

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	notify_status(&n, line, 200 * SECOND);
	assert_int_equal(strlen(heard()), strlen("STATUS=") + NOTIFY_STATUS - 1);
	notify_status(&n, line, 300 * SECOND);
	assert_string_equal(heard(), "");
}

static void test_signs_of_life(void **state)
{
	struct notify n;
	int signs = 0;

	(void)state;
	notify_open(&n);
	for (uint64_t now = 1000 * SECOND; now < 1120 * SECOND; now += SECOND) {
		notify_alive(&n, now);
		signs += !strcmp(heard(), "WATCHDOG=1");
	}
	assert_int_equal(signs, 8); /* four a minute */
}

static void test_no_watchdog(void **state)
{
	struct notify n;

	(void)state;
	unsetenv("WATCHDOG_USEC");
	notify_open(&n);
	notify_alive(&n, 1000 * SECOND);
	assert_string_equal(heard(), "");
}

static void test_nobody_listens(void **state)
{
	struct notify n;

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	notify_open(&n);
	notify_status(&n, "one", 10 * SECOND);
	notify_ready(&n);
	notify_alive(&n, 1000 * SECOND);
	notify_stopping(&n);
	assert_string_equal(heard(), "");
	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	notify_ready(&n);
	notify_alive(&n, 2000 * SECOND);
	assert_string_equal(heard(), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, listen_as_manager, stop_listening)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_start_reload_end), TEST(test_status),         TEST(test_signs_of_life),
		TEST(test_no_watchdog),      TEST(test_nobody_listens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
