// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libConfuse at work. It reads all values as text: each is checked by its option's own parser at
 * the moment when the line is known, and put into the configuration when the whole is read.
 */
#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"
#include "../base/names.h"

/* A section has no more options than all of them; one more ends the array. */
typedef cfg_opt_t option_array[OPTION_COUNT + SECTION_COUNT + 1];

/* What a value's parser writes, whatever the option. */
union scratch {
	uint32_t number;
	struct prefix prefix;
};

/* libConfuse hands its callbacks nothing of ours, and its lexer serves one caller at a time. */
static struct draft *current;

static void on_error(cfg_t *cfg, const char *format, va_list args)
{
	problem_addv(current->problems, (unsigned)cfg->line, format, args);
}

static struct pattern_draft *pattern_of(struct draft *draft, const char *title)
{
	for (size_t i = 0; i < draft->pattern_count; i++)
		if (title && !strcmp(draft->pattern[i].rule.name, title))
			return &draft->pattern[i];
	return NULL;
}

/* The outline has made numbers of the good titles, and of nothing else. */
static struct list_draft *list_of(struct draft *draft, const char *title)
{
	size_t i = 0;

	if (!title || !*title)
		return NULL;
	for (; *title >= '0' && *title <= '9' && i < LIST_SECTIONS; title++)
		i = i * 10 + (size_t)(*title - '0');
	return !*title && i < draft->list_count ? &draft->list[i] : NULL;
}

static struct feed_draft *feed_of(struct draft *draft, const char *title)
{
	for (size_t i = 0; i < draft->feed_count; i++)
		if (title && !strcmp(draft->feed[i].name, title))
			return &draft->feed[i];
	return NULL;
}

/* Titles that are no good have been reported; what they head is checked all the same. */
static struct source *source_of(struct draft *draft, enum option_id id, const char *title)
{
	struct pattern_draft *pattern;
	struct list_draft *list;
	struct feed_draft *feed;
	enum finding_id finding;

	if (options[id].section == SECTION_FEED) {
		feed = feed_of(draft, title);
		return feed ? &feed->option[id - OPTION_FEED_ENABLED] : NULL;
	}
	if (options[id].section == SECTION_LIST) {
		list = list_of(draft, title);
		return list ? &list->option[id - OPTION_LIST_ENABLED] : NULL;
	}
	if (options[id].section == SECTION_PATTERN) {
		pattern = pattern_of(draft, title);
		return pattern ? &pattern->option[id - OPTION_PATTERN_ON] : NULL;
	}
	if (options[id].section != SECTION_FINDING)
		return &draft->option[id];
	if (!title || !finding_parse(&finding, title))
		return NULL;
	return &draft->finding[finding][id - OPTION_FINDING_ENABLED];
}

static enum option_id option_of(const cfg_t *section, const cfg_opt_t *opt)
{
	enum section_id id = section_find(section->name, strlen(section->name));

	return option_find(id, opt->name, strlen(opt->name));
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	enum option_id id = option_of(cfg, opt);
	struct source *source = source_of(current, id, cfg->title);
	char label[OPTION_LABEL], why[WHY_TEXT];
	union scratch scratch;
	bool good = options[id].parse(&scratch, &options[id], value, why);

	if (!good)
		problem_add(current->problems, (unsigned)cfg->line, "option `%s': %s",
			    option_label(label, &options[id]), why);
	if (id == OPTION_DNSBL_SITES && current->site_count < DRAFT_SITES_MAX)
		current->site_line[current->site_count++] = (unsigned)cfg->line;
	if (source) {
		source->line = (unsigned)cfg->line;
		source->bad |= !good;
	}
	*(const char **)result = value;
	/* A refusal would end the reading; the other mistakes are wanted too. */
	return 0;
}

static void fill_section(option_array *out, enum section_id section)
{
	cfg_opt_t end = CFG_END();
	size_t n = 0;

	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		cfg_opt_t one = CFG_STR_CB(options[i].name, NULL, CFGF_NODEFAULT, on_value);
		cfg_opt_t list = CFG_STR_LIST_CB(options[i].name, NULL, CFGF_NODEFAULT, on_value);

		if (options[i].section == section)
			(*out)[n++] = option_is_list(&options[i]) ? list : one;
	}
	(*out)[n] = end;
}

static cfg_t *make_reader(void)
{
	option_array sections[SECTION_COUNT];
	cfg_opt_t end = CFG_END();
	cfg_t *cfg;
	size_t n;

	for (unsigned i = 0; i < SECTION_COUNT; i++)
		fill_section(&sections[i], (enum section_id)i);
	n = (size_t)cfg_numopts(sections[SECTION_TOP]);
	for (unsigned i = SECTION_TOP + 1; i < SECTION_COUNT; i++) {
		bool has_title = section_has_title((enum section_id)i);
		cfg_opt_t section = CFG_SEC(section_names[i], sections[i],
					    has_title ? CFGF_MULTI | CFGF_TITLE : CFGF_NONE);

		sections[SECTION_TOP][n++] = section;
	}
	sections[SECTION_TOP][n] = end;
	cfg = cfg_init(sections[SECTION_TOP], CFGF_NONE);
	if (cfg)
		cfg_set_error_function(cfg, on_error);
	return cfg;
}

