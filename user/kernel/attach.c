// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "../base/fault.h"
#include "attach.h"
#include "egress.h"
#include "object.h"
#include "offload.h"
#include "words.h"
#include "xdp.h"

static int name_interface(struct attachment *a, const char *name, char *error, size_t size)
{
	unsigned ifindex = if_nametoindex(name);

	memset(a, 0, sizeof(*a));
	if (!ifindex)
		return words(error, size, -ENODEV, "no interface `%s': see `ip link`", name);
	snprintf(a->name, sizeof(a->name), "%s", name);
	a->ifindex = (int)ifindex;
	return 0;
}

/* XDP first, because libxdp loads the object; the tap last, because it changes in one step. */
int attach_put(struct attachment *out, struct programs *programs, const char *name,
	       enum xdp_mode mode, const char *pin_dir, char *error, size_t error_size)
{
	struct xdp_change change;
	int err = name_interface(out, name, error, error_size);

	if (!err)
		err = xdp_put(out, &change, programs, mode, error, error_size);
	if (err)
		return err;
	fault(gate_put);
	err = egress_put(out, programs, pin_dir, error, error_size);
	if (err) {
		xdp_undo(out, &change, programs);
		return err;
	}
	fault(tap_put);
	xdp_settle(out, &change);
	programs->kept = true;
	out->vlan_stripped = vlan_is_stripped(out->name, out->ifindex);
	return 0;
}

int attach_check(const char *name, char *error, size_t error_size)
{
	struct attachment a;
	struct xdp_seen seen;
	int err = name_interface(&a, name, error, error_size);

	return err ? err : xdp_check(&seen, &a, error, error_size);
}

/* Taking it over again would have two agents take it from each other for ever. */
static int held_by_another(const struct attachment *a, char *error, size_t size)
{
	return words(error, size, -EBUSY,
		     "another mxdpd has put its gate on `%s': end one of them, this one takes the "
		     "interface back when it is free",
		     a->name);
}

int attach_mend(struct attachment *a, struct programs *programs, enum xdp_mode mode,
		const char *pin_dir, char *error, size_t error_size)
{
	struct attachment fresh = *a;
	struct xdp_seen seen;
	int err = xdp_check(&seen, a, error, error_size);

	if (err)
		return err;
	if (seen.gate_id && seen.gate_id != program_id(object_gate_fd(programs)))
		return held_by_another(a, error, error_size);
	if (!seen.gate_id)
		err = attach_put(&fresh, programs, a->name, mode, pin_dir, error, error_size);
	else if (egress_holds(a, programs, pin_dir))
		return 0;
	else
		err = egress_put(&fresh, programs, pin_dir, error, error_size);
	if (err)
		return err;
	*a = fresh;
	return 1;
}

/* A hook that is free or somebody else's by now is not ours to clear. */
static int remove_xdp(const struct attachment *a, const struct programs *programs, char *error,
		      size_t size)
{
	struct xdp_seen seen;
	int err = xdp_look(&seen, a->ifindex);

	if (!err && seen.gate_id && seen.gate_id == program_id(object_gate_fd(programs)))
		err = xdp_take_off(a->ifindex, &seen);
	if (!err || err == -ENODEV)
		return 0;
	return words(error, size, err,
		     "the gate stays on `%s' (%s): run `mxdpctl detach`, see `bpftool net show dev "
		     "%s`",
		     a->name, strerror(-err), a->name);
}

int attach_remove(struct attachment *attachment, struct programs *programs, const char *pin_dir,
		  char *error, size_t error_size)
{
	char other[256];
	int err = remove_xdp(attachment, programs, error, error_size);
	int egress_err;

	fault(gate_removed);
	egress_err = egress_take_off(attachment, pin_dir, other, sizeof(other));
	attachment->xdp = XDP_HOW_NONE;
	attachment->egress = EGRESS_HOW_NONE;
	if (err || !egress_err)
		return err;
	return words(error, error_size, egress_err, "%s", other);
}

const char *attach_describe(char *text, size_t size, const struct attachment *a)
{
	static const char *const xdp[] = {
		[XDP_HOW_NONE] = "no XDP",
		[XDP_HOW_DISPATCHER] = "through libxdp's dispatcher",
		[XDP_HOW_SINGLE] = "single program (the kernel refuses the dispatcher)",
	};
	static const char *const egress[] = {
		[EGRESS_HOW_NONE] = "no egress",
		[EGRESS_HOW_TCX] = "egress by tcx",
		[EGRESS_HOW_CLSACT] = "egress by clsact",
	};

	if (a->xdp == XDP_HOW_NONE)
		snprintf(text, size, "%s; %s", xdp[a->xdp], egress[a->egress]);
	else
		snprintf(text, size, "%s XDP, %s; %s", a->native ? "native" : "generic",
			 xdp[a->xdp], egress[a->egress]);
	return text;
}
