// SPDX-License-Identifier: GPL-2.0-or-later
/* Who listens on the mail ports: proc_pid_net(5), and whose descriptors the sockets are. */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "setup.h"

#define TCP_IS_LISTENING 0x0a

static const unsigned mail_ports[] = {25, 465, 587};

static bool is_mail_port(unsigned port)
{
	for (size_t i = 0; i < sizeof(mail_ports) / sizeof(mail_ports[0]); i++)
		if (mail_ports[i] == port)
			return true;
	return false;
}

/* Words of 32 bits, each in hexadecimal as the host's own number: addresses in network order. */
static bool parse_words(struct addr *out, const char *text, bool v6)
{
	unsigned words[4];

	if (!v6) {
		if (sscanf(text, "%8x", &words[0]) != 1)
			return false;
		*out = addr_from_v4(words[0]);
		return true;
	}
	if (sscanf(text, "%8x%8x%8x%8x", &words[0], &words[1], &words[2], &words[3]) != 4)
		return false;
	memcpy(out, words, sizeof(*out));
	return true;
}

static bool is_any(const struct addr *addr)
{
	static const struct addr none;
	struct addr v4 = addr_from_v4(0);

	return addr_equal(addr, &none) || addr_equal(addr, &v4);
}

static void take_line(struct setup_facts *facts, const char *line, bool v6)
{
	struct setup_listener one = {0};
	char local[40];
	unsigned state;

	if (sscanf(line, " %*u: %39[0-9A-Fa-f]:%4x %*[0-9A-Fa-f]:%*x %2x %*s %*s %*s %*u %*u %lu",
		   local, &one.port, &state, &one.inode) != 4)
		return;
	if (state != TCP_IS_LISTENING || !is_mail_port(one.port) ||
	    facts->listener_count == SETUP_LISTENERS || !parse_words(&one.addr, local, v6))
		return;
	one.any = is_any(&one.addr);
	facts->listener[facts->listener_count++] = one;
}

void setup_read_listeners(struct setup_facts *facts, FILE *file, bool v6)
{
	char line[512];

	while (fgets(line, sizeof(line), file))
		take_line(facts, line, v6);
}

static void name_process(struct setup_listener *one, int pid)
{
	char path[64];
	FILE *file;

	one->pid = pid;
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(one->process, sizeof(one->process), file))
		one->process[strcspn(one->process, "\n")] = 0;
	fclose(file);
}

static void look_at_descriptors(struct setup_facts *facts, int pid)
{
	char path[64], target[64];
	const struct dirent *entry;
	unsigned long inode;
	ssize_t len;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		target[len > 0 ? len : 0] = 0;
		if (sscanf(target, "socket:[%lu]", &inode) != 1)
			continue;
		/* The first that has it, which is the oldest: Postfix's master, not one smtpd. */
		for (size_t i = 0; i < facts->listener_count; i++)
			if (facts->listener[i].inode == inode && !facts->listener[i].pid)
				name_process(&facts->listener[i], pid);
	}
	if (dir)
		closedir(dir);
}

static void name_all(struct setup_facts *facts)
{
	DIR *dir = facts->listener_count ? opendir("/proc") : NULL;
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)*entry->d_name))
			look_at_descriptors(facts, atoi(entry->d_name));
	if (dir)
		closedir(dir);
}

void setup_look_at_listeners(struct setup_facts *facts)
{
	static const char *const tables[] = {"/proc/self/net/tcp", "/proc/self/net/tcp6"};

	for (int v6 = 0; v6 < 2; v6++) {
		FILE *file = fopen(tables[v6], "re");

		if (!file)
			continue;
		setup_read_listeners(facts, file, v6);
		fclose(file);
	}
	name_all(facts);
}