static cfg_t *section_of(cfg_t *cfg, enum section_id section)
{
	return section == SECTION_TOP ? cfg : cfg_getsec(cfg, section_names[section]);
}

static void *place_of(struct config *config, const struct config_option *option)
{
	return (char *)config + option->offset;
}

/* Hands libConfuse the default of a list, so that += adds to it and = replaces it. */
static bool seed_list(cfg_opt_t *opt, struct config *config, const struct config_option *option)
{
	const struct name_list *names = place_of(config, option);
	const uint16_t *ports = place_of(config, option);
	unsigned n = 0;
	char text[8];

	if (option->shape == SHAPE_NAMES) {
		for (; n < names->count; n++)
			if (cfg_opt_setnstr(opt, names->item[n], n) != CFG_SUCCESS)
				return false;
	} else if (option->shape == SHAPE_PORTS) {
		for (; n < PORTS_PER_CLASS && ports[n]; n++) {
			snprintf(text, sizeof(text), "%u", ports[n]);
			if (cfg_opt_setnstr(opt, text, n) != CFG_SUCCESS)
				return false;
		}
	}
	opt->flags |= CFGF_RESET;
	return true;
}

static bool seed_lists(cfg_t *cfg, struct config *config)
{
	for (unsigned i = 0; i < OPTION_TITLED; i++) {
		const struct config_option *option = &options[i];
		cfg_t *section = section_of(cfg, option->section);

		if (option_is_list(option) &&
		    !seed_list(cfg_getopt(section, option->name), config, option))
			return false;
	}
	return true;
}

static bool take_text(char **out, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return false;
	free(*out);
	*out = copy;
	return true;
}

static bool take_names(struct name_list *out, cfg_opt_t *opt)
{
	struct name_list names = {.item = calloc(cfg_opt_size(opt) + 1, sizeof(char *))};

	if (!names.item)
		return false;
	names_free(out);
	*out = names;
	for (; out->count < cfg_opt_size(opt); out->count++)
		if (!take_text(&out->item[out->count], cfg_opt_getnstr(opt, (unsigned)out->count)))
			return false;
	return true;
}

static bool take_prefixes(struct prefix_list *out, cfg_opt_t *opt,
			  const struct config_option *option)
{
	char why[WHY_TEXT];

	free(out->item);
	out->count = 0;
	out->item = calloc(cfg_opt_size(opt) + 1, sizeof(*out->item));
	if (!out->item)
		return false;
	for (unsigned i = 0; i < cfg_opt_size(opt); i++)
		if (option->parse(&out->item[out->count], option, cfg_opt_getnstr(opt, i), why))
			out->count++;
	return true;
}

static void take_ports(struct draft *draft, uint16_t out[PORTS_PER_CLASS], cfg_opt_t *opt,
		       const struct config_option *option)
{
	struct source *source = &draft->option[option - options];
	char label[OPTION_LABEL], why[WHY_TEXT];
	unsigned n = 0;

	memset(out, 0, PORTS_PER_CLASS * sizeof(*out));
	for (unsigned i = 0; i < cfg_opt_size(opt) && n < PORTS_PER_CLASS; i++)
		n += option->parse(&out[n], option, cfg_opt_getnstr(opt, i), why);
	if (cfg_opt_size(opt) <= PORTS_PER_CLASS)
		return;
	problem_add(draft->problems, source->line,
		    "option `%s': %u ports are given, but a class "
		    "holds %d: leave out some",
		    option_label(label, option), cfg_opt_size(opt), PORTS_PER_CLASS);
	source->bad = true;
}

static bool take(struct draft *draft, cfg_opt_t *opt, const struct config_option *option,
		 void *place)
{
	char why[WHY_TEXT];

	switch (option->shape) {
	case SHAPE_NAMES:
		return take_names(place, opt);
	case SHAPE_PREFIXES:
		return take_prefixes(place, opt, option);
	case SHAPE_PORTS:
		take_ports(draft, place, opt, option);
		return true;
	case SHAPE_TEXT:
		return !cfg_opt_size(opt) || take_text(place, cfg_opt_getnstr(opt, 0));
	default:
		/* Bad values have been reported and leave the default in place. */
		if (cfg_opt_size(opt))
			option->parse(place, option, cfg_opt_getnstr(opt, 0), why);
		return true;
	}
}

/* `adds` to what is in force already. Written as { } it names none, and that is no way to say so.
 */
