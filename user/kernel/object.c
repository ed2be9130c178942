// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "../base/fault.h"
#include "../base/log.h"
#include "mxdp.skel.h"
#include "object.h"
#include "pins.h"
#include "words.h"

static __s32 budget(uint32_t bytes)
{
	return bytes > INT32_MAX ? INT32_MAX : (__s32)bytes;
}

static void set_constants(struct mxdp_bpf *skel, const struct config *config)
{
	for (int i = 0; i < PORTS_PER_CLASS; i++) {
		skel->rodata->mx_ports[i] = htons(config->ports[PORTS_MX][i]);
		skel->rodata->submission_ports[i] = htons(config->ports[PORTS_SUBMISSION][i]);
	}
	skel->rodata->client_budget = budget(config->client_budget);
	skel->rodata->server_budget = budget(config->server_budget);
}

static int set_sizes(struct mxdp_bpf *skel, const struct config *config, char *error,
		     size_t error_size)
{
	const struct {
		struct bpf_map *map;
		uint32_t entries;
	} sizes[] = {
		{skel->maps.mxdp_verdicts, config->verdicts_max},
		{skel->maps.mxdp_hits, config->verdicts_max},
		{skel->maps.mxdp_flows, config->flows_max},
		{skel->maps.mxdp_ring, config->ring_bytes},
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		int err = bpf_map__set_max_entries(sizes[i].map, sizes[i].entries);

		if (err)
			return words(error, error_size, err, "cannot size the map %s to %u: %s",
				     bpf_map__name(sizes[i].map), sizes[i].entries, strerror(-err));
	}
	return 0;
}

static int open_skeleton(struct mxdp_bpf **out, const struct config *config, char *error,
			 size_t error_size)
{
	int err;

	*out = mxdp_bpf__open();
	if (*out)
		return set_sizes(*out, config, error, error_size);
	err = errno ? -errno : -EINVAL;
	return words(error, error_size, err, "cannot open the BPF object in this program: %s",
		     strerror(-err));
}

/*
 * The maps by themselves: libxdp loads the programs only when it attaches them, and by then fresh
 * maps are to be full. The programs find them by their pins.
 */
static int make_tables(struct programs *programs, const struct config *config, char *error,
		       size_t error_size)
{
	struct bpf_program *program;
	int err = open_skeleton(&programs->tables, config, error, error_size);

	if (!err)
		err = pins_prepare(programs->tables->obj, programs->pin_dir, error, error_size);
	if (err)
		return err;
	bpf_object__for_each_program(program, programs->tables->obj)
	{
		bpf_program__set_autoload(program, false);
	}
	err = bpf_object__load(programs->tables->obj);
	if (err)
		return object_load_failed(err, error, error_size);
	fault(maps_loaded);
	return 0;
}

static int use_pins(struct programs *programs, const struct config *config, const char *dir,
		    char *error, size_t error_size)
{
	int err;

	programs->pin_dir = strdup(dir);
	if (!programs->pin_dir)
		return words(error, error_size, -ENOMEM, "out of memory");
	err = pins_make_dir(dir, error, error_size);
	if (!err)
		err = pins_look(dir, &programs->reused, error, error_size);
	if (!err)
		err = make_tables(programs, config, error, error_size);
	return err ? err : pins_prepare(programs->skel->obj, dir, error, error_size);
}

int object_open(struct programs *out, const struct config *config, const char *pin_dir, char *error,
		size_t error_size)
{
	int err;

	memset(out, 0, sizeof(*out));
	words_hush();
	err = open_skeleton(&out->skel, config, error, error_size);
	if (!err)
		set_constants(out->skel, config);
	if (!err && pin_dir)
		err = use_pins(out, config, pin_dir, error, error_size);
	if (err)
		object_close(out);
	return err;
}

int object_load(struct programs *programs, char *error, size_t error_size)
{
	int err = bpf_object__load(programs->skel->obj);

	if (err)
		return object_load_failed(err, error, error_size);
	object_adopt(programs);
	return 0;
}

