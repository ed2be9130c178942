/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real DNS servers for a test program: a network namespace of its own with nothing but lo, rbldnsd
 * and NSD on its ports, their files in a folder below /tmp that goes with them. However the program
 * ends, a keeper ends the servers: rbldnsd gives up its user, and with it the word of our death.
 */
#ifndef MXDP_SELFTESTS_DNS_ROOM_H
#define MXDP_SELFTESTS_DNS_ROOM_H

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/base/clock.h"

static char room_dir[] = "/tmp/mxdp-dns-XXXXXX";
static pid_t room_keeper; /* the servers are in its process group */
static int room_alive[2];

static void room_leave(void)
{
	DIR *dir = opendir(room_dir);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (unlinkat(dirfd(dir), entry->d_name, 0))
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR); /* a killed NSD's */
	}
	if (dir)
		closedir(dir);
	rmdir(room_dir);
}

/* Waits until the other end of `alive` is closed, by us or by our death. */
static void room_keep(const int alive[2])
{
	char none;

	setpgid(0, 0);
	signal(SIGTERM, SIG_IGN);
	close(alive[1]);
	while (read(alive[0], &none, 1) < 0 && errno == EINTR)
		;
	room_leave();
	kill(0, SIGKILL);
}

static bool room_start_keeper(void)
{
	if (pipe2(room_alive, O_CLOEXEC))
		return false;
	room_keeper = fork();
	if (!room_keeper)
		room_keep(room_alive);
	if (room_keeper > 0)
		setpgid(room_keeper, room_keeper);
	return room_keeper > 0;
}

/* False: there is no such room here, and why. Nothing may have started a thread yet. */
static bool room_enter(const char **why)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd;

	*why = "needs root";
	if (geteuid())
		return false;
	*why = "needs rbldnsd and nsd";
	if (access("/usr/sbin/rbldnsd", X_OK) || access("/usr/sbin/nsd", X_OK))
		return false;
	*why = "needs a network namespace of its own";
	if (unshare(CLONE_NEWNET | CLONE_NEWNS))
		return false;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo))
		return false;
	close(fd);
	*why = "cannot make a folder below /tmp";
	/* rbldnsd and NSD read it as users of their own. */
	return mkdtemp(room_dir) && !chmod(room_dir, 0755) && room_start_keeper();
}

static bool room_file(const char *name, const char *text)
{
	char path[256];
	FILE *file;
	bool written;

	snprintf(path, sizeof(path), "%s/%s", room_dir, name);
	file = fopen(path, "w");
	written = file && fputs(text, file) >= 0;
	return file && !fclose(file) && written;
}

static pid_t room_start(char *const *argv)
{
	pid_t pid = fork();
	int null;

	if (pid)
		return pid;
	null = open("/dev/null", O_RDWR);
	if (setpgid(0, room_keeper) || chdir(room_dir) || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(null, 2) < 0)
		_exit(127);
	execv(argv[0], argv);
	_exit(127);
}

static void room_stop(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

/* A question for "." is answered by every server that lives, if only by REFUSED. */
static bool room_probe(int fd)
{
	static const unsigned char question[] = {1, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1};
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	char answer[512];

	if (send(fd, question, sizeof(question), 0) < 0 || poll(&wait, 1, 20) <= 0)
		return false;
	return recv(fd, answer, sizeof(answer), 0) > 0;
}

static bool room_lives(unsigned port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	uint64_t until = clock_ns(CLOCK_MONOTONIC) + 10000000000ULL;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool lives = false;

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return false;
	while (!lives && clock_ns(CLOCK_MONOTONIC) < until) {
		lives = room_probe(fd);
		if (!lives)
			poll(NULL, 0, 5); /* an ICMP error comes at once */
	}
	close(fd);
	return lives;
}

/* NSD with these zones, each from the file of its name; one without a file is answered SERVFAIL. */
static inline pid_t room_start_nsd(unsigned port, const char *const *zones, size_t count)
{
	char config[4096], *argv[] = {"/usr/sbin/nsd", "-d", "-c", "nsd.conf", NULL};
	int n = snprintf(config, sizeof(config),
			 "server:\n ip-address: 127.0.0.1@%u\n username: \"\"\n chroot: \"\"\n"
			 " database: \"\"\n pidfile: \"\"\n zonesdir: \"%s\"\n xfrdir: \"%s\"\n"
			 " xfrdfile: \"%s/xfrd\"\n zonelistfile: \"%s/zonelist\"\n"
			 " server-count: 1\n"
			 "remote-control:\n control-enable: no\n",
			 port, room_dir, room_dir, room_dir, room_dir);

	for (size_t i = 0; i < count; i++)
		n += snprintf(config + n, sizeof(config) - (size_t)n,
			      "zone:\n name: %s\n zonefile: %s\n", zones[i], zones[i]);
	return room_file("nsd.conf", config) ? room_start(argv) : -1;
}

#endif
