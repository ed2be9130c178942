// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <cap-ng.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/capabilities.h"
#include "child.h"
#include "fetch.h"
#include "keeper_user.h"

/* What comes in or goes out goes through the socket, and nothing else is open. */
static int close_others(int socket)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return -errno;
	for (int fd = 0; fd < 3; fd++)
		if (fd != socket && dup2(null, fd) < 0)
			return -errno;
	if (socket > 3 && close_range(3, (unsigned)socket - 1, 0))
		return -errno;
	if (close_range(socket < 3 ? 3 : (unsigned)socket + 1, ~0U, 0))
		return -errno;
	return 0;
}

/* Ctrl-C and a service manager's SIGTERM reach us, too: the agent decides when we end. */
static void ignore_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int n = 1; n < NSIG; n++)
		signal(n, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

/* Where memory is short, a list is to go before the mail server does. */
static void be_first_to_go(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "500", 3) != 3)
		errno = 0; /* a wish, no more */
	close(fd);
}

/*
 * A place that nobody else sees for what rsync brings; what the host mounts later shows here, too.
 * Where this is not allowed, as in some containers, the usual directory does.
 */
static void mount_room(const struct passwd *user)
{
	char options[64];

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
		return;
	snprintf(options, sizeof(options), "mode=0700,uid=%u,gid=%u", user->pw_uid, user->pw_gid);
	mount("mxdp-feed", FETCH_ROOM, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options);
}

static const struct passwd *find_user(void)
{
	static const char *const names[] = FEED_USERS;
	const struct passwd *user = NULL;

	for (size_t i = 0; !user && i < sizeof(names) / sizeof(names[0]); i++)
		user = getpwnam(names[i]);
	return user && user->pw_uid ? user : NULL;
}

static int change_user(char *error, size_t size)
{
	static const struct capability needed[] = {
		CAPABILITY(CAP_SETUID, "to change its user"),
		CAPABILITY(CAP_SETGID, "to change its groups"),
		CAPABILITY(CAP_SETPCAP, "to give up all others for good"),
	};
	const struct passwd *user = find_user();
	char missing[256];

	if (!user) {
		snprintf(error, size, "there is neither a user mxdp-feed nor nobody");
		return -ENOENT;
	}
	if (capabilities_missing(missing, sizeof(missing), needed,
				 sizeof(needed) / sizeof(needed[0]))) {
		snprintf(error, size, "it cannot become the user %s without %s", user->pw_name,
			 missing);
		return -EPERM;
	}
	mount_room(user);
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_change_id((int)user->pw_uid, (int)user->pw_gid,
			    CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING)) {
		snprintf(error, size, "it cannot become the user %s", user->pw_name);
		return -EPERM;
	}
	return 0;
}

/* Not root, but perhaps with capabilities of its own. */
static int drop_capabilities(char *error, size_t size)
{
	capng_clear(CAPNG_SELECT_CAPS);
	if (!capng_apply(CAPNG_SELECT_CAPS))
		return 0;
	snprintf(error, size, "it cannot give up its capabilities");
	return -EPERM;
}

int keeper_become_nobody(int socket, pid_t agent, char *error, size_t size)
{
	int err = close_others(socket);

	if (err) {
		snprintf(error, size, "it cannot close what the agent has open: %s",
			 strerror(-err));
		return err;
	}
	prctl(PR_SET_NAME, "mxdpd-keeper");
	ignore_signals();
	be_first_to_go();
	umask(077);
	err = geteuid() ? drop_capabilities(error, size) : change_user(error, size);
	if (err)
		return err;
	/* After the change of user, which forgets these two. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)) {
		snprintf(error, size, "it cannot shut itself in: %s", strerror(errno));
		return -EPERM;
	}
	if (getppid() != agent)
		_exit(0);
	return chdir("/") ? -errno : 0;
}
