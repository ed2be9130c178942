// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../base/log.h"
#include "clsact.h"
#include "egress.h"
#include "pins.h"
#include "words.h"
#include "xdp.h"

/* The headers of the oldest distributions that we build on do not know tcx yet. */
#define ATTACH_TCX_EGRESS ((enum bpf_attach_type)47)
#define LINK_TYPE_TCX     11

static int link_info(struct bpf_link_info *info, int fd)
{
	__u32 len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(fd, info, &len) ? -errno : 0;
}

/* In every kernel, tcx.ifindex stands where xdp.ifindex does: first in the union. */
static bool link_is_on(const struct bpf_link_info *info, int ifindex)
{
	return info->type == LINK_TYPE_TCX && (int)info->xdp.ifindex == ifindex;
}

static bool link_is_tap(const struct bpf_link_info *info)
{
	char name[BPF_OBJ_NAME_LEN];

	return info->type == LINK_TYPE_TCX && !program_name(name, info->prog_id) &&
	       !strcmp(name, TAP_NAME);
}

/* -ENOENT: there is no link to update, or one of an interface that is gone. */
static int update_pinned(int ifindex, int tap_fd, const char *path)
{
	struct bpf_link_info info;
	int fd = bpf_obj_get(path), err;

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : -errno;
	err = link_info(&info, fd);
	if (!err && !link_is_tap(&info))
		err = -EEXIST;
	else if (!err && !link_is_on(&info, ifindex))
		err = unlink(path) ? -errno : -ENOENT;
	else if (!err && bpf_link_update(fd, tap_fd, NULL))
		err = -errno;
	close(fd);
	return err;
}

static int create_pinned(int ifindex, int tap_fd, const char *path)
{
	int fd = bpf_link_create(tap_fd, ifindex, ATTACH_TCX_EGRESS, NULL), err;

	if (fd < 0)
		return -errno;
	err = bpf_obj_pin(fd, path) ? -errno : 0;
	close(fd); /* the pin holds the link; without one, it goes with the descriptor */
	return err;
}

static int put_failed(const char *name, const char *path, int err, char *error, size_t size)
{
	if (err == -ENODEV)
		return words(error, size, err, "no interface `%s' (any more)", name);
	if (err == -EPERM)
		return words(error, size, err, "not permitted to attach to `%s': run as root",
			     name);
	if (err == -EEXIST)
		return words(
			error, size, err,
			"the pin `%s' is not mxdp's: remove it, or choose another pin directory",
			path);
	return words(error, size, err, "cannot attach to the egress of `%s': %s", name,
		     strerror(-err));
}

int egress_put(struct attachment *a, const struct programs *programs, const char *pin_dir,
	       char *error, size_t size)
{
	int tap_fd = object_tap_fd(programs), err;
	char path[PATH_MAX];

	err = pins_path_of(path, pin_dir, "egress", a->ifindex);
	if (err)
		return words(error, size, err, "the pin directory `%s' is too long", pin_dir);
	err = update_pinned(a->ifindex, tap_fd, path);
	if (err == -ENOENT)
		err = create_pinned(a->ifindex, tap_fd, path);
	/* Before 6.6, or without CONFIG_NET_XGRESS, the attach type is an invalid argument. */
	if (err == -EINVAL || err == -EOPNOTSUPP)
		return clsact_put(a, tap_fd, pin_dir, error, size);
	if (err)
		return put_failed(a->name, path, err, error, size);
	a->egress = EGRESS_HOW_TCX;
	return 0;
}

static bool tcx_holds(int ifindex, __u32 tap_id, const char *path)
{
	struct bpf_link_info info;
	int fd = bpf_obj_get(path);
	bool holds;

	if (fd < 0)
		return false;
	holds = !link_info(&info, fd) && link_is_on(&info, ifindex) && info.prog_id == tap_id;
	close(fd);
	return holds;
}

bool egress_holds(const struct attachment *a, const struct programs *programs, const char *pin_dir)
{
	char path[PATH_MAX];

	if (a->egress == EGRESS_HOW_CLSACT)
		return clsact_count(a->ifindex) > 0;
	return a->egress == EGRESS_HOW_TCX && !pins_path_of(path, pin_dir, "egress", a->ifindex) &&
	       tcx_holds(a->ifindex, program_id(object_tap_fd(programs)), path);
}

int egress_drop_pin(const char *path)
{
	struct bpf_link_info info;
	int fd = bpf_obj_get(path), err;

	if (fd < 0)
		return -errno;
	err = link_info(&info, fd);
	if (!err && !link_is_tap(&info))
		err = -EPERM;
	/* -ENOLINK: the interface went first and took the attachment along. */
	if (!err && bpf_link_detach(fd) && errno != ENOLINK)
		err = -errno;
	if (!err && unlink(path))
		err = -errno;
	close(fd);
	return err;
}

int egress_take_off(const struct attachment *a, const char *pin_dir, char *error, size_t size)
{
	char path[PATH_MAX];
	int err;

	if (a->egress == EGRESS_HOW_NONE)
		return 0;
	if (a->egress == EGRESS_HOW_CLSACT)
		err = clsact_take_off(a->ifindex, a->made_clsact, pin_dir);
	else
		err = pins_path_of(path, pin_dir, "egress", a->ifindex) ?: egress_drop_pin(path);
	if (!err || err == -ENOENT || err == -ENODEV)
		return 0;
	return words(error, size, err,
		     "the tap stays on the egress of `%s' (%s): see `bpftool net "
		     "show dev %s`",
		     a->name, strerror(-err), a->name);
}
