/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF object: opened from the embedded skeleton, given its constants, its maps reused from
 * their pins or created, then loaded - by libxdp at the first attach (which may turn the XDP
 * program into a dispatcher's component), or by ourselves for tests and replay.
 *
 * libxdp calls bpf_object__load, not the skeleton's: skel->bss and skel->data are not mapped and
 * must not be written. Only rodata is set through the skeleton.
 */
#ifndef MXDP_KERNEL_OBJECT_H
#define MXDP_KERNEL_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include "../config/config.h"
#include "../../maps/maps.h"

struct xdp_program;
struct mxdp_bpf;

struct programs {
	struct mxdp_bpf *skel;
	struct mxdp_bpf *tables; /* has the maps and no program; NULL where they are not pinned */
	struct xdp_program *xdp; /* NULL until object_for_libxdp() */
	bool loaded;
	bool reused;   /* the maps came from pins of an earlier mxdpd */
	bool kept;     /* attached somewhere: the pins are worth keeping */
	char *pin_dir; /* owned; NULL where the maps are not pinned */
};

/*
 * Opens and configures. `pin_dir` NULL keeps the maps unpinned (tests, replay). Where pins of an
 * equal layout exist they are reused; of another layout, fresh maps take their place. Returns
 * 0, or -errno with one line in `error`.
 */
int object_open(struct programs *out, const struct config *config, const char *pin_dir, char *error,
		size_t error_size);

/* Loads without libxdp, for BPF_PROG_TEST_RUN. */
int object_load(struct programs *programs, char *error, size_t error_size);

/* The map descriptors; valid once loaded, with pins from object_open() on. */
int object_maps(struct maps *out, const struct programs *programs);

/*
 * Marks fresh maps with their layout. From then on the next start takes what they hold for all that
 * is in force; a start that dies before has left maps as good as fresh ones.
 */
void object_mark(struct programs *programs);

/* Unpins what this open pinned and nothing was attached to; other pins stay for the next start. */
void object_close(struct programs *programs);

/* For attach.c. Makes programs->xdp, with which libxdp loads the object at the first attach. */
int object_for_libxdp(struct programs *programs, char *error, size_t error_size);
/* Once somebody has loaded the object. */
void object_adopt(struct programs *programs);
/* The line for a load that failed; returns `err`. */
int object_load_failed(int err, char *error, size_t error_size);
/* Whether libxdp made the XDP program a dispatcher's component: it fits nowhere else then. */
bool object_is_component(const struct programs *programs);
int object_gate_fd(const struct programs *programs);
int object_tap_fd(const struct programs *programs);
/* The kernel's number of the map that all who share our pins share; 0 on failure. */
__u32 object_live_id(const struct programs *programs);

/* Checks what every start needs: BTF, privilege, bpffs. One line in `error` where it is missing. */
int object_preflight(const char *pin_dir, char *error, size_t error_size);

#endif
