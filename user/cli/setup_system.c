// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel, the resolver, the init system. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli.h"
#include "setup.h"
#include "../base/file.h"
#include "../kernel/object.h"

#define SMALL_FILE (64U << 10)

/* Resolvers that ask for everybody, and so are refused by the big lists, or answered wrongly. */
static const struct {
	const char *addr, *whose;
} public_servers[] = {
	{"1.0.0.1", "Cloudflare"},
	{"1.1.1.1", "Cloudflare"},
	{"2606:4700:4700::1001", "Cloudflare"},
	{"2606:4700:4700::1111", "Cloudflare"},
	{"8.8.4.4", "Google"},
	{"8.8.8.8", "Google"},
	{"2001:4860:4860::8844", "Google"},
	{"2001:4860:4860::8888", "Google"},
	{"9.9.9.9", "Quad9"},
	{"9.9.9.10", "Quad9"},
	{"149.112.112.112", "Quad9"},
	{"2620:fe::9", "Quad9"},
	{"2620:fe::fe", "Quad9"},
	{"208.67.220.220", "OpenDNS"},
	{"208.67.222.222", "OpenDNS"},
	{"2620:119:35::35", "OpenDNS"},
	{"2620:119:53::53", "OpenDNS"},
	{"94.140.14.14", "AdGuard"},
	{"94.140.15.15", "AdGuard"},
	{"185.12.64.1", "Hetzner"},
	{"185.12.64.2", "Hetzner"},
	{"2a01:4ff:ff00::add:1", "Hetzner"},
	{"2a01:4ff:ff00::add:2", "Hetzner"},
	{"213.186.33.99", "OVH"},
};

static struct setup_server server_of(const struct addr *addr)
{
	struct setup_server server = {*addr, SETUP_RESOLVER_OTHER, NULL};

	if (addr_special(addr))
		server.kind = SETUP_RESOLVER_OWN;
	for (size_t i = 0; i < sizeof(public_servers) / sizeof(public_servers[0]); i++) {
		struct addr known;

		if (addr_parse(&known, public_servers[i].addr) && addr_equal(&known, addr)) {
			server.kind = SETUP_RESOLVER_PUBLIC;
			server.whose = public_servers[i].whose;
		}
	}
	return server;
}

void setup_read_resolvers(struct setup_facts *facts, char *text)
{
	char *lines, *words, *word;

	for (char *line = strtok_r(text, "\n", &lines); line; line = strtok_r(NULL, "\n", &lines)) {
		struct addr addr;

		word = strtok_r(line, " \t\r", &words);
		if (!word || strcmp(word, "nameserver") != 0)
			continue;
		word = strtok_r(NULL, " \t\r%", &words);
		if (word && addr_parse(&addr, word) && facts->server_count < SETUP_SERVERS)
			facts->server[facts->server_count++] = server_of(&addr);
	}
}

/* systemd-resolved's own address says nothing: the servers that it asks stand elsewhere. */
static void read_resolvers(struct setup_facts *facts)
{
	static const char stub[] = "127.0.0.53";
	const char *path = "/etc/resolv.conf";
	char shown[ADDR_TEXT], *text;
	size_t len;

	if (!file_read(&text, &len, path, SMALL_FILE)) {
		setup_read_resolvers(facts, text);
		free(text);
	}
	if (facts->server_count != 1 ||
	    strcmp(addr_format(shown, &facts->server[0].addr), stub) != 0 ||
	    file_read(&text, &len, "/run/systemd/resolve/resolv.conf", SMALL_FILE))
		return;
	facts->server_count = 0;
	setup_read_resolvers(facts, text);
	free(text);
}

/* A number that the kernel shows in a file; -1 where it does not. */
static int number_in(const char *path)
{
	char *text;
	size_t len;
	int number = -1;

	if (file_read(&text, &len, path, SMALL_FILE))
		return -1;
	if (sscanf(text, "%d", &number) != 1)
		number = -1;
	free(text);
	return number;
}

static bool file_has(const char *path, const char *words)
{
	char *text;
	size_t len;
	bool has;

	if (file_read(&text, &len, path, SMALL_FILE))
		return false;
	has = strstr(text, words);
	free(text);
	return has;
}

static bool unit_exists(void)
{
	return !access("/etc/systemd/system/mxdpd.service", F_OK) ||
	       !access("/lib/systemd/system/mxdpd.service", F_OK) ||
	       !access("/usr/local/lib/systemd/system/mxdpd.service", F_OK);
}

void setup_look_at_system(struct setup_facts *facts)
{
	struct utsname names;
	int n;

	if (!uname(&names)) {
		snprintf(facts->kernel, sizeof(facts->kernel), "%s", names.release);
		sscanf(names.release, "%u.%u", &facts->kernel_major, &facts->kernel_minor);
	}
	read_resolvers(facts);
	object_preflight(cli.pin_dir, facts->refused, sizeof(facts->refused));
	facts->lockdown = file_has("/sys/kernel/security/lockdown", "[confidentiality]");
	n = number_in("/proc/sys/net/core/bpf_jit_enable");
	facts->jit = n < 0 ? -1 : n > 0;
	n = number_in("/proc/sys/kernel/unprivileged_bpf_disabled");
	facts->unprivileged_bpf = n < 0 ? -1 : !n;
	facts->systemd = !access("/run/systemd/system", F_OK);
	facts->unit = facts->systemd && unit_exists();
}
