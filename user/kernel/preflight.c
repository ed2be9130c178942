// SPDX-License-Identifier: GPL-2.0-or-later
#include <cap-ng.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "object.h"
#include "pins.h"
#include "words.h"

#define BTF_FILE "/sys/kernel/btf/vmlinux"
#define BPFFS    "/sys/fs/bpf"

/* Capabilities, not the user id: root in a container has the id and may lack all of these. */
static bool privileged(void)
{
	if (capng_get_caps_process())
		return false;
	if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN))
		return false;
	return capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN) ||
	       (capng_have_capability(CAPNG_EFFECTIVE, CAP_BPF) &&
		capng_have_capability(CAPNG_EFFECTIVE, CAP_PERFMON));
}

static bool below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (path[len] == '/' || !path[len]);
}

int object_preflight(const char *pin_dir, char *error, size_t error_size)
{
	if (!privileged())
		return words(
			error, error_size, -EPERM,
			"BPF programs need privilege (CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN): "
			"run as root");
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
