// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <sys/stat.h>

#include "open.h"

int journal_open_to_read(sqlite3 **sql, const char *path, int busy_ms)
{
	struct stat st;
	int code;

	*sql = NULL;
	if (!lstat(path, &st) && S_ISLNK(st.st_mode))
		return SQLITE_CANTOPEN_SYMLINK;
	code = sqlite3_open_v2(path, sql, SQLITE_OPEN_READONLY, NULL);
	if (code) {
		sqlite3_close(*sql);
		*sql = NULL;
		return code;
	}
	sqlite3_busy_timeout(*sql, busy_ms);
	sqlite3_exec(*sql, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON", NULL, NULL,
		     NULL);
	return SQLITE_OK;
}