int object_load_failed(int err, char *error, size_t error_size)
{
	if (err == -EPERM)
		return words(
			error, error_size, err,
			"the kernel permits no BPF programs here: run as root, outside of user "
			"namespaces");
	if (err == -ENOMEM || err == -E2BIG)
		return words(error, error_size, err,
			     "the kernel has no memory for the maps (%s): make verdicts, flows or "
			     "ring smaller",
			     strerror(-err));
	return words(error, error_size, err,
		     "the kernel refuses the BPF programs (%s); with -v the log holds its reasons",
		     strerror(-err));
}

void object_adopt(struct programs *programs)
{
	programs->loaded = true;
}

static const struct mxdp_bpf *with_maps(const struct programs *programs)
{
	return programs->tables ? programs->tables : programs->skel;
}

void object_mark(struct programs *programs)
{
	int fd = bpf_map__fd(with_maps(programs)->maps.mxdp_live);
	struct live live = {0};
	__u32 zero = 0;

	if (programs->reused)
		return;
	if (!bpf_map_lookup_elem(fd, &zero, &live)) {
		live.layout = LAYOUT_VERSION;
		if (!bpf_map_update_elem(fd, &zero, &live, BPF_ANY))
			return;
	}
	/* Nothing depends on it until the next start, which then takes the maps for fresh ones. */
	log_warning("cannot mark the maps with their layout (%s)", strerror(errno));
}

int object_maps(struct maps *out, const struct programs *programs)
{
	if (!programs->tables && !programs->loaded)
		return -EINVAL;
	return maps_from_object(out, with_maps(programs)->obj);
}

/* A start that came to nothing leaves no pins: those that were there before are not ours to take.
 */
static void drop_fresh_pins(struct programs *programs)
{
	struct bpf_map *map;

	if (programs->tables && !programs->reused && !programs->kept) {
		bpf_object__for_each_map(map, programs->tables->obj)
		{
			if (bpf_map__is_pinned(map))
				bpf_map__unpin(map, NULL);
		}
	}
	rmdir(programs->pin_dir); /* only goes where it is empty */
}

void object_close(struct programs *programs)
{
	if (programs->pin_dir)
		drop_fresh_pins(programs);
	if (programs->xdp)
		xdp_program__close(programs->xdp);
	mxdp_bpf__destroy(programs->skel);
	mxdp_bpf__destroy(programs->tables);
	free(programs->pin_dir);
	memset(programs, 0, sizeof(*programs));
}

int object_for_libxdp(struct programs *programs, char *error, size_t error_size)
{
	struct xdp_program *xdp;
	int err;

	if (programs->xdp)
		return 0;
	xdp = xdp_program__from_bpf_obj(programs->skel->obj, "xdp.frags");
	err = (int)libxdp_get_error(xdp);
	if (err)
		return words(error, error_size, err,
			     "libxdp cannot use the XDP program of this mxdpd: %s", strerror(-err));
	/*
	 * libxdp goes by the flag, not by the section's name, and its dispatcher takes large MTUs
	 * only where every component has it. A libbpf too old to set it is no obstacle.
	 */
	xdp_program__set_xdp_frags_support(xdp, true);
	programs->xdp = xdp;
	return 0;
}

bool object_is_component(const struct programs *programs)
{
	return bpf_program__type(programs->skel->progs.mxdp_gate) == BPF_PROG_TYPE_EXT;
}

int object_gate_fd(const struct programs *programs)
{
	return bpf_program__fd(programs->skel->progs.mxdp_gate);
}

int object_tap_fd(const struct programs *programs)
{
	return bpf_program__fd(programs->skel->progs.mxdp_tap);
}

__u32 object_live_id(const struct programs *programs)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	int fd = bpf_map__fd(with_maps(programs)->maps.mxdp_live);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}
