// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../../maps/maps.h"
#include "../base/log.h"
#include "pins.h"
#include "words.h"

static const char *const map_names[] = {
#define X(field, name) name,
	MAPS(X)
#undef X
};

#define MAP_NAMES (sizeof(map_names) / sizeof(*map_names))

bool pins_on_bpffs(const char *path)
{
	char at[PATH_MAX];
	struct statfs fs;

	if (snprintf(at, sizeof(at), "%s", path) >= (int)sizeof(at))
		return false;
	while (statfs(at, &fs)) {
		char *slash = strrchr(at, '/');

		if (errno != ENOENT || !slash)
			return false;
		slash[slash == at] = '\0'; /* the parent of "/x" is "/" */
		if (!strcmp(at, "/"))
			return false;
	}
	return (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

int pins_path(char *path, const char *dir, const char *name)
{
	return snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int pins_path_of(char *path, const char *dir, const char *name, int ifindex)
{
	int len = snprintf(path, PATH_MAX, "%s/%s-%d", dir, name, ifindex);

	return len < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int pins_make_dir(const char *dir, char *error, size_t error_size)
{
	struct stat st;

	if (!mkdir(dir, 0700))
		return 0;
	if (errno != EEXIST)
		return words(error, error_size, -errno, "cannot create the pin directory `%s': %s",
			     dir, strerror(errno));
	if (stat(dir, &st) || !S_ISDIR(st.st_mode))
		return words(error, error_size, -ENOTDIR, "the pin directory `%s' is no directory",
			     dir);
	return 0;
}

/* An agent that ends removes its directory: a lock on what has no name any more is worth nothing.
 */
static bool is_still_there(const char *dir, int fd)
{
	struct stat named, held;

	return !stat(dir, &named) && !fstat(fd, &held) && named.st_ino == held.st_ino &&
	       named.st_dev == held.st_dev;
}

static int lock_once(const char *dir, char *error, size_t error_size)
{
	int fd, err = pins_make_dir(dir, error, error_size);

	if (err)
		return err;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return words(error, error_size, -errno, "cannot open the pin directory `%s': %s",
			     dir, strerror(errno));
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	err = errno == EWOULDBLOCK ? -EBUSY : -errno;
	close(fd);
	if (err != -EBUSY)
		return words(error, error_size, err, "cannot lock the pin directory `%s': %s", dir,
			     strerror(-err));
	return words(error, error_size, err,
		     "another mxdpd is running with the pins `%s': end it, or choose another "
		     "--pin-dir for other interfaces",
		     dir);
}

int pins_lock(const char *dir, char *error, size_t error_size)
{
	int fd = lock_once(dir, error, error_size);

	while (fd >= 0 && !is_still_there(dir, fd)) {
		close(fd);
		fd = lock_once(dir, error, error_size);
	}
	return fd;
}

#define LAYOUT_UNKNOWN (~0U)

/* The descriptor of a pinned map, or -errno; -ENOENT where there is none. */
static int open_pin(const char *dir, const char *name)
{
	char path[PATH_MAX];
	int err = pins_path(path, dir, name), fd;

	if (err)
		return err;
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

/*
 * Zero: never finished. A start that died between pinning the maps and marking them has left them
 * empty, or half filled from the journal; libbpf compares their sizes, so they are as good as fresh
 * ones.
 */
static int read_layout(const char *dir, __u32 *layout)
{
	struct live live = {0};
	struct bpf_map_info info = {0};
	__u32 zero = 0, len = sizeof(info);
	int fd = open_pin(dir, "mxdp_live"), err = 0;

	if (fd < 0)
		return fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		err = -errno;
	else if (info.type != BPF_MAP_TYPE_ARRAY)
		err = -EPROTO;
	else if (info.value_size != sizeof(live))
		live.layout = LAYOUT_UNKNOWN; /* not even this struct is the same */
	else if (bpf_map_lookup_elem(fd, &zero, &live))
		err = -errno;
	close(fd);
	*layout = live.layout;
	return err;
}

static int compare(const struct bpf_map *map, const struct bpf_map_info *pin, const char *dir,
		   char *error, size_t error_size)
{
	const char *name = bpf_map__name(map);

	if (pin->type != bpf_map__type(map) || pin->key_size != bpf_map__key_size(map) ||
	    pin->value_size != bpf_map__value_size(map) ||
	    pin->map_flags != bpf_map__map_flags(map))
		return words(error, error_size, -EPROTO,
			     "the pin `%s/%s' is of another shape than this mxdpd wants: run "
			     "`mxdpctl detach` first",
			     dir, name);
	if (pin->max_entries != bpf_map__max_entries(map))
		return words(
			error, error_size, -EPROTO,
			"the pinned map `%s/%s' has room for %u, the configuration wants %u: set "
			"it back, or run `mxdpctl detach` first to start with empty maps",
			dir, name, pin->max_entries, bpf_map__max_entries(map));
	return 0;
}

static int compare_pin(const struct bpf_map *map, const char *dir, char *error, size_t error_size)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	int fd = open_pin(dir, bpf_map__name(map)), err = 0;

	if (fd == -ENOENT)
		return 0;
	if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &len))
		err = -errno;
	if (fd < 0 || err)
		err = words(error, error_size, err ? err : fd,
			    "cannot open the pinned map `%s/%s': %s", dir, bpf_map__name(map),
			    strerror(err ? -err : -fd));
	else
		err = compare(map, &info, dir, error, error_size);
	if (fd >= 0)
		close(fd);
	return err;
}

static int prepare_map(struct bpf_object *object, const char *name, const char *dir, char *error,
		       size_t error_size)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);
	char path[PATH_MAX];
	int err;

	if (!map)
		return words(error, error_size, -ENOENT, "the BPF object lacks the map `%s'", name);
	err = pins_path(path, dir, name);
	if (!err)
		err = bpf_map__set_pin_path(map, path);
	if (err)
		return words(error, error_size, err, "cannot pin below `%s': %s", dir,
			     strerror(-err));
	return compare_pin(map, dir, error, error_size);
}

