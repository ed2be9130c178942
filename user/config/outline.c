// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lexer.h"
#include "outline.h"
#include "suggest.h"
#include "../checks/finding.h"
#include "../checks/hostname.h"
#include "../dns/presets.h"

struct outline {
	struct lexer lexer;
	struct token token; /* the one ahead */
	size_t done;        /* where the one before it ended */
	bool stopped;       /* what follows a mistake of syntax has been blanked */
	struct problems *problems;
	/* Where each was first given; 0: not yet. */
	unsigned section_line[SECTION_COUNT];
	unsigned finding_line[FINDING_COUNT];
	/* Of the section with a title that this is; NULL in others, and under a bad one. */
	unsigned *marks;
	bool *adds;
	enum option_id assigned; /* whose value comes */
	unsigned secret_line;    /* words of a secret may stand here: not to be quoted */
	struct landmarks *out;
};

static bool statements(struct outline *o, enum section_id in);

static void advance(struct outline *o)
{
	o->done = o->token.end;
	o->token = lexer_next(&o->lexer);
}

/* Says what should stand here in place of what does, unless the lexer has said it already. */
static bool unexpected(struct outline *o, const char *wanted)
{
	char quoted[QUOTE_TEXT];
	const struct token *t = &o->token;

	if (o->lexer.broken)
		return false;
	if (t->kind == TOKEN_END)
		problem_add(o->problems, t->line, "%s, but the file ends", wanted);
	else if (t->kind == TOKEN_WORD && t->line == o->secret_line)
		problem_add(o->problems, t->line, "%s, not what stands here (not shown)", wanted);
	else
		problem_add(o->problems, t->line, "%s, not `%s'", wanted,
			    quote_zone(quoted, o->lexer.text + t->start, t->end - t->start));
	return false;
}

static void first_or_again(struct outline *o, unsigned *first, const struct token *name)
{
	char quoted[QUOTE_TEXT];

	if (*first)
		problem_add(o->problems, name->line,
			    "`%s' is given a second time (first on line %u): keep one of them",
			    quote(quoted, name->text, name->len), *first);
	else
		*first = name->line;
}

/* A secret of several words that somebody forgot to put into quotes ends where its line does. */
static void keep_secret(struct outline *o)
{
	bool bare = o->token.end - o->token.start == o->token.len;
	bool may_have_blanks = o->assigned == OPTION_FEED_USERNAME ||
			       o->assigned == OPTION_FEED_PASSWORD ||
			       o->assigned == OPTION_FEED_HEADERS;

	if (may_have_blanks && o->token.kind == TOKEN_WORD && bare)
		o->secret_line = o->token.line;
}

static bool list(struct outline *o)
{
	advance(o);
	while (o->token.kind != '}') {
		if (o->token.kind != TOKEN_WORD)
			return unexpected(o, "a value or `}' belongs here");
		keep_secret(o);
		advance(o);
		if (o->token.kind == ',')
			advance(o);
		else if (o->token.kind != '}')
			return unexpected(o, "`,' or `}' belongs after each value of a list");
	}
	advance(o);
	return true;
}

static bool value(struct outline *o, const char *name, bool is_list)
{
	char wanted[96];

	if (o->token.kind == TOKEN_WORD) {
		advance(o);
		return true;
	}
	if (o->token.kind == '{' && is_list)
		return list(o);
	snprintf(wanted, sizeof(wanted), "option `%s': %s belongs after the equal sign", name,
		 is_list ? "a list { }" : "one value");
	return unexpected(o, wanted);
}

/* What was written under a title, an empty { } too, of which libConfuse says nothing. */
static void mark_option(struct outline *o, enum option_id id, unsigned line)
{
	static const enum option_id first[SECTION_COUNT] = {
		[SECTION_FINDING] = OPTION_FINDING_ENABLED,
		[SECTION_PATTERN] = OPTION_PATTERN_ON,
		[SECTION_LIST] = OPTION_LIST_ENABLED,
		[SECTION_FEED] = OPTION_FEED_ENABLED,
	};
	unsigned i = id - first[options[id].section];

	if (!section_has_title(options[id].section) || !o->marks)
		return;
	if (!o->marks[i])
		o->adds[i] = o->token.kind == '+';
	o->marks[i] = line;
}

