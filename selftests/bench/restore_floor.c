// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * restore_floor JOURNAL: the least that bringing verdicts back costs. Reads the rows in force, all
 * of their columns, and puts them by batches into a hash as large as that of the verdicts. Prints
 * seconds.
 */
#include <bpf/bpf.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "../../user/base/clock.h"
#include "../../maps/verdict.h"

#define ROOM  1250000
#define BATCH 4096

static struct verdict_key keys[BATCH];
static struct verdict values[BATCH];

static int fail(const char *what)
{
	fprintf(stderr, "restore_floor: %s\n", what);
	return 1;
}

static int put(int map, __u32 count)
{
	return count ? bpf_map_update_batch(map, keys, values, &count, NULL) : 0;
}

static int copy(sqlite3_stmt *s, int map)
{
	__u32 count = 0;

	while (sqlite3_step(s) == SQLITE_ROW) {
		const void *addr = sqlite3_column_blob(s, 0);

		if (addr && sqlite3_column_bytes(s, 0) == (int)sizeof(keys->addr))
			memcpy(&keys[count].addr, addr, sizeof(keys->addr));
		keys[count].plen = (__u8)sqlite3_column_int(s, 1);
		for (int i = 2; i < sqlite3_column_count(s); i++)
			sqlite3_column_text(s, i);
		values[count].expires = (__u32)sqlite3_column_int64(s, 4);
		if (++count < BATCH)
			continue;
		if (put(map, count))
			return -1;
		count = 0;
	}
	return put(map, count);
}

int main(int argc, char **argv)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	static const char text[] =
		"SELECT addr, plen, ports, action, expires, flags, cause, score, "
		"since, boot, booted, hits, reason, lists, evidence "
		"FROM verdicts WHERE ended IS NULL ORDER BY id";
	uint64_t began = clock_ns(CLOCK_MONOTONIC);
	sqlite3 *sql;
	sqlite3_stmt *s;
	int map;

	if (argc != 2 || sqlite3_open_v2(argv[1], &sql, SQLITE_OPEN_READONLY, NULL) ||
	    sqlite3_prepare_v2(sql, text, -1, &s, NULL))
		return fail("name a journal");
	map = bpf_map_create(BPF_MAP_TYPE_HASH, "floor", sizeof(keys[0]), sizeof(values[0]), ROOM,
			     &opts);
	if (map < 0 || copy(s, map))
		return fail("the kernel refuses the map, or what goes into it");
	printf("%.2f\n", (double)(clock_ns(CLOCK_MONOTONIC) - began) / 1e9);
	sqlite3_finalize(s);
	return sqlite3_close(sql) != SQLITE_OK;
}
