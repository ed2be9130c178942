// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "offline.h"
#include "text.h"
#include "../base/addr.h"
#include "../base/clock.h"
#include "../checks/finding.h"
#include "../../maps/verdict_user.h"

const char *const ports_words[PORTS_COUNT + 1] = {
	[PORTS_MX] = "mx", [PORTS_SUBMISSION] = "submission", [PORTS_COUNT] = "all"};
const char *const action_words[ACTION_COUNT] = {
	[ACTION_DROP] = "drop", [ACTION_RESET] = "reset", [ACTION_WATCH] = "watch"};

bool offline_open(struct maps *maps, const struct absence *absence)
{
	int err = maps_from_pins(maps, cli.pin_dir);
	char dir[TEXT_CELL], why[TEXT_CELL];

	text_clean(dir, sizeof(dir), cli.pin_dir);
	text_clean(why, sizeof(why), absence->why);
	if (err == -ENOENT)
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

static json_t *entry_to_json(const struct verdict_entry *e, uint32_t now)
{
	const struct verdict *v = &e->verdict;
	bool forever = v->expires == VERDICT_NEVER_EXPIRES;
	char addr[ADDR_TEXT];

	return json_pack("{s:s, s:s?, s:s?, s:s, s:n, s:I, s:o, s:I, s:o}", "addr",
			 prefix_format(addr, &e->prefix), "ports",
			 e->ports < PORTS_COUNT ? ports_words[e->ports] : NULL, "action",
			 v->action < ACTION_COUNT ? action_words[v->action] : NULL, "cause",
			 cause_name(v->cause), "reason", "age",
			 (json_int_t)(now > v->since ? now - v->since : 0), "expires_in",
			 forever ? json_null() : json_integer(v->expires - now), "hits",
			 (json_int_t)e->hits.packets, "last_hit",
			 e->hits.last ? json_integer(now > e->hits.last ? now - e->hits.last : 0)
				      : json_null());
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
