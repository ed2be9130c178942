/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What mxdpctl and mxdpd say to each other on the control socket (a stream socket, mode 0660, group
 * from the configuration; the peer's credentials are checked).
 *
 * The client sends one JSON object a line; for each, the agent answers with any number of data
 * objects, a line each, and then one closing object that has "ok":
 *
 *   {"ok": true, ...}                      done
 *   {"ok": false, "error": "..."}          nothing was changed; the text is for people
 *   {"ok": false, "errors": [{"entry": "192.0.2.1/24", "error": "..."}]}   bulk: nothing was
 * changed
 *
 * Spans are text as base/duration.h reads them. Ages and remaining times are whole seconds.
 *
 *   {"verb": "status"}                     data: one object, see user/control/status.c
 *   {"verb": "list"}                       data: verdicts
 *       {"addr": "198.51.100.7", "ports": "mx", "action": "drop", "cause": "helo-our-address",
 *        "reason": "...", "of_others": false, "age": 12,
 *        "expires_in": 1788 | null, "hits": 3, "last_hit": 2 | null}; of_others: it rests on lists
 *   {"verb": "block", "entries": [..], "for": "1h", "reason": "..", "action": "drop|reset|watch",
 *    "ports": "mx|submission|all"}         closing: "done": entries put
 *   {"verb": "unblock", "entries": [..]}   closing: "done": verdicts removed; a day's grace each
 *   {"verb": "unblock", "by": "helo-our-name", "since": "2h"}     the same for all of one cause,
 *                                          or of one DNS list: "by": "zen.spamhaus.org"
 *   {"verb": "allow", "entries": [..], "for": "30d", "reason": ".."}
 *   {"verb": "unallow", "entries": [..]}
 *   {"verb": "allowed"}                    data: {"net": "192.0.2.0/24", "kind": "config",
 *                                                "reason": "..", "expires_in": 60 | null}
 *   {"verb": "mode"}                       closing: "mode", "by", "until_in": seconds | null
 *   {"verb": "mode", "mode": "monitor|enforce", "for": "2h"}
 *   {"verb": "checks"}                     data: {"id", "class", "points", "mild_points",
 *                                                "convicts", "enabled", "ttl", "text", "found"}
 *   {"verb": "checks", "set": "on|off", "id": "early-talker"}
 *   {"verb": "dnsbl"}                      data: lists, see lists_json() in user/dns/lists.h
 *   {"verb": "feeds", "name": NAME}        data: feeds, all without a name: feed_json() in
 *                                          user/agent/feeds_tell.c
 *   {"verb": "feeds", "sync": [NAMES], "force": false}    fetches them now, all where there is no
 *                                          name; data: the same as it goes on, "ended" with the
 *                                          last of each; closing: "asked", "current"
 *   {"verb": "feeds", "bring": NAME}       a list from mxdpctl's standard input, in pieces:
 *                                          user/agent/feeds_bring.c
 *   {"verb": "explain", "entry": "198.51.100.7"}     data: {"about": "state" | "inside" | "spf" |
 *       "names" | "list" | "history" | ...}, see user/agent/verbs_explain.c; may take seconds
 *   {"verb": "log", "lines": 100, "follow": false}   data: events, see user/journal/journal.h
 *       "client", "event", "finding", "since": the newest that are wanted (user/journal/filter.h);
 *       who follows is told of all that comes later. "audit": true: changes, user/journal/reader.h
 *   {"verb": "top"}                        data: the verdicts that are met most, as of list, the
 *                                          busiest first; the newest events "verdict", as of log
 *   {"verb": "report", "since": "7d"}      data: see user/journal/report.h
 *   {"verb": "outcome", "lines": [{"addr": "198.51.100.7", "outcome": "accepted|refused",
 *    "at": time of day}]}                  closing: "done", "bad": lines; those are skipped
 *   {"verb": "flush"}                      closing: "done": verdicts removed
 *   {"verb": "detach"}                     the agent detaches and ends
 *
 * "for" left out: one hour for block, for ever for allow and mode. "forever" is for ever. "ports"
 * left out: mx.
 */
#ifndef MXDP_CONTROL_PROTOCOL_H
#define MXDP_CONTROL_PROTOCOL_H

#define CONTROL_PIECE 65536 /* bytes of a list that is brought, in one request */

#define CONTROL_DEFAULT_SOCKET "/run/mxdp/mxdp.sock"
#define CONTROL_DEFAULT_PINS   "/sys/fs/bpf/mxdp"
#define CONTROL_DEFAULT_STATE  "/var/lib/mxdp"

/* Longest request line; longer ones are refused and the connection closed. */
#define CONTROL_REQUEST_MAX (16U << 20)
/* Most entries of one request. */
#define CONTROL_ENTRIES_MAX 100000

/* Most lines of one `outcome': what a turn of the loop can take. */
#define OUTCOME_LINES_MAX 1000

#define CONTROL_BLOCK_DEFAULT "1h"
#define CONTROL_FOREVER       "forever"

#endif
