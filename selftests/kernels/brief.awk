# SPDX-License-Identifier: GPL-2.0-or-later
#
# Of the verifier's words, which are thousands of lines for each program that it refuses, the last
# ones tell: keeps a dozen of them, and everything else.
BEGIN { keep = 12 }
/BEGIN PROG LOAD LOG/ { print; from = NR; next }
/END PROG LOAD LOG/ {
    for (i = NR - keep; i < NR; i++)
        if (i > from) print said[i % keep]
    from = 0
}
from { said[NR % keep] = $0; next }
{ print }
