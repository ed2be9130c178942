// SPDX-License-Identifier: GPL-2.0-or-later
#include "presets.h"

static void show_groups(FILE *out, const char *const texts[PRESET_GROUPS], const char *option)
{
	for (size_t i = 0; i < PRESET_GROUPS && texts[i]; i++)
		fprintf(out, "%s\"%s\"%s", i ? ", " : option, texts[i],
			i + 1 == PRESET_GROUPS || !texts[i + 1] ? "}\n" : "");
}

static void show_preset(FILE *out, const struct preset *preset)
{
	fprintf(out, "%s  (%s)\n    %s\n", preset->zone, list_kind_name(preset->kind),
		preset->text);
	show_groups(out, preset->convict, "    convict = {");
	show_groups(out, preset->score, "    score   = {");
	fprintf(out, "    families: IPv4%s%s\n", preset->v6 ? " and IPv6" : "",
		preset->untested ? "; without test points: watched by its canary alone" : "");
	fprintf(out, "    errors:   %s\n    terms:    %s\n              %s\n", preset->errors,
		preset->terms, preset->url);
	if (preset->key_zone)
		fprintf(out, "    key:      %s; asked as KEY.%s\n",
			preset->key_needed ? "needed" : "may be given", preset->key_zone);
}

void presets_show(FILE *out)
{
	fputs("Known lists. All are off until the configuration has a section list \"ZONE\" { } "
	      "for them,\nwhich begins with what stands here. What `convict' holds blocks alone; "
	      "the rest brings points.\n",
	      out);
	for (size_t i = 0; i < presets_count; i++) {
		fputc('\n', out);
		show_preset(out, &presets[i]);
	}
	fputs("\nRefused:\n", out);
	for (size_t i = 0; i < refused_lists_count; i++)
		fprintf(out, "    %s%s: %s\n", refused_lists[i].zone,
			refused_lists[i].and_below ? " and below" : "", refused_lists[i].why);
}

static json_t *texts_json(const char *const texts[PRESET_GROUPS])
{
	json_t *array = json_array();

	for (size_t i = 0; i < PRESET_GROUPS && texts[i]; i++)
		json_array_append_new(array, json_string(texts[i]));
	return array;
}

static json_t *preset_json(const struct preset *preset)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:b, s:b, s:s?, s:b, s:s, s:s, s:s}", "zone",
			 preset->zone, "kind", list_kind_name(preset->kind), "text", preset->text,
			 "convict", texts_json(preset->convict), "score", texts_json(preset->score),
			 "ipv6", (int)preset->v6, "tested", (int)!preset->untested, "key_zone",
			 preset->key_zone, "key_needed", (int)preset->key_needed, "errors",
			 preset->errors, "terms", preset->terms, "url", preset->url);
}

json_t *presets_json(void)
{
	json_t *known = json_array(), *refused = json_array();
	int failed = 0;

	for (size_t i = 0; i < presets_count; i++)
		failed |= json_array_append_new(known, preset_json(&presets[i]));
	for (size_t i = 0; i < refused_lists_count; i++)
		failed |= json_array_append_new(refused, json_pack("{s:s, s:b, s:s}", "zone",
								   refused_lists[i].zone, "below",
								   (int)refused_lists[i].and_below,
								   "why", refused_lists[i].why));
	if (failed) {
		json_decref(known);
		json_decref(refused);
		return NULL;
	}
	return json_pack("{s:o, s:o}", "presets", known, "refused", refused);
}
