/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Landlock (landlock(7)) by its system calls: C libraries have no words for it. A fence is made,
 * told what stays in reach, and closed behind the calling thread: threads and processes that it
 * starts from then on are inside, those that run already are not.
 *
 * Graded by what the kernel knows: from 5.13 on opening, making and removing files, from 5.19 on
 * moving them between directories, from 6.2 on truncating them. Older ones, and those where it is
 * switched off, have no fence: permissions alone decide there.
 */
#ifndef MXDP_BASE_LANDLOCK_H
#define MXDP_BASE_LANDLOCK_H

#include <stdint.h>

enum landlock_reach {
	LANDLOCK_READ,    /* files and directories */
	LANDLOCK_EXECUTE, /* and run them */
	LANDLOCK_WRITE,   /* read and write files that are there */
	LANDLOCK_REMOVE,  /* take away files, no more */
	LANDLOCK_ALL,     /* make, move and remove, too; never run */
};

struct landlock {
	int ruleset; /* -1: no fence can be made */
	uint64_t handled;
};

/* 1; 0 where the kernel has no Landlock, and the calls below do nothing; -errno. */
int landlock_begin(struct landlock *l);
/* What is at `path' and below it; nothing where nothing is there. 0 or -errno. */
int landlock_allow(const struct landlock *l, const char *path, enum landlock_reach reach);
/* Closes it, for good. 1 where the kernel enforces it, 0 where it does not, or -errno. */
int landlock_close(struct landlock *l);
/* Without closing it. */
void landlock_forget(struct landlock *l);

#endif
