/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Putting the programs on an interface and taking them off again.
 *
 * Ingress is XDP through libxdp: its dispatcher where the kernel can (freplace), a single program
 * otherwise; native mode first, then generic. Egress is tcx where the kernel knows it (6.6), else a
 * clsact filter; a clsact qdisc that was there before is left when we go.
 *
 * Handing over: an earlier mxdpd may have left its programs on the interface (--handover, or it was
 * killed). attach_put() then replaces them in one step, so that no packet passes unguarded.
 */
#ifndef MXDP_KERNEL_ATTACH_H
#define MXDP_KERNEL_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include "../config/config.h"

struct programs; /* object.h: the loaded BPF object */

enum xdp_how {
	XDP_HOW_NONE,
	XDP_HOW_DISPATCHER,
	XDP_HOW_SINGLE,
};

enum egress_how {
	EGRESS_HOW_NONE,
	EGRESS_HOW_TCX,
	EGRESS_HOW_CLSACT,
};

struct attachment {
	char name[16]; /* IFNAMSIZ */
	int ifindex;
	enum xdp_how xdp;
	bool native; /* XDP in the driver, not generic */
	enum egress_how egress;
	bool made_clsact;   /* the qdisc is ours to remove */
	bool replaced;      /* took over from an earlier mxdpd */
	bool vlan_stripped; /* rxvlan offload is on and VLANs exist: a reset would leave untagged */
};

/*
 * Attaches both programs to `name`. Returns 0, or -errno with one line in `error` that says what
 * failed and what to do; nothing stays attached that was not before.
 */
int attach_put(struct attachment *out, struct programs *programs, const char *name,
	       enum xdp_mode mode, const char *pin_dir, char *error, size_t error_size);

/*
 * Whether attach_put() may try: there is such an interface, and no stranger's program on its hook.
 * Changes nothing. 0, or -errno with one line in `error`.
 */
int attach_check(const char *name, char *error, size_t error_size);

/*
 * Looks whether both programs are still where attach_put() put them, and puts back what somebody
 * took off. Returns 0 where nothing was missing, 1 where it was put back, or -errno with one line
 * in `error`: another's program, another mxdpd's among them, is left in its place.
 */
int attach_mend(struct attachment *attachment, struct programs *programs, enum xdp_mode mode,
		const char *pin_dir, char *error, size_t error_size);

/*
 * Takes both programs off; complains only of what is still there and will not go. The maps' pins
 * stay: they serve all interfaces and the next start, and attach_sweep() removes them.
 */
int attach_remove(struct attachment *attachment, struct programs *programs, const char *pin_dir,
		  char *error, size_t error_size);

/*
 * Removes whatever any mxdpd left on any interface of this network namespace and below `pin_dir`:
 * programs by their names, links by their pins, then the pins. Needs no running agent. Calls
 * `say` (may be NULL) with one line for each thing removed. Returns how many, or -errno.
 */
int attach_sweep(const char *pin_dir, void (*say)(const char *line));

/*
 * Takes off what an earlier mxdpd with the same maps left on interfaces that are not among the
 * `count` of `keep`. `say` and the result are as of attach_sweep(); the maps' pins stay.
 */
int attach_sweep_others(const struct programs *programs, const char *pin_dir, const int *keep,
			size_t count, void (*say)(const char *line));

/*
 * For an agent's end: the same on all interfaces, then whatever is below `pin_dir`. Another mxdpd,
 * with pins of its own on other interfaces, goes on.
 */
int attach_sweep_ours(const struct programs *programs, const char *pin_dir,
		      void (*say)(const char *line));

/* "native XDP, single program (the kernel refuses the dispatcher); egress by tcx" */
const char *attach_describe(char *text, size_t size, const struct attachment *attachment);

#endif
