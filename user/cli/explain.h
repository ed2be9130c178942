/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text for a partner whose mail does not come through: plain, without blame, with the evidence
 * and what to mend. Made of what the agent answered to `explain': an array of its objects.
 *
 * It is about the first verdict in force that stops anything; its evidence is that of the newest
 * entry of the history on the same network. What an administrator did by hand is not explained to
 * others beyond his own reason. Evidence is shown as it stands elsewhere: escaped.
 */
#ifndef MXDP_CLI_EXPLAIN_H
#define MXDP_CLI_EXPLAIN_H

#include <jansson.h>
#include <stdbool.h>

bool explain_has_text(const json_t *answers);
void explain_print_text(const json_t *answers);

#endif
