// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

static int check_kind(int fd, size_t max)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -ENXIO;
	return st.st_size > 0 && (size_t)st.st_size > max ? -EFBIG : 0;
}

/* What /proc shows has no size: it is read all the same, up to the bound. */
static int read_all(int fd, char *text, size_t *len, size_t max)
{
	ssize_t got = 0;

	while (*len <= max && (got = read(fd, text + *len, max + 1 - *len)) > 0)
		*len += (size_t)got;
	if (got < 0)
		return -errno;
	return *len > max ? -EFBIG : 0;
}

int file_read(char **text, size_t *len, const char *path, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *bytes = NULL;
	int err;

	*len = 0;
	if (fd < 0)
		return -errno;
	err = check_kind(fd, max);
	if (err)
		goto out;
	bytes = malloc(max + 2);
	err = bytes ? read_all(fd, bytes, len, max) : -ENOMEM;
	if (err)
		goto out;
	bytes[*len] = '\0';
	*text = bytes;
	bytes = NULL;
out:
	free(bytes);
	close(fd);
	return err;
}

int file_write(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len) {
		ssize_t done = write(fd, at, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -EIO;
		at += done;
		len -= (size_t)done;
	}
	return 0;
}
