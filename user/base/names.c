// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <string.h>

#include "names.h"
#include "outcome.h"

static const char *const actions[] = {"drop", "reset", "watch", "limit", NULL};
static const char *const ports[] = {"mx", "submission", NULL};
static const char *const modes[] = {"monitor", "enforce", NULL};
static const char *const outcomes[] = {"accepted", "unknown", "refused", "nothing", NULL};

_Static_assert(sizeof(actions) / sizeof(actions[0]) == ACTION_COUNT + 1, "a word an action");
_Static_assert(sizeof(ports) / sizeof(ports[0]) == PORTS_COUNT + 1, "a word a port class");
_Static_assert(sizeof(outcomes) / sizeof(outcomes[0]) == OUTCOME_COUNT + 1, "a word an outcome");

static const char *name_of(const char *const *names, unsigned value)
{
	for (unsigned i = 0; names[i]; i++)
		if (i == value)
			return names[i];
	return "unknown";
}

static int value_of(const char *const *names, const char *name)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

const char *action_name(unsigned action)
{
	return name_of(actions, action);
}

bool action_parse(enum action *out, const char *name)
{
	int value = value_of(actions, name);

	*out = (enum action)value;
	return value >= 0;
}

const char *ports_name(unsigned class)
{
	return name_of(ports, class);
}

bool ports_parse(enum port_class *out, const char *name)
{
	int value = value_of(ports, name);

	*out = (enum port_class)value;
	return value >= 0;
}

const char *ports_words(const bool which[PORTS_COUNT])
{
	const char *words = "none";
	unsigned count = 0;

	for (unsigned class = 0; class < PORTS_COUNT; class ++) {
		if (which[class])
			words = ports_name(class);
		count += which[class];
	}
	return count == PORTS_COUNT ? "all" : words;
}

const char *entries_word(uint64_t count)
{
	return count == 1 ? "entry" : "entries";
}

const char *mode_name(unsigned mode)
{
	return name_of(modes, mode);
}

bool mode_parse(enum mode *out, const char *name)
{
	int value = value_of(modes, name);

	*out = (enum mode)value;
	return value >= 0;
}

const char *outcome_name(enum outcome outcome)
{
	return name_of(outcomes, outcome);
}

bool outcome_parse(enum outcome *out, const char *name)
{
	int value = value_of(outcomes, name);

	*out = (enum outcome)value;
	return value >= 0;
}
