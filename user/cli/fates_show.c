// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "fates_show.h"
#include "text.h"
#include "../../maps/maps.h"

enum group {
	GROUP_NONE,
	GROUP_STOPPED,
	GROUP_PASSED,
	GROUP_SEEN,
	GROUP_LOST,
	GROUP_OTHER,
	GROUP_COUNT,
};

static const struct {
	const char *title;
	enum paint paint; /* of the counters */
} groups[GROUP_COUNT] = {
	[GROUP_STOPPED] = {"stopped", PAINT_GOOD},
	[GROUP_PASSED] = {"connection attempts let through", PAINT_NONE},
	[GROUP_SEEN] = {"mail connections", PAINT_NONE},
	[GROUP_LOST] = {"evidence lost, packets not understood", PAINT_WARN},
	[GROUP_OTHER] = {"other traffic", PAINT_DIM},
};

/* A fate that has no place here yet would be forgotten: it is shown among the others. */
static enum group group_of(enum fate fate)
{
	switch (fate) {
	case FATE_SYN_DROPPED:
	case FATE_SYN_RESET:
	case FATE_FRAGMENT_DROPPED:
	case FATE_SYN_LIMITED:
		return GROUP_STOPPED;
	case FATE_RECORD_LOST:
	case FATE_RECORD_CUT:
	case FATE_RESET_LIMITED:
	case FATE_MALFORMED:
	case FATE_EXT_DEEP:
		return GROUP_LOST;
	default:
		break;
	}
	if (fate >= FATE_SYN_CLEAN && fate <= FATE_SYN_COURTESY)
		return GROUP_PASSED;
	if ((fate >= FATE_MAIL_BARE && fate <= FATE_MAIL_SEEN) ||
	    (fate >= FATE_REPLY_BARE && fate <= FATE_FLOW_BORN))
		return GROUP_SEEN;
	return GROUP_OTHER;
}

static void show_line(enum group group, bool *titled, json_int_t count, const char *text)
{
	char front[TEXT_SPAN];

	if (!*titled)
		printf("\n%s%s%s\n", paint(PAINT_HEAD), groups[group].title, paint(PAINT_NONE));
	*titled = true;
	snprintf(front, sizeof(front), "%14lld  ", (long long)count);
	text_wrapped(groups[group].paint, front, text);
}

static enum fate fate_of(const char *name)
{
	for (int fate = FATE_PENDING + 1; fate < FATE_COUNT; fate++)
		if (!strcmp(fate_name((enum fate)fate), name))
			return (enum fate)fate;
	return FATE_PENDING;
}

/* An agent of another version may count what we have no words for. */
static void show_unknown(const json_t *fates, bool *titled)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)fates, name, value)
	{
		if (json_integer_value(value) && fate_of(name) == FATE_PENDING)
			show_line(GROUP_OTHER, titled, json_integer_value(value), name);
	}
}

static void show_group(enum group group, const json_t *fates)
{
	bool titled = false;

	for (int fate = FATE_PENDING + 1; fate < FATE_COUNT; fate++) {
		json_int_t count = field_number(fates, fate_name((enum fate)fate), 0);

		if (count && group_of((enum fate)fate) == group)
			show_line(group, &titled, count, fate_text((enum fate)fate));
	}
	if (group == GROUP_OTHER)
		show_unknown(fates, &titled);
}

void fates_show(const json_t *fates)
{
	if (!json_is_object(fates))
		return;
	for (int group = GROUP_STOPPED; group < GROUP_COUNT; group++)
		show_group((enum group)group, fates);
}
