// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics_write.h"

#define FIRST_ROOM 16384
#define NUMBER     40

static const char *const type_names[] = {
	[PAGE_COUNTER] = "counter",
	[PAGE_GAUGE] = "gauge",
	[PAGE_HISTOGRAM] = "histogram",
};

static void put_bytes(struct page *p, const char *bytes, size_t len)
{
	size_t room = p->room ? p->room : FIRST_ROOM;
	char *text;

	while (room - p->len < len)
		room *= 2;
	if (room != p->room && !p->failed) {
		text = realloc(p->text, room);
		p->failed = !text;
		p->text = text ? text : p->text;
		p->room = text ? room : p->room;
	}
	if (p->failed)
		return;
	memcpy(p->text + p->len, bytes, len);
	p->len += len;
}

static void put(struct page *p, const char *text)
{
	put_bytes(p, text, strlen(text));
}

/* Whole numbers as such: the format's readers take floats, but people count packets. */
static const char *number(char out[NUMBER], double value)
{
	bool small = value > -1e15 && value < 1e15;

	if (small && value == (double)(long long)value)
		snprintf(out, NUMBER, "%.0f", value);
	else
		snprintf(out, NUMBER, "%.9g", value);
	return out;
}

static void put_number(struct page *p, double value)
{
	char text[NUMBER];

	put(p, number(text, value));
}

static void put_value(struct page *p, const char *value)
{
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;
		char hex[8];

		if (c == '"' || c == '\\') {
			put(p, "\\");
			put_bytes(p, value, 1);
		} else if (c >= ' ' && c < 0x7f) {
			put_bytes(p, value, 1);
		} else {
			snprintf(hex, sizeof(hex), "\\\\x%02x", c);
			put(p, hex);
		}
	}
}

static void put_label(struct page *p, bool first, const char *label, const char *value)
{
	put(p, first ? "{" : ",");
	put(p, label);
	put(p, "=\"");
	put_value(p, value);
	put(p, "\"");
}

void page_family(struct page *p, const char *name, enum page_type type, const char *help)
{
	p->name = name;
	put(p, "# HELP ");
	put(p, name);
	put(p, " ");
	put(p, help);
	put(p, "\n# TYPE ");
	put(p, name);
	put(p, " ");
	put(p, type_names[type]);
	put(p, "\n");
}

void page_labelled(struct page *p, double value, const char *const *labels)
{
	put(p, p->name);
	for (size_t i = 0; labels[i]; i += 2)
		put_label(p, !i, labels[i], labels[i + 1]);
	put(p, labels[0] ? "} " : " ");
	put_number(p, value);
	put(p, "\n");
}

void page_counter(struct page *p, const char *name, const char *help, double value)
{
	page_family(p, name, PAGE_COUNTER, help);
	page_sample(p, value, NULL);
}

void page_gauge(struct page *p, const char *name, const char *help, double value)
{
	page_family(p, name, PAGE_GAUGE, help);
	page_sample(p, value, NULL);
}

static void put_part(struct page *p, const char *part, const char *bound, double value)
{
	put(p, p->name);
	put(p, part);
	if (bound) {
		put_label(p, true, "le", bound);
		put(p, "}");
	}
	put(p, " ");
	put_number(p, value);
	put(p, "\n");
}

void page_histogram(struct page *p, const char *name, const char *help,
		    const struct histogram *histogram)
{
	char bound[NUMBER];
	uint64_t count = 0;

	page_family(p, name, PAGE_HISTOGRAM, help);
	for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++) {
		count += histogram->in[i];
		put_part(p, "_bucket", number(bound, histogram_bounds[i] / 1e6), (double)count);
	}
	count += histogram->in[HISTOGRAM_BOUNDS];
	put_part(p, "_bucket", "+Inf", (double)count);
	put_part(p, "_sum", NULL, histogram->sum_us / 1e6);
	put_part(p, "_count", NULL, (double)count);
}
