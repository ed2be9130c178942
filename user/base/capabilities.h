/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capabilities in the operator's words: which of those that something needs are not in effect, and
 * what each is for. Not the user id: root in a container, or under a service manager that bounds
 * it, has the id and may lack all of these (capabilities(7)).
 *
 * What is held back by privileges.h counts as missing while it is not raised: ask before that.
 */
#ifndef MXDP_BASE_CAPABILITIES_H
#define MXDP_BASE_CAPABILITIES_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>

struct capability {
	int id;
	const char *name; /* "CAP_BPF" */
	const char *why;  /* "to make maps" */
};

#define CAPABILITY(id, why)    \
	{                      \
		id, #id, (why) \
	}

/*
 * Whether one of them is missing; then `out' names all that are: "CAP_BPF (to make maps), ...".
 * Where the kernel does not tell, none is: what needs it will fail by itself.
 */
bool capabilities_missing(char *out, size_t size, const struct capability *needed, size_t count);

#endif
