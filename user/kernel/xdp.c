// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "../base/log.h"
#include "words.h"
#include "xdp.h"

static __u32 mode_flag(bool native)
{
	return native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
}

static enum xdp_attach_mode libxdp_mode(bool native)
{
	return native ? XDP_MODE_NATIVE : XDP_MODE_SKB;
}

/* Netlink attach that succeeds only where `old_fd` is on the hook; new_fd -1 detaches. */
static int swap(int ifindex, int new_fd, int old_fd, bool native)
{
	struct bpf_xdp_attach_opts opts;

	memset(&opts, 0, sizeof(opts)); /* the padding too: libbpf looks at it */
	opts.sz = sizeof(opts);
	opts.old_prog_fd = old_fd;
	return bpf_xdp_attach(ifindex, new_fd, mode_flag(native) | XDP_FLAGS_REPLACE, &opts);
}

static int put_failed(const char *name, bool native, int err, char *error, size_t size)
{
	const char *reason = words_reason();

	switch (-err) {
	case EPERM:
		return words(error, size, err, "not permitted to attach to `%s'%s: run as root",
			     name, reason);
	case ENODEV:
		return words(error, size, err, "no interface `%s' (any more)", name);
	case EBUSY:
	case EEXIST:
		return words(error, size, err,
			     "another XDP program holds `%s'%s: see `bpftool net show dev %s`",
			     name, reason, name);
	case EOPNOTSUPP:
		return words(error, size, err, "`%s' takes no %s XDP program%s%s", name,
			     native ? "native" : "generic", reason,
			     native ? ": choose generic XDP" : "");
	case ERANGE:
	case EINVAL:
	case ENOSPC:
		return words(
			error, size, err,
			"`%s' refuses the XDP program (%s)%s: lower the MTU, turn off LRO, give it "
			"as many receive queues as its peer sends on, or choose generic XDP",
			name, strerror(-err), reason);
	}
	return words(error, size, err, "cannot attach to `%s' (%s)%s", name, strerror(-err),
		     reason);
}

/* Errors that no other mode mends. */
static bool final(int err)
{
	return err == -EPERM || err == -ENODEV || err == -EBUSY || err == -EEXIST || err == -ENOMEM;
}

