/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files as wholes: small ones that people write, read; those of our own, written.
 */
#ifndef MXDP_BASE_FILE_H
#define MXDP_BASE_FILE_H

#include <stddef.h>

/*
 * The bytes of a regular file of at most `max`, allocated, with a zero behind them. Never waits: a
 * FIFO that nobody writes to is no regular file. 0; -EISDIR; -ENXIO: another kind of file; -EFBIG:
 * longer than `max`; -ENOMEM; else what open(2) or read(2) say.
 */
int file_read(char **text, size_t *len, const char *path, size_t max);

/* All the bytes, in as many pieces as the kernel takes them. 0 or -errno. */
int file_write(int fd, const void *bytes, size_t len);

#endif
