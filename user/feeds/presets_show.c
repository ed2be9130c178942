// SPDX-License-Identifier: GPL-2.0-or-later
#include "presets.h"
#include "../base/duration.h"

static void show_preset(FILE *out, const struct feed_preset *preset)
{
	char least[DURATION_TEXT], interval[DURATION_TEXT];
	struct feed_settings s;

	feed_settings_begin(&s, preset->name, preset);
	fprintf(out, "%s  (%s", preset->name, feed_action_name(preset->action));
	if (preset->action == FEED_SCORE)
		fprintf(out, ", %d points", s.points);
	fprintf(out, ")\n    %s\n    url:      %s\n", preset->text, preset->url);
	if (preset->also)
		fprintf(out, "    also at:  %s\n", preset->also);
	fprintf(out, "    format:   %s\n    interval: %s, no shorter than %s\n",
		feed_format_names[preset->format], duration_format(interval, preset->interval),
		duration_format(least, preset->least));
	fprintf(out, "    terms:    %s\n              %s\n", preset->terms, preset->terms_url);
	feed_settings_free(&s);
}

void feed_presets_show(FILE *out)
{
	fputs("Known feeds. None is fetched until the configuration has a section feed \"NAME\" { "
	      "} "
	      "for it,\nwhich begins with what stands here, for the ports of class mx.\n",
	      out);
	for (size_t i = 0; i < feed_presets_count; i++) {
		fputc('\n', out);
		show_preset(out, &feed_presets[i]);
	}
	fputs("\nRefused:\n", out);
	for (size_t i = 0; i < refused_feeds_count; i++)
		fprintf(out, "    %s: %s\n", refused_feeds[i].name, refused_feeds[i].why);
}

static json_t *preset_json(const struct feed_preset *preset)
{
	struct feed_settings s;
	json_t *json;

	feed_settings_begin(&s, preset->name, preset);
	json = json_pack("{s:s, s:s, s:s, s:s?, s:s, s:s, s:i, s:I, s:I, s:I, s:s, s:s}", "name",
			 preset->name, "text", preset->text, "url", preset->url, "also",
			 preset->also, "format", feed_format_names[preset->format], "action",
			 feed_action_name(preset->action), "points",
			 preset->action == FEED_SCORE ? s.points : 0, "least_interval",
			 (json_int_t)preset->least, "interval", (json_int_t)preset->interval,
			 "max_age", (json_int_t)preset->max_age, "terms", preset->terms,
			 "terms_url", preset->terms_url);
	feed_settings_free(&s);
	return json;
}

json_t *feed_presets_json(void)
{
	json_t *known = json_array(), *refused = json_array();
	int failed = 0;

	for (size_t i = 0; i < feed_presets_count; i++)
		failed |= json_array_append_new(known, preset_json(&feed_presets[i]));
	for (size_t i = 0; i < refused_feeds_count; i++)
		failed |= json_array_append_new(refused, json_pack("{s:s, s:s}", "name",
								   refused_feeds[i].name, "why",
								   refused_feeds[i].why));
	if (failed) {
		json_decref(known);
		json_decref(refused);
		return NULL;
	}
	return json_pack("{s:o, s:o}", "presets", known, "refused", refused);
}