/* One try, by whoever can: libxdp the first time and for components, netlink for a single one. */
static int put_new(struct programs *programs, int ifindex, bool native)
{
	int err;

	words_forget_reason();
	if (programs->loaded && !object_is_component(programs))
		return bpf_xdp_attach(ifindex, object_gate_fd(programs),
				      mode_flag(native) | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	err = xdp_program__attach(programs->xdp, ifindex, libxdp_mode(native), 0);
	if (!programs->loaded && object_gate_fd(programs) >= 0)
		object_adopt(programs);
	return err;
}

static int put_free(struct attachment *a, struct programs *programs, bool native, bool generic,
		    char *error, size_t size)
{
	int err = -EINVAL;

	if (native) {
		err = put_new(programs, a->ifindex, true);
		if (!err || final(err) || !programs->loaded || !generic)
			goto out;
		log_info("%s: no native XDP (%s)%s, trying generic", a->name, strerror(-err),
			 words_reason());
	}
	native = false;
	err = put_new(programs, a->ifindex, native);
out:
	a->native = native;
	if (err && !programs->loaded)
		return object_load_failed(err, error, size);
	return err ? put_failed(a->name, native, err, error, size) : 0;
}

/* Our gate is there alone: one netlink message, and no packet meets an empty hook. */
static int replace_single(struct attachment *a, struct xdp_change *change,
			  struct programs *programs, const struct xdp_seen *seen, char *error,
			  size_t size)
{
	int err;

	if (!programs->loaded) {
		err = object_load(programs, error, size);
		if (err)
			return err;
	}
	if (object_is_component(programs))
		return words(error, size, -EBUSY,
			     "`%s' holds the gate of an earlier mxdpd without a dispatcher, other "
			     "interfaces use one: run `mxdpctl detach` first",
			     a->name);
	change->old_fd = bpf_prog_get_fd_by_id(seen->id);
	if (change->old_fd < 0)
		return words(error, size, -errno, "the XDP program of `%s' changed meanwhile",
			     a->name);
	words_forget_reason();
	a->native = seen->native;
	err = swap(a->ifindex, object_gate_fd(programs), change->old_fd, seen->native);
	return err ? put_failed(a->name, seen->native, err, error, size) : 0;
}

static void warn_of_mode(const struct attachment *a, const struct xdp_seen *seen,
			 enum xdp_mode mode)
{
	if (mode == XDP_ATTACH_AUTO || seen->native == (mode == XDP_ATTACH_NATIVE))
		return;
	log_warning(
		"%s: the XDP hook is held in %s mode and stays so; `mxdpctl detach` and a start "
		"change it",
		a->name, seen->native ? "native" : "generic");
}

static int put_by_holder(struct attachment *a, struct xdp_change *change, struct programs *programs,
			 const struct xdp_seen *seen, enum xdp_mode mode, char *error, size_t size)
{
	int err = 0;

	if (seen->holder != XDP_HOLDER_NONE)
		warn_of_mode(a, seen, mode);
	if (seen->holder == XDP_HOLDER_GATE)
		return replace_single(a, change, programs, seen, error, size);
	if (!programs->loaded)
		err = object_for_libxdp(programs, error, size);
	if (err)
		return err;
	if (seen->holder == XDP_HOLDER_DISPATCHER)
		return put_free(a, programs, seen->native, !seen->native, error, size);
	return put_free(a, programs, mode != XDP_ATTACH_GENERIC, mode != XDP_ATTACH_NATIVE, error,
			size);
}

int xdp_check(struct xdp_seen *out, const struct attachment *a, char *error, size_t size)
{
	int err = xdp_look(out, a->ifindex);

	if (err)
		return put_failed(a->name, true, err, error, size);
	if (out->holder != XDP_HOLDER_FOREIGN)
		return 0;
	return words(error, size, -EBUSY,
		     "`%s' has an XDP program already, `%s' (id %u), which is not mxdp's: see "
		     "`bpftool prog show id %u`, take it off or choose another interface",
		     a->name, out->name, out->id, out->id);
}

int xdp_put(struct attachment *a, struct xdp_change *change, struct programs *programs,
	    enum xdp_mode mode, char *error, size_t size)
{
	struct xdp_seen seen;
	int err = xdp_check(&seen, a, error, size);

	change->old_fd = -1;
	if (err)
		return err;
	if (programs->loaded && seen.gate_id &&
	    seen.gate_id == program_id(object_gate_fd(programs)))
		return words(error, size, -EALREADY, "`%s' is guarded already: name it once",
			     a->name);
	change->old_id = seen.gate_id;
	err = put_by_holder(a, change, programs, &seen, mode, error, size);
	if (err) {
		xdp_settle(a, change);
		return err;
	}
	a->xdp = object_is_component(programs) ? XDP_HOW_DISPATCHER : XDP_HOW_SINGLE;
	a->replaced = seen.gate_id;
	return 0;
}

/* Takes one component out of the dispatcher; libxdp puts a new dispatcher without it in place. */
static int leave_dispatcher(int ifindex, __u32 id, bool native)
{
	struct xdp_program *gate = xdp_program__from_id(id);
	int err = (int)libxdp_get_error(gate);

	if (err)
		return err;
	err = xdp_program__detach(gate, ifindex, libxdp_mode(native), 0);
	xdp_program__close(gate);
	return err;
}

void xdp_settle(const struct attachment *a, struct xdp_change *change)
{
	if (change->old_fd >= 0)
		close(change->old_fd);
	change->old_fd = -1;
	if (a->xdp != XDP_HOW_DISPATCHER || !change->old_id)
		return;
	if (leave_dispatcher(a->ifindex, change->old_id, a->native))
		log_warning("%s: the gate of an earlier mxdpd stays in the dispatcher beside ours; "
			    "`mxdpctl detach` takes both off",
			    a->name);
}

void xdp_undo(const struct attachment *a, struct xdp_change *change, struct programs *programs)
{
	int err;

	if (a->xdp == XDP_HOW_DISPATCHER)
		err = leave_dispatcher(a->ifindex, program_id(object_gate_fd(programs)), a->native);
	else
		err = swap(a->ifindex, change->old_fd, object_gate_fd(programs), a->native);
	if (err)
		log_warning("%s: cannot put back what was attached before (%s)", a->name,
			    strerror(-err));
	if (change->old_fd >= 0)
		close(change->old_fd);
	change->old_fd = -1;
}

int xdp_take_off(int ifindex, const struct xdp_seen *seen)
{
	int fd, err;

	if (!seen->gate_id)
		return -ENOENT;
	if (seen->holder == XDP_HOLDER_DISPATCHER)
		return leave_dispatcher(ifindex, seen->gate_id, seen->native);
	fd = bpf_prog_get_fd_by_id(seen->gate_id);
	if (fd < 0)
		return -errno;
	err = swap(ifindex, -1, fd, seen->native);
	close(fd);
	return err;
}