/*
 * Of an earlier or a later mxdpd: nobody here can read them. The gate that uses them holds them on
 * without their pins, until ours takes its place; the journal has what was in them.
 */
static int leave_behind(const char *dir, __u32 layout, char *error, size_t error_size)
{
	int gone = pins_remove_maps(dir);

	if (gone < 0)
		return words(error, error_size, gone,
			     "cannot remove the pins of another mxdpd below `%s': %s", dir,
			     strerror(-gone));
	if (layout == LAYOUT_UNKNOWN)
		log_warning("the maps below `%s' are laid out for another mxdpd: begun anew, from "
			    "the journal",
			    dir);
	else
		log_warning("the maps below `%s' have layout %u, this mxdpd wants %u: begun anew, "
			    "from the journal",
			    dir, layout, LAYOUT_VERSION);
	return 0;
}

int pins_look(const char *dir, bool *reused, char *error, size_t error_size)
{
	__u32 layout = 0;
	int err = read_layout(dir, &layout);

	if (err == -EPROTO)
		return words(
			error, error_size, err,
			"the pin `%s/mxdp_live' is not mxdp's: remove it, or choose another pin "
			"directory",
			dir);
	if (err && err != -ENOENT)
		return words(error, error_size, err,
			     "cannot read the pinned map `%s/mxdp_live': %s", dir, strerror(-err));
	*reused = layout == LAYOUT_VERSION;
	return layout && !*reused ? leave_behind(dir, layout, error, error_size) : 0;
}

int pins_prepare(struct bpf_object *object, const char *dir, char *error, size_t error_size)
{
	int err = 0;

	for (size_t i = 0; !err && i < MAP_NAMES; i++)
		err = prepare_map(object, map_names[i], dir, error, error_size);
	return err;
}

/* By their names' beginning: another mxdpd may have maps that this one does not know. */
int pins_remove_maps(const char *dir)
{
	DIR *listing = opendir(dir);
	struct dirent *entry;
	int gone = 0, err = 0;

	if (!listing)
		return errno == ENOENT ? 0 : -errno;
	while (!err && (entry = readdir(listing))) {
		if (strncmp(entry->d_name, "mxdp_", strlen("mxdp_")))
			continue;
		if (!unlinkat(dirfd(listing), entry->d_name, 0))
			gone++;
		else if (errno != ENOENT)
			err = -errno;
	}
	closedir(listing);
	return err ? err : gone;
}
