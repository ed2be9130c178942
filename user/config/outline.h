/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first walk over a configuration text: which names stand where. It reports names that do not
 * exist (with the one that was probably meant), names in the wrong section, options and sections
 * given twice, findings that do not exist, patterns without a proper name, and every mistake of
 * syntax.
 *
 * libConfuse, which reads the values afterwards, stops at the first unknown name and takes the last
 * of two equal ones without a word. So that it can go on, the statements that it would stumble over
 * are overwritten with blanks here; from a mistake of syntax on, all of the rest. And since it
 * takes two sections of the same title for one, the title of a list is overwritten with its number
 * in landmarks.list: a zone may be asked about HELO names and about senders.
 */
#ifndef MXDP_CONFIG_OUTLINE_H
#define MXDP_CONFIG_OUTLINE_H

#include <stddef.h>
#include "option.h"
#include "problems.h"
#include "../dns/list.h"
#include "../feeds/settings.h"
#include "../policy/policy.h"

/* Sections list "ZONE" { }, those that are switched off among them. */
#define LIST_SECTIONS 64

struct list_mark {
	char zone[LIST_SHOWN]; /* in lower case */
	unsigned line;
	unsigned option[LIST_OPTIONS]; /* the line that it was given on; 0: not */
	bool adds[LIST_OPTIONS];       /* by += alone */
};

/* Sections feed "NAME" { }, those that are switched off among them. */
#define FEED_SECTIONS 64

struct feed_mark {
	char name[FEED_NAME];
	unsigned line;
	unsigned option[FEED_OPTIONS]; /* as above, and the next */
	bool adds[FEED_OPTIONS];
};

struct finding_mark {
	unsigned option[FINDING_OPTIONS]; /* as above, and the next */
	bool adds[FINDING_OPTIONS];
};

struct pattern_mark {
	char name[PATTERN_NAME];
	unsigned line;
	unsigned option[PATTERN_OPTIONS];
	bool adds[PATTERN_OPTIONS];
};

/* What stands where. */
struct landmarks {
	unsigned option[OPTION_COUNT]; /* first given on this line, 0: not; of titled sections: 0 */
	size_t list_count;
	struct list_mark list[LIST_SECTIONS];
	size_t feed_count;
	struct feed_mark feed[FEED_SECTIONS];
	struct finding_mark finding[FINDING_COUNT];
	size_t pattern_count;
	struct pattern_mark pattern[PATTERNS_MAX];
};

/*
 * `text` holds `len` bytes, none of them zero, and is changed as said above. False where a mistake
 * of syntax cut the text short.
 */
bool outline_walk(char *text, size_t len, struct landmarks *out, struct problems *problems);

#endif