/* `x = 1, x += 1` is one option; `x = 1, x = 1` and `x += 1, x = 1` lose the first. */
static bool assignment(struct outline *o, enum option_id id, const struct token *name)
{
	const struct config_option *option = &options[id];
	unsigned *line = &o->out->option[id];
	char wanted[96];

	advance(o);
	mark_option(o, id, name->line);
	if (o->token.kind == '+' && option_is_list(option)) {
		if (!*line)
			*line = name->line;
	} else if (o->token.kind == '=') {
		first_or_again(o, line, name);
	} else {
		snprintf(wanted, sizeof(wanted), "option `%s': `=' belongs after its name",
			 option->name);
		/* What stands here may be the secret itself. */
		if (option_is_secret(id) && o->token.kind == TOKEN_WORD) {
			problem_add(o->problems, o->token.line, "%s", wanted);
			return false;
		}
		return unexpected(o, wanted);
	}
	advance(o);
	o->assigned = id;
	keep_secret(o);
	return value(o, option->name, option_is_list(option));
}

static void unknown_finding(struct outline *o, const struct token *title)
{
	struct suggestion near = suggest_for(title->text, title->len);
	char quoted[QUOTE_TEXT];

	for (size_t i = 0; i < FINDING_COUNT; i++)
		suggest_try(&near, finding_types[i].id);
	quote(quoted, title->text, title->len);
	if (near.nearest)
		problem_add(o->problems, title->line,
			    "no finding is called `%s': did you mean `%s'? (`mxdpctl checks' lists "
			    "them)",
			    quoted, near.nearest);
	else
		problem_add(o->problems, title->line,
			    "no finding is called `%s': `mxdpctl checks' lists them", quoted);
}

static void finding_title(struct outline *o)
{
	const struct token *title = &o->token;
	enum finding_id id;
	char text[64];

	snprintf(text, sizeof(text), "%.*s", title->len < sizeof(text) ? (int)title->len : 0,
		 title->text);
	if (!finding_parse(&id, text)) {
		unknown_finding(o, title);
		return;
	}
	first_or_again(o, &o->finding_line[id], title);
	o->marks = o->out->finding[id].option;
	o->adds = o->out->finding[id].adds;
}

