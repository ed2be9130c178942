/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ingress side of attach.h: who holds an interface's XDP hook, and putting our gate there.
 *
 * The hook is held by one program. It may be our gate itself, libxdp's dispatcher (with our gate
 * among its components, or not), or somebody else's, which is never touched. Our gate is known by
 * its name; a program of the same name that is not ours would be taken for it.
 *
 * Two ways to attach. As a single program we speak netlink ourselves, because only so can a
 * replacement name the program it replaces. In a dispatcher libxdp does it: the new gate is added
 * before the old one is removed, so for a moment both look at each packet.
 */
#ifndef MXDP_KERNEL_XDP_H
#define MXDP_KERNEL_XDP_H

#include <linux/types.h>
#include "attach.h"
#include "object.h"

enum xdp_holder {
	XDP_HOLDER_NONE,
	XDP_HOLDER_GATE,       /* our gate, as a single program */
	XDP_HOLDER_DISPATCHER, /* libxdp's; gate_id tells whether our gate is in it */
	XDP_HOLDER_FOREIGN,
};

/* The names of the programs in the object, as the kernel shows them. */
#define GATE_NAME "mxdp_gate"
#define TAP_NAME  "mxdp_tap"

struct xdp_seen {
	enum xdp_holder holder;
	bool native;
	__u32 id;      /* of the program on the hook */
	__u32 gate_id; /* of our gate, wherever it sits; 0 none */
	char name[16]; /* of the program on the hook (BPF_OBJ_NAME_LEN) */
};

/* 0 or -errno; -ENODEV where there is no such interface. */
int xdp_look(struct xdp_seen *out, int ifindex);

/* The name of a program: 0 or -errno. `name` holds BPF_OBJ_NAME_LEN bytes. */
int program_name(char *name, __u32 id);
__u32 program_id(int fd); /* 0 on failure */
bool program_uses_map(__u32 program, __u32 map);

/* Looks, and refuses a hook that somebody else holds: 0, or -errno with one line in `error`. */
int xdp_check(struct xdp_seen *out, const struct attachment *attachment, char *error,
	      size_t error_size);

/* What xdp_put() did, until xdp_settle() makes it final or xdp_undo() takes it back. */
struct xdp_change {
	int old_fd; /* of the gate that was replaced; -1 none */
	__u32 old_id;
};

/* Loads the programs where nobody has, and attaches the gate; fills the XDP part of *attachment. */
int xdp_put(struct attachment *attachment, struct xdp_change *change, struct programs *programs,
	    enum xdp_mode mode, char *error, size_t error_size);
void xdp_settle(const struct attachment *attachment, struct xdp_change *change);
void xdp_undo(const struct attachment *attachment, struct xdp_change *change,
	      struct programs *programs);

/* Takes the gate `gate_id` off, as `seen` found it. 0 or -errno. */
int xdp_take_off(int ifindex, const struct xdp_seen *seen);

#endif
