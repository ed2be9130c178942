// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/log.h"
#include "syncookies.h"

#define SYNCOOKIES_LINGER                                                       \
	60 /* seconds; a flood's cookies come back for as long as clients retry \
	    */

static const char section[] = "TcpExt:";

/* The next word of a line; stops at its end. NULL where there is none. */
static const char *next_word(const char **cursor, size_t *len)
{
	const char *word = *cursor + strspn(*cursor, " \t");

	*len = strcspn(word, " \t\n");
	*cursor = word + *len;
	return *len ? word : NULL;
}

static bool word_is(const char *word, size_t len, const char *name)
{
	return strlen(name) == len && !memcmp(word, name, len);
}

static bool number(uint64_t *out, const char *word)
{
	if (!isdigit((unsigned char)*word))
		return false;
	*out = strtoull(word, NULL, 10);
	return true;
}

/* One pair of lines: names in the first, their values at the same places of the second. */
static bool sum_pair(uint64_t *sum, const char *names, const char *values)
{
	int found = 0;

	*sum = 0;
	for (;;) {
		size_t name_len, value_len;
		const char *name = next_word(&names, &name_len);
		const char *value = next_word(&values, &value_len);
		uint64_t count;

		if (!name || !value)
			return found == 2;
		if (!word_is(name, name_len, "SyncookiesRecv") &&
		    !word_is(name, name_len, "SyncookiesFailed"))
			continue;
		if (!number(&count, value))
			return false;
		*sum += count;
		found++;
	}
}

/* The next line that belongs to the section, after its name. NULL at the end of the text. */
static const char *section_line(const char **cursor)
{
	while (**cursor) {
		const char *line = *cursor;
		size_t len = strcspn(line, "\n");

		*cursor = line + len + (line[len] == '\n');
		if (!strncmp(line, section, strlen(section)))
			return line + strlen(section);
	}
	return NULL;
}

bool syncookies_parse(uint64_t *sum, const char *text)
{
	const char *names = section_line(&text);
	const char *values = section_line(&text);

	return names && values && sum_pair(sum, names, values);
}

static bool read_counters(uint64_t *sum)
{
	char text[32768];
	size_t len = 0;
	int fd = open("/proc/net/netstat", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	while (len < sizeof(text) - 1) {
		ssize_t got = read(fd, text + len, sizeof(text) - 1 - len);

		if (got <= 0)
			break;
		len += (size_t)got;
	}
	close(fd);
	text[len] = '\0';
	return syncookies_parse(sum, text);
}

bool syncookies_active(struct syncookies *s, uint32_t now)
{
	static bool complained;
	uint64_t sum;

	if (!read_counters(&sum)) {
		if (!complained)
			log_warning("/proc/net/netstat does not tell the SYN cookie counters: "
				    "whether the kernel uses SYN cookies is unknown");
		complained = true;
	} else {
		if (s->primed && sum != s->seen)
			s->moved_at = now ? now : 1; /* 0 means never */
		s->seen = sum;
		s->primed = true;
	}
	return s->moved_at && now - s->moved_at < SYNCOOKIES_LINGER;
}
