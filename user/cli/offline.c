// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "offline.h"
#include "text.h"
#include "../base/addr.h"
#include "../base/clock.h"
#include "../base/names.h"
#include "../checks/finding.h"
#include "../../maps/verdict_user.h"

bool offline_open(struct maps *maps, const struct absence *absence)
{
	int err = maps_from_pins(maps, cli.pin_dir);
	char dir[TEXT_CELL], why[TEXT_CELL];

	text_clean(dir, sizeof(dir), cli.pin_dir);
	text_clean(why, sizeof(why), absence->why);
	if (err == -ENOENT && absence->hangs)
		cli_failed("%s, and there are no pins below %s", why, dir);
	else if (err == -ENOENT)
		cli_failed("mxdp is not running here: %s and no pins below %s", why, dir);
	else if (err == -EPERM || err == -EACCES)
		cli_failed("%s, and permission denied at the pins below %s: be root", why, dir);
	else if (err == -EPROTO)
		cli_failed("%s, and the maps pinned below %s are of another version of mxdp: "
			   "start mxdpd, or take them off with `mxdpctl detach'",
			   why, dir);
	else if (err)
		cli_failed("%s, and the pins below %s cannot be read: %s", why, dir,
			   strerror(-err));
	return !err;
}

/* What happened after the clock was read happened now. */
static uint32_t ago(uint32_t now, uint32_t then)
{
	return now > then ? now - then : 0;
}

static json_t *entry_to_json(const struct verdict_entry *e, uint32_t now)
{
	const struct verdict *v = &e->verdict;
	bool forever = v->expires == VERDICT_NEVER_EXPIRES;
	char addr[ADDR_TEXT];

	return json_pack("{s:s, s:s, s:s, s:s, s:n, s:I, s:o, s:I, s:o, s:o}", "addr",
			 prefix_format(addr, &e->prefix), "ports", ports_name(e->ports), "action",
			 action_name(v->action), "cause", cause_name(v->cause), "reason", "age",
			 (json_int_t)ago(now, v->since), "expires_in",
			 forever ? json_null() : json_integer(v->expires - now), "hits",
			 (json_int_t)e->hits.packets, "last_hit",
			 e->hits.last ? json_integer(ago(now, e->hits.last)) : json_null(),
			 "first_hit",
			 e->hits.first ? json_integer(ago(now, e->hits.first)) : json_null());
}

int offline_list(const struct maps *maps, client_fn data, void *context)
{
	static struct verdict_entry entries[VERDICT_WALK_BATCH];
	struct verdict_walk walk = {0};
	int count;

	while ((count = verdict_walk_next(maps, &walk, entries, VERDICT_WALK_BATCH, true)) > 0) {
		uint32_t now = boot_seconds();

		for (int i = 0; i < count; i++) {
			json_t *object;
			int stop;

			if (entries[i].verdict.expires <= now)
				continue;
			object = entry_to_json(&entries[i], now);
			if (!object)
				return cli_failed("out of memory");
			stop = data(object, context);
			json_decref(object);
			if (stop)
				return CLI_FAILED;
		}
	}
	if (count < 0)
		return cli_failed("cannot read the verdicts: %s", strerror(-count));
	return CLI_DONE;
}
