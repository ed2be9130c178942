// SPDX-License-Identifier: GPL-2.0-or-later
#include "../base/landlock.h"
#include "confine.h"

/* What getaddrinfo(3), the TLS libraries and the loader read; those that are there. */
static const char *const readable[] = {
	"/etc/resolv.conf",
	"/etc/hosts",
	"/etc/nsswitch.conf",
	"/etc/host.conf",
	"/etc/gai.conf",
	"/etc/services",
	"/etc/protocols",
	"/etc/ssl",
	"/etc/pki",
	"/etc/gnutls",
	"/etc/ca-certificates",
	"/etc/crypto-policies",
	"/etc/ld.so.cache",
	"/etc/localtime",
	"/usr/share/ca-certificates",
	"/usr/local/share/ca-certificates",
	"/usr/share/crypto-policies",
	"/usr/share/pki",
	"/usr/share/zoneinfo",
	"/usr/lib",
	"/usr/lib32",
	"/usr/lib64",
	"/lib",
	"/lib64",
	"/dev/null",
	"/dev/urandom",
};

static int allow_all(const struct landlock *fence, const struct confinement *c)
{
	/* A program is started by its loader, which must be executable too. */
	enum landlock_reach reach = c->executable ? LANDLOCK_EXECUTE : LANDLOCK_READ;
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(readable) / sizeof(readable[0]); i++)
		err = landlock_allow(fence, readable[i], reach);
	if (!err && c->executable)
		err = landlock_allow(fence, c->executable, LANDLOCK_EXECUTE);
	if (!err && c->writable)
		err = landlock_allow(fence, c->writable, LANDLOCK_WRITE);
	return err;
}

int confine_files(const struct confinement *c)
{
	struct landlock fence;
	int err = landlock_begin(&fence);

	if (err < 1)
		return err;
	err = allow_all(&fence, c);
	if (!err)
		return landlock_close(&fence);
	landlock_forget(&fence);
	return err;
}
