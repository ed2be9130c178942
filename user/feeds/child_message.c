// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child_inside.h"

union ancillary {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int feed_send(int socket, const char *text, size_t len, int fd, int flags)
{
	struct iovec iov = {(void *)text, len};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	union ancillary ancillary = {.bytes = {0}};
	struct cmsghdr *header;
	ssize_t sent;

	if (fd >= 0) {
		message.msg_control = ancillary.bytes;
		message.msg_controllen = sizeof(ancillary.bytes);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	do
		sent = sendmsg(socket, &message, flags | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

static int take_descriptor(struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int fd;

	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

ssize_t feed_receive(int socket, char *text, size_t size, int *fd, int flags)
{
	struct iovec iov = {text, size};
	/* Room for one descriptor: of more the kernel closes the rest, and says so. */
	union ancillary ancillary = {.bytes = {0}};
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = ancillary.bytes,
		.msg_controllen = sizeof(ancillary.bytes),
	};
	ssize_t got;

	*fd = -1;
	do
		got = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	*fd = take_descriptor(&message);
	if (!(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return got;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return -EBADMSG;
}
