/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands below the pin directory, so that a restart finds it:
 *   mxdp_NAME        the maps
 *   egress-IFINDEX   the tcx link of the tap
 *   clsact-IFINDEX/  an empty directory (a BPF file system holds no plain files): the clsact qdisc
 *                    of this interface was made by mxdp and may go with it
 */
#ifndef MXDP_KERNEL_PINS_H
#define MXDP_KERNEL_PINS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct bpf_object;

/* Whether `path`, or its nearest parent that exists, lies on a BPF file system. */
bool pins_on_bpffs(const char *path);

/* DIR/NAME, or DIR/NAME-NUMBER. 0 or -ENAMETOOLONG; `path` holds PATH_MAX. */
int pins_path(char *path, const char *dir, const char *name);
int pins_path_of(char *path, const char *dir, const char *name, int ifindex);

/* Creates the directory, for root only, where it is missing. */
int pins_make_dir(const char *dir, char *error, size_t error_size);

/*
 * Makes the directory this process's own until the descriptor is closed, however it ends; creates
 * it where it is missing. Returns the descriptor, or -errno: -EBUSY where another mxdpd has it.
 */
int pins_lock(const char *dir, char *error, size_t error_size);

/*
 * What an earlier mxdpd left below `dir`: *reused says whether it is a whole set of this layout.
 * Pins of another layout are removed: fresh maps are to take their place. 0, or -errno with a line.
 */
int pins_look(const char *dir, bool *reused, char *error, size_t error_size);

/*
 * Has the object's maps pinned below `dir` when it is loaded, or taken from there. Pins of another
 * size are an error here, because libbpf would only say "invalid argument", and a smaller table
 * would lose verdicts.
 */
int pins_prepare(struct bpf_object *object, const char *dir, char *error, size_t error_size);

/* Unlinks the maps' pins. Returns how many went, or -errno. */
int pins_remove_maps(const char *dir);

#endif
