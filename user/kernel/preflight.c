// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "../base/capabilities.h"
#include "object.h"
#include "pins.h"
#include "words.h"

#define BTF_FILE "/sys/kernel/btf/vmlinux"
#define BPFFS    "/sys/fs/bpf"

/* CAP_SYS_ADMIN would do for CAP_BPF and CAP_PERFMON, too; but these are what is kept afterwards.
 */
static const struct capability needed[] = {
	CAPABILITY(CAP_BPF, "to make maps and load programs"),
	CAPABILITY(CAP_PERFMON, "to load programs that look into packets"),
	CAPABILITY(CAP_NET_ADMIN, "to put programs on interfaces"),
	CAPABILITY(CAP_SYS_ADMIN, "to find programs and links again by their numbers"),
};

static bool below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (path[len] == '/' || !path[len]);
}

int object_preflight(const char *pin_dir, char *error, size_t error_size)
{
	char missing[256];

	if (capabilities_missing(missing, sizeof(missing), needed,
				 sizeof(needed) / sizeof(needed[0])))
		return words(error, error_size, -EPERM,
			     "BPF programs need capabilities that are not here: %s: run as root, "
			     "and let the unit (CapabilityBoundingSet=) or the container have them",
			     missing);
	if (access(BTF_FILE, R_OK))
		return words(error, error_size, -errno,
			     "this kernel tells no BTF (`" BTF_FILE "': %s): boot a kernel with "
			     "CONFIG_DEBUG_INFO_BTF=y, as distributions build it",
			     strerror(errno));
	if (!pin_dir || pins_on_bpffs(pin_dir))
		return 0;
	if (below(pin_dir, BPFFS))
		return words(error, error_size, -EINVAL,
			     "no BPF file system is mounted for the pins `%s': run `mount -t bpf "
			     "bpf " BPFFS "`",
			     pin_dir);
	return words(error, error_size, -EINVAL,
		     "the pin directory `%s' is not on a BPF file system: name one below " BPFFS
		     ", or mount one there (mount -t bpf bpf DIR)",
		     pin_dir);
}