static bool is_pattern_name(const struct token *title)
{
	for (size_t i = 0; i < title->len; i++) {
		char c = title->text[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-')
			return false;
	}
	return title->len && title->len < PATTERN_NAME;
}

static void pattern_title(struct outline *o)
{
	const struct token *title = &o->token;
	struct landmarks *out = o->out;
	struct pattern_mark *pattern;
	char quoted[QUOTE_TEXT];

	if (!is_pattern_name(title)) {
		problem_add(o->problems, title->line,
			    "`%s' is no name for a pattern: write at most %d letters, digits and "
			    "hyphens",
			    quote(quoted, title->text, title->len), PATTERN_NAME - 1);
		return;
	}
	for (size_t i = 0; i < out->pattern_count; i++) {
		struct pattern_mark *known = &out->pattern[i];

		if (strlen(known->name) == title->len &&
		    !memcmp(known->name, title->text, title->len)) {
			first_or_again(o, &known->line, title);
			return;
		}
	}
	if (out->pattern_count == PATTERNS_MAX) {
		problem_add(o->problems, title->line,
			    "pattern `%.*s' is one too many: there may be %d; take some out, or "
			    "join them: match = '(one|other)'",
			    (int)title->len, title->text, PATTERNS_MAX);
		return;
	}
	pattern = &out->pattern[out->pattern_count++];
	pattern->line = title->line;
	memcpy(pattern->name, title->text, title->len);
	o->marks = pattern->option;
	o->adds = pattern->adds;
}

/* The zone is in quotes or bare, of at least three bytes: there is room for a number. */
static void number_title(struct outline *o, const char *number)
{
	const struct token *title = &o->token;
	char *at = o->lexer.text + title->start;
	bool quoted = *at == '"' || *at == '\'';
	char mark = *at;

	lexer_blank(&o->lexer, title->start, title->end);
	if (quoted)
		*at++ = mark;
	memcpy(at, number, strlen(number));
	if (quoted)
		at[strlen(number)] = mark;
}

/* The zone in lower case; false, with a problem, where there can be no list of that name. */
static bool list_zone(struct outline *o, char zone[LIST_SHOWN])
{
	const struct token *title = &o->token;
	char text[LIST_SHOWN], name[HOSTNAME_MAX + 1], quoted[QUOTE_TEXT];
	const struct preset *preset;

	quote_zone(quoted, title->text, title->len);
	snprintf(text, sizeof(text), "%.*s", title->len < sizeof(text) ? (int)title->len : 0,
		 title->text);
	preset = preset_of_zone(text, LIST_KIND_COUNT);
	if (preset && strcasecmp(preset->zone, text) != 0)
		problem_add(o->problems, title->line,
			    "list `%s': write list \"%s\" and put the key into its section, as key "
			    "= \"...\", so that it is shown nowhere",
			    quoted, preset->zone);
	else if (strcspn(text, ".") >= KEY_LEN)
		problem_add(
			o->problems, title->line,
			"list `%s': its first part looks like a customer's key: write the whole "
			"zone into dnsbl_sites, where it is kept from being shown",
			quoted);
	else if (preset_refusal(text))
		problem_add(o->problems, title->line, "list `%s' is not used: %s", quoted,
			    preset_refusal(text));
	else if (!hostname_parse(name, text))
		problem_add(o->problems, title->line,
			    "`%s' is no zone of a DNS list: write it as its operator does, as in "
			    "bl.example.net, of at most %d bytes, without a dot at the end",
			    quoted, LIST_SHOWN - 1);
	else
		return snprintf(zone, LIST_SHOWN, "%.*s", LIST_SHOWN - 1, name) > 0;
	return false;
}

static void list_title(struct outline *o)
{
	struct landmarks *out = o->out;
	char zone[LIST_SHOWN], number[16];
	struct list_mark *list;

	if (!list_zone(o, zone)) {
		if (o->token.len)
			number_title(o, "-");
		return;
	}
	if (out->list_count == LIST_SECTIONS) {
		problem_add(o->problems, o->token.line,
			    "list `%s' is one too many: there may be %d sections; take some out",
			    zone, LIST_SECTIONS);
		number_title(o, "-");
		return;
	}
	snprintf(number, sizeof(number), "%zu", out->list_count);
	number_title(o, number);
	list = &out->list[out->list_count++];
	list->line = o->token.line;
	memcpy(list->zone, zone, sizeof(zone));
	o->marks = list->option;
	o->adds = list->adds;
}

/* A feed's name is its file's, which some may not tell from one in other case. */
static struct feed_mark *feed_called(struct landmarks *out, const struct token *name)
{
	for (size_t i = 0; i < out->feed_count; i++)
		if (strlen(out->feed[i].name) == name->len &&
		    !strncasecmp(out->feed[i].name, name->text, name->len))
			return &out->feed[i];
	return NULL;
}

static void feed_title(struct outline *o)
{
	const struct token *title = &o->token;
	struct landmarks *out = o->out;
	struct feed_mark *feed = feed_called(out, title);
	char quoted[QUOTE_TEXT];

	if (!feed_name_is_good(title->text, title->len))
		problem_add(o->problems, title->line,
			    "`%s' is no name for a feed: write at most %d letters, digits, `-', "
			    "`_' and `.', the first a letter or a digit",
			    quote(quoted, title->text, title->len), FEED_NAME - 1);
	else if (feed)
		first_or_again(o, &feed->line, title);
	else if (out->feed_count == FEED_SECTIONS)
		problem_add(o->problems, title->line,
			    "feed `%.*s' is one too many: there may be %d sections; take some out",
			    (int)title->len, title->text, FEED_SECTIONS);
	else {
		feed = &out->feed[out->feed_count++];
		feed->line = title->line;
		memcpy(feed->name, title->text, title->len);
		o->marks = feed->option;
		o->adds = feed->adds;
	}
}

static const char *title_wanted(enum section_id id)
{
	switch (id) {
	case SECTION_FINDING:
		return "the id of a finding belongs after `finding'";
	case SECTION_LIST:
		return "the zone of a DNS list belongs after `list'";
	case SECTION_FEED:
		return "the name of a feed belongs after `feed'";
	default:
		return "a name belongs after `pattern'";
	}
}

/* A titled section's options begin anew with each. */
static bool titled(struct outline *o, enum section_id id)
{
	if (o->token.kind != TOKEN_WORD)
		return unexpected(o, title_wanted(id));
	o->marks = NULL;
	if (id == SECTION_FINDING)
		finding_title(o);
	else if (id == SECTION_FEED)
		feed_title(o);
	else if (id == SECTION_LIST)
		list_title(o);
	else
		pattern_title(o);
	memset(&o->out->option[OPTION_TITLED], 0,
	       (OPTION_COUNT - OPTION_TITLED) * sizeof(o->out->option[0]));
	advance(o);
	return true;
}

static bool section(struct outline *o, enum section_id id, const struct token *name)
{
	char wanted[96];

	advance(o);
	if (section_has_title(id)) {
		if (!titled(o, id))
			return false;
	} else {
		first_or_again(o, &o->section_line[id], name);
	}
	if (o->token.kind != '{') {
		snprintf(wanted, sizeof(wanted), "`%s' is a section: `{' belongs here",
			 section_names[id]);
		return unexpected(o, wanted);
	}
	advance(o);
	if (!statements(o, id))
		return false;
	if (o->token.kind != '}') {
		problem_add(o->problems, name->line,
			    "the section `%s' that begins here has no end: add `}'",
			    section_names[id]);
		/* Nothing follows that would have to go. */
		o->stopped = true;
		return false;
	}
	advance(o);
	return true;
}

/* "option `ring' stands in tap { }", or the name that was probably meant. */
static void unknown_name(struct outline *o, enum section_id in, const struct token *name)
{
	struct suggestion near = suggest_for(name->text, name->len);
	char quoted[QUOTE_TEXT];

	if (name->line == o->secret_line) {
		problem_add(o->problems, name->line,
			    "no option is called so (not shown, since a secret stands in front of "
			    "it): put a value with blanks into quotes");
		return;
	}
	quote_zone(quoted, name->text, name->len);
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		if (options[i].section == in) {
			suggest_try(&near, options[i].name);
			continue;
		}
		/* What only findings have is no help for a pattern, nor either for a list. */
		if (option_find(options[i].section, name->text, name->len) != i ||
		    (section_has_title(in) && section_has_title(options[i].section)))
			continue;
		problem_add(o->problems, name->line,
			    "option `%s' does not stand here: move it %s%s%s", quoted,
			    options[i].section ? "into " : "",
			    options[i].section ? section_names[options[i].section] : "out of ",
			    options[i].section ? " { }" : "the section");
		return;
	}
	for (unsigned i = SECTION_TOP + 1; in == SECTION_TOP && i < SECTION_COUNT; i++)
		suggest_try(&near, section_names[i]);
	if (near.nearest)
		problem_add(o->problems, name->line, "unknown option `%s': did you mean `%s'?",
			    quoted, near.nearest);
	else
		problem_add(o->problems, name->line,
			    "unknown option `%s': take it out; the sample mxdp.conf shows all",
			    quoted);
}

