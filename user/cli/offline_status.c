// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "offline.h"
#include "text.h"
#include "../base/clock.h"
#include "../base/names.h"
#include "../kernel/clsact.h"
#include "../kernel/pins.h"
#include "../kernel/words.h"
#include "../kernel/xdp.h"
#include "../../maps/verdict_user.h"

/* What the agent would know, told from what it left in the kernel. */
struct remains {
	enum mode mode;
	uint32_t silent; /* seconds since the heartbeat */
	uint32_t limit;
	bool stale;
	bool guarded; /* some interface carries the gate */
};

static struct remains remains_of(const struct maps *maps)
{
	uint32_t now = boot_seconds(), beat = maps->live_values->heartbeat;
	struct remains r = {
		.mode = (enum mode)maps->live_values->mode,
		.silent = now > beat ? now - beat : 0,
		.limit = maps->live_values->heartbeat_limit,
	};

	r.stale = r.silent > r.limit;
	return r;
}

static enum egress_how egress_of(int ifindex)
{
	char path[PATH_MAX];

	if (!pins_path_of(path, cli.pin_dir, "egress", ifindex) && !access(path, F_OK))
		return EGRESS_HOW_TCX;
	return clsact_count(ifindex) > 0 ? EGRESS_HOW_CLSACT : EGRESS_HOW_NONE;
}

static json_t *interface_to_json(const struct if_nameindex *one)
{
	struct attachment a = {.ifindex = (int)one->if_index};
	struct xdp_seen seen;
	char how[256];

	if (!xdp_look(&seen, a.ifindex) && seen.gate_id) {
		a.xdp = seen.holder == XDP_HOLDER_GATE ? XDP_HOW_SINGLE : XDP_HOW_DISPATCHER;
		a.native = seen.native;
	}
	a.egress = egress_of(a.ifindex);
	if (a.xdp == XDP_HOW_NONE && a.egress == EGRESS_HOW_NONE)
		return NULL;
	return json_pack("{s:s, s:i, s:b, s:s}", "name", one->if_name, "ifindex", a.ifindex,
			 "attached", a.xdp != XDP_HOW_NONE, "how",
			 attach_describe(how, sizeof(how), &a));
}

static json_t *interfaces_of(struct remains *r)
{
	struct if_nameindex *all = if_nameindex();
	json_t *list = json_array();

	words_hush();
	for (const struct if_nameindex *one = all; one && one->if_index; one++) {
		json_t *interface = interface_to_json(one);

		r->guarded |= interface && field_is_true(interface, "attached");
		if (interface)
			json_array_append_new(list, interface);
	}
	if (all)
		if_freenameindex(all);
	return list;
}

static json_t *fates_of(const struct maps *maps)
{
	unsigned long long fates[FATE_COUNT] = {0};
	json_t *object = json_object();

	if (fates_read(maps, fates))
		return object;
	for (int fate = FATE_PENDING + 1; fate < FATE_COUNT; fate++)
		json_object_set_new(object, fate_name((enum fate)fate),
				    json_integer((json_int_t)fates[fate]));
	return object;
}

static json_int_t count_verdicts(const struct maps *maps)
{
	static struct verdict_entry entries[VERDICT_WALK_BATCH];
	struct verdict_walk walk = {0};
	uint32_t now = boot_seconds();
	json_int_t total = 0;
	int count;

	while ((count = verdict_walk_next(maps, &walk, entries, VERDICT_WALK_BATCH, false)) > 0)
		for (int i = 0; i < count; i++)
			total += entries[i].verdict.expires > now;
	return total;
}

static json_t *most_verdicts(const struct maps *maps)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(maps->verdicts, &info, &len))
		return json_null();
	return json_integer(info.max_entries);
}

/* The gate, in plain words. */
static json_t *gate_note(const struct remains *r)
{
	char span[TEXT_SPAN];

	if (!r->guarded)
		return json_string("no interface of this network namespace carries the gate: "
				   "nothing is filtered");
	if (r->mode != MODE_ENFORCE)
		return json_string("the gate is attached in monitor mode: it drops nothing");
	if (r->stale)
		return json_sprintf("the gate is attached and no longer drops anything: it only "
				    "counts, since the agent has been silent for more than %s",
				    text_span(span, r->limit));
	return json_sprintf("the gate still enforces: known offenders are dropped for %s at most, "
			    "then it only counts; new ones are not judged",
			    text_span(span, (json_int_t)r->limit - r->silent + 1));
}

static json_t *notes_of(const struct remains *r, const struct absence *absence)
{
	json_t *notes = json_array();
	char why[TEXT_CELL], span[TEXT_SPAN];

	text_clean(why, sizeof(why), absence->why);
	json_array_append_new(notes,
			      json_sprintf("the agent is %s (%s); its last sign of life was %s ago",
					   absence->hangs ? "stuck" : "not running", why,
					   text_span(span, r->silent)));
	json_array_append_new(notes, gate_note(r));
	json_array_append_new(notes,
			      json_string(absence->hangs ? "end mxdpd and start it again"
							 : "start mxdpd again, or take everything "
							   "off with `mxdpctl detach'"));
	return notes;
}

json_t *offline_status(const struct maps *maps, const struct absence *absence)
{
	struct remains r = remains_of(maps);
	json_t *interfaces = interfaces_of(&r);
	json_t *status =
		json_pack("{s:n, s:n, s:s, s:n, s:n, s:n, s:i, s:i, s:b, s:o, s:o, s:I, s:o, s:o}",
			  "version", "pid", "mode", mode_name(r.mode), "mode_by", "mode_until_in",
			  "uptime", "heartbeat_age", (int)r.silent, "heartbeat_limit", (int)r.limit,
			  "enforcing", r.guarded && r.mode == MODE_ENFORCE && !r.stale,
			  "interfaces", interfaces, "fates", fates_of(maps), "verdicts",
			  count_verdicts(maps), "verdicts_max", most_verdicts(maps), "notes",
			  notes_of(&r, absence));

	if (!status)
		cli_failed("out of memory");
	return status;
}