static void take_classes(struct draft *draft, bool out[PORTS_COUNT], cfg_opt_t *opt,
			 const struct config_option *option, struct source *source, bool adds)
{
	bool classes[PORTS_COUNT] = {0};
	char label[OPTION_LABEL];
	enum port_class class;

	if (!source->line || source->bad)
		return;
	for (unsigned i = 0; i < cfg_opt_size(opt); i++)
		if (ports_parse(&class, cfg_opt_getnstr(opt, i)))
			classes[class] = true;
	if (!cfg_opt_size(opt) && !adds) {
		problem_add(draft->problems, source->line,
			    "option `%s' is empty, so that it would do nothing: write mx",
			    option_label(label, option));
		source->bad = true;
		return;
	}
	for (unsigned i = 0; i < PORTS_COUNT; i++)
		out[i] = classes[i] || (adds && out[i]);
}

static bool take_section(struct draft *draft, cfg_t *section, enum option_id first, unsigned count,
			 void *place)
{
	for (unsigned i = first; i < first + count; i++)
		if (options[i].shape != SHAPE_CLASSES &&
		    !take(draft, cfg_getopt(section, options[i].name), &options[i],
			  (char *)place + options[i].offset))
			return false;
	return true;
}

static bool take_finding(struct draft *draft, cfg_t *section)
{
	const struct config_option *ports = &options[OPTION_FINDING_PORTS];
	unsigned at = OPTION_FINDING_PORTS - OPTION_FINDING_ENABLED;
	struct finding_rule *rule;
	enum finding_id id;

	if (!finding_parse(&id, cfg_title(section)))
		return true;
	rule = &draft->config->policy.rule[id];
	take_classes(draft, rule->ports, cfg_getopt(section, ports->name), ports,
		     &draft->finding[id][at], draft->adds[id][at]);
	return take_section(draft, section, OPTION_FINDING_ENABLED, FINDING_OPTIONS, rule);
}

static bool take_pattern(struct draft *draft, cfg_t *section)
{
	struct pattern_draft *pattern = pattern_of(draft, cfg_title(section));
	const struct config_option *ports = &options[OPTION_PATTERN_PORTS];
	unsigned at = OPTION_PATTERN_PORTS - OPTION_PATTERN_ON;

	if (!pattern)
		return true;
	take_classes(draft, pattern->rule.rule.ports, cfg_getopt(section, ports->name), ports,
		     &pattern->option[at], pattern->adds[at]);
	return take_section(draft, section, OPTION_PATTERN_ON, PATTERN_OPTIONS, pattern);
}

static bool take_list(struct draft *draft, cfg_t *section)
{
	struct list_draft *list = list_of(draft, cfg_title(section));

	return !list || take_section(draft, section, OPTION_LIST_ENABLED, LIST_OPTIONS, list);
}

static bool take_feed(struct draft *draft, cfg_t *section)
{
	struct feed_draft *feed = feed_of(draft, cfg_title(section));

	return !feed || take_section(draft, section, OPTION_FEED_ENABLED, FEED_OPTIONS, feed);
}

static bool take_titled(struct draft *draft, cfg_t *cfg, enum section_id id,
			bool (*take_one)(struct draft *draft, cfg_t *section))
{
	cfg_opt_t *sections = cfg_getopt(cfg, section_names[id]);

	for (unsigned i = 0; i < cfg_opt_size(sections); i++)
		if (!take_one(draft, cfg_opt_getnsec(sections, i)))
			return false;
	return true;
}

static bool take_all(struct draft *draft, cfg_t *cfg)
{
	for (unsigned i = 0; i < OPTION_TITLED; i++) {
		const struct config_option *option = &options[i];
		cfg_t *section = section_of(cfg, option->section);

		if (!take(draft, cfg_getopt(section, option->name), option,
			  place_of(draft->config, option)))
			return false;
	}
	return take_titled(draft, cfg, SECTION_FINDING, take_finding) &&
	       take_titled(draft, cfg, SECTION_PATTERN, take_pattern) &&
	       take_titled(draft, cfg, SECTION_LIST, take_list) &&
	       take_titled(draft, cfg, SECTION_FEED, take_feed);
}

bool draft_read(struct draft *draft, const char *text)
{
	cfg_t *cfg = make_reader();
	int parsed;
	bool good;

	if (!cfg)
		return false;
	current = draft;
	good = seed_lists(cfg, draft->config);
	if (good) {
		parsed = cfg_parse_buf(cfg, text);
		draft->cut |= parsed != CFG_SUCCESS;
		/* What it has read up to a mistake is good to take; silence means no memory. */
		good = (parsed == CFG_SUCCESS || draft->problems->count) && take_all(draft, cfg);
	}
	current = NULL;
	cfg_free(cfg);
	return good;
}