/* Whatever stands in braces, however deep. */
static bool skip_block(struct outline *o)
{
	size_t depth = 0;

	do {
		if (o->token.kind == TOKEN_END)
			return unexpected(o, "a `}' is missing");
		depth += o->token.kind == '{';
		depth -= o->token.kind == '}';
		advance(o);
	} while (depth);
	return true;
}

/* Past what an unknown name brings along: = value, = { list }, { section }, "title" { section }. */
static bool skip_unknown(struct outline *o)
{
	unsigned line = o->token.line;
	bool assigned;

	advance(o);
	assigned = o->token.kind == '=' || o->token.kind == '+';
	if (assigned)
		advance(o);
	/* A word on the next line is rather the next option. */
	if (o->token.kind == TOKEN_WORD && (assigned || o->token.line == line)) {
		advance(o);
		if (assigned)
			return true;
	}
	return o->token.kind != '{' || skip_block(o);
}

/* From a mistake of syntax on, libConfuse is to see nothing. */
static void stop_at(struct outline *o, size_t start)
{
	if (!o->stopped)
		lexer_blank(&o->lexer, start, o->lexer.len);
	o->stopped = true;
}

static bool statement(struct outline *o, enum section_id in)
{
	const struct token name = o->token;
	enum option_id option = option_find(in, name.text, name.len);
	enum section_id id = section_find(name.text, name.len);
	bool good;

	if (option != OPTION_COUNT)
		good = assignment(o, option, &name);
	else if (in == SECTION_TOP && id != SECTION_TOP)
		good = section(o, id, &name);
	else {
		unknown_name(o, in, &name);
		good = skip_unknown(o);
		if (good)
			lexer_blank(&o->lexer, name.start, o->done);
	}
	if (!good)
		stop_at(o, name.start);
	return good;
}

/* Up to the `}` or the end that is not theirs. */
static bool statements(struct outline *o, enum section_id in)
{
	while (o->token.kind == TOKEN_WORD)
		if (!statement(o, in))
			return false;
	if (!o->lexer.broken &&
	    (o->token.kind == TOKEN_END || (o->token.kind == '}' && in != SECTION_TOP)))
		return true;
	unexpected(o, "the name of an option belongs here");
	stop_at(o, o->done);
	return false;
}

bool outline_walk(char *text, size_t len, struct landmarks *out, struct problems *problems)
{
	struct outline o = {
		.lexer = {.text = text, .len = len, .line = 1, .problems = problems},
		.problems = problems,
		.out = out,
	};

	memset(out, 0, sizeof(*out));
	advance(&o);
	return statements(&o, SECTION_TOP);
}
