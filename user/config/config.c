// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "dns.h"
#include "draft.h"
#include "outline.h"
#include "../base/file.h"

/* Far beyond any configuration that people write; a wrong path is told before it is read. */
#define FILE_MAX (1U << 20)

/* All of the file, zero-terminated and allocated; NULL with a problem, or without: no memory. */
static char *read_file(struct problems *problems, const char *path, size_t *len)
{
	char *text = NULL;
	int err = file_read(&text, len, path, FILE_MAX);

	switch (err) {
	case 0:
	case -ENOMEM:
		break;
	case -EISDIR:
	case -ENXIO:
		problem_add(problems, 0, "is %s: name a configuration file",
			    err == -EISDIR ? "a directory" : "no regular file");
		break;
	case -EFBIG:
		problem_add(problems, 0,
			    "is larger than %u bytes and cannot be a configuration: check the path",
			    FILE_MAX);
		break;
	default:
		problem_add(problems, 0, "cannot be opened: %s: check the path and its permissions",
			    strerror(-err));
	}
	return text;
}

static unsigned line_at(const char *text, size_t offset)
{
	unsigned line = 1;

	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}

/* False where memory ran out. */
static bool read_text(struct draft *draft, char *text, size_t len)
{
	size_t first_zero = strlen(text);
	struct landmarks marks;
	bool good;

	if (first_zero < len) {
		problem_add(draft->problems, line_at(text, first_zero),
			    "a zero byte: this is no text file; check the path");
		return true;
	}
	draft->cut = !outline_walk(text, len, &marks, draft->problems);
	draft_begin(draft, &marks);
	good = draft_read(draft, text);
	if (good && !draft->cut) {
		draft_check(draft);
		good = draft_take_lists(draft) && draft_take_feeds(draft);
	}
	if (good && !draft->problems->count)
		good = draft_take_patterns(draft) && config_build_dns(&draft->config->dns) &&
		       config_build_brands(draft->config);
	draft->config->policy.ttl[TTL_LISTS] = (struct ttl_rule){
		.first = draft->config->dns.ttl_min, .cap = draft->config->dns.ttl_max};
	draft_free_patterns(draft);
	draft_free_lists(draft);
	draft_free_feeds(draft);
	return good;
}

bool config_load(struct config *out, char **error, const char *path)
{
	struct draft draft = {.config = out};
	struct problems problems = {0};
	char *text = NULL;
	size_t len = 0;
	bool good;

	draft.problems = &problems;
	*error = NULL;
	good = config_defaults(out);
	if (good)
		text = read_file(&problems, path, &len);
	good = text && read_text(&draft, text, len) && !problems.count;
	if (!good && !problems.count)
		problem_add(&problems, 0, "cannot be read: out of memory");
	if (!good) {
		*error = problems_text(&problems, path);
		config_free(out);
	}
	problems_free(&problems);
	free(text);
	return good;
}

void names_free(struct name_list *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->item[i]);
	free(names->item);
	*names = (struct name_list){0};
}

void config_free(struct config *config)
{
	names_free(&config->interfaces);
	names_free(&config->our_names);
	names_free(&config->known_bots);
	names_free(&config->suspect_names);
	names_free(&config->our_domains);
	names_free(&config->trap_addresses);
	free(config->protect.item);
	free(config->allow.item);
	names_free(&config->allow_names);
	names_free(&config->allow_spf);
	free(config->trusted_relays.item);
	free(config->our_public_addresses.item);
	free(config->socket_group);
	free(config->metrics_listen);
	names_free(&config->dns.server_texts);
	names_free(&config->dns.stub_texts);
	free(config->dns.servers);
	free(config->dns.stubs);
	names_free(&config->dnsbl_sites);
	free(config->lists);
	for (size_t i = 0; i < config->feeds_count; i++)
		feed_settings_free(&config->feeds[i]);
	free(config->feeds);
	names_free(&config->brand_texts);
	free(config->brand_domains);
	free(config->brands);
	for (size_t i = 0; i < config->patterns_count; i++)
		pattern_free(config->patterns[i]);
	memset(config, 0, sizeof(*config));
}

static const char *const *texts(const struct name_list *names)
{
	return (const char *const *)names->item;
}

struct helo_names config_helo_names(const struct config *config, const struct addr *our_addresses,
				    size_t our_addresses_count)
{
	return (struct helo_names){
		.our_names = texts(&config->our_names),
		.our_names_count = config->our_names.count,
		.our_addresses = our_addresses,
		.our_addresses_count = our_addresses_count,
		.known_bots = texts(&config->known_bots),
		.known_bots_count = config->known_bots.count,
		.suspect_names = texts(&config->suspect_names),
		.suspect_names_count = config->suspect_names.count,
	};
}

struct envelope_names config_envelope_names(const struct config *config)
{
	return (struct envelope_names){
		.our_domains = texts(&config->our_domains),
		.our_domains_count = config->our_domains.count,
		.traps = texts(&config->trap_addresses),
		.traps_count = config->trap_addresses.count,
	};
}
