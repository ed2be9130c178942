// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "replay.h"
#include "cli.h"
#include "../base/addr.h"

#define PORT_IMPLICIT_TLS 465

/* What a line says, whichever form it takes. */
struct replay_line {
	const struct flow_key *flow;
	const struct dialogue *dialogue;
	struct decision decision;
	const char *verdict;
	bool partial;
	char outcome[128];
};

static const char *endpoint(char *text, size_t size, const struct addr *addr, __be16 port)
{
	char name[ADDR_TEXT];

	addr_format(name, addr);
	snprintf(text, size, addr_is_v4(addr) ? "%s:%u" : "[%s]:%u", name, ntohs(port));
	return text;
}

static bool list_contains(const struct prefix_list *list, const struct addr *addr)
{
	for (size_t i = 0; i < list->count; i++)
		if (prefix_contains(&list->item[i], addr))
			return true;
	return false;
}

bool replay_never_blocks(const struct replay *r, const struct addr *client)
{
	if (r->ignore_never_block)
		return false;
	return addr_special(client) || list_contains(&r->config.allow, client) ||
	       list_contains(&r->config.trusted_relays, client);
}

/* JSON */

static json_t *kept_json(const struct kept *kept)
{
	json_t *list = json_array();

	for (size_t i = 0; i < kept_count(kept); i++)
		json_array_append_new(list, json_string(kept_text(kept, i)));
	return list;
}

static json_t *findings_json(const struct policy *policy, const struct findings *findings)
{
	char name[POLICY_FINDING_NAME];
	json_t *list = json_array();

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->list[i];

		json_array_append_new(list,
				      json_pack("{s:s, s:i, s:s}", "id",
						policy_finding_name(name, policy, f), "points",
						policy_points(policy, f), "detail", f->detail));
	}
	return list;
}

static void print_json(struct replay *r, const struct replay_line *line)
{
	static const char *const ports[] = {[PORTS_MX] = "mx", [PORTS_SUBMISSION] = "submission"};
	const struct dialogue *d = line->dialogue;
	char client[ADDR_TEXT + 8], server[ADDR_TEXT + 8];
	json_t *object = json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:o, s:i, s:s, s:I, s:b, s:s}", "client",
		endpoint(client, sizeof(client), &line->flow->client, line->flow->client_port),
		"server",
		endpoint(server, sizeof(server), &line->flow->server, line->flow->server_port),
		"ports", ports[replay_ports(r, ntohs(line->flow->server_port)) == PORTS_SUBMISSION],
		"helo", kept_json(&d->helo), "mail_from", kept_json(&d->mail_from), "rcpt_to",
		kept_json(&d->rcpt_to), "starttls", (int)d->starttls, "findings",
		findings_json(&r->config.policy, &d->findings), "score", line->decision.score,
		"verdict", line->verdict, "ttl", (json_int_t)line->decision.ttl, "partial",
		(int)line->partial, "outcome", line->outcome);

	if (!object || !text_json(stdout, object))
		r->no_output = true;
	json_decref(object);
}

/* A table */

static const struct column columns[] = {
	{"CLIENT", false}, {"SERVER", false},  {"HELO", false},    {"FINDINGS", false},
	{"SCORE", true},   {"VERDICT", false}, {"OUTCOME", false},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void findings_text(char *text, size_t size, const struct policy *policy,
			  const struct findings *findings)
{
	char name[POLICY_FINDING_NAME];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < findings->count && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s", i ? "," : "",
					policy_finding_name(name, policy, &findings->list[i]));
}

static void helo_text(char *text, size_t size, const struct kept *helo)
{
	const char *first = helo->seen ? kept_text(helo, 0) : "";

	if (helo->seen > 1)
		snprintf(text, size, "%s (+%zu)", first, helo->seen - 1);
	else
		snprintf(text, size, "%s", first);
}

static void print_row(struct replay *r, const struct replay_line *line)
{
	char client[ADDR_TEXT + 8], server[ADDR_TEXT + 8], helo[DIALOGUE_TEXT + 32];
	char findings[(FINDING_COUNT + FINDINGS_PATTERNS) * POLICY_FINDING_NAME], score[16],
		outcome[160];
	const char *cells[COLUMNS] = {client, server,        helo,   findings,
				      score,  line->verdict, outcome};
	enum paint color = line->decision.kind == DECISION_BLOCK   ? PAINT_BAD
			   : line->decision.kind == DECISION_WATCH ? PAINT_WARN
								   : PAINT_NONE;

	endpoint(client, sizeof(client), &line->flow->client, line->flow->client_port);
	endpoint(server, sizeof(server), &line->flow->server, line->flow->server_port);
	helo_text(helo, sizeof(helo), &line->dialogue->helo);
	findings_text(findings, sizeof(findings), &r->config.policy, &line->dialogue->findings);
	snprintf(score, sizeof(score), "%d", line->decision.score);
	snprintf(outcome, sizeof(outcome), "%s%s", line->outcome,
		 line->partial && !strstr(line->outcome, "seen in part") ? ", seen in part" : "");
	if (!r->rows)
		table_begin(&r->table, columns, COLUMNS);
	if (!table_row(&r->table, r->rows, color, cells))
		r->no_output = true;
}

static void print_line(struct replay *r, struct replay_line *line)
{
	static const char *const verdicts[] = {
		[DECISION_PASS] = "pass", [DECISION_WATCH] = "watch", [DECISION_BLOCK] = "block"};

	if (replay_never_blocks(r, &line->flow->client)) {
		line->decision.kind = DECISION_PASS;
		line->decision.ttl = 0;
	}
	line->verdict = verdicts[line->decision.kind];
	if (r->json)
		print_json(r, line);
	else
		print_row(r, line);
	r->rows++;
}

void replay_print_session(struct replay *r, const struct flow_key *flow, const struct dialogue *d)
{
	struct replay_line line = {
		.flow = flow,
		.dialogue = d,
		.decision = policy_decide(&r->config.policy, &d->findings, 0),
		.partial = d->partial,
	};

	/* A relay speaks for others: the agent never blocks one. */
	if (d->relay)
		line.decision =
			(struct decision){.kind = DECISION_PASS, .score = line.decision.score};
	dialogue_outcome(line.outcome, sizeof(line.outcome), d);
	print_line(r, &line);
}

void replay_print_talk(struct replay *r, const struct talk *talk)
{
	static const struct dialogue nothing;
	struct replay_line line = {.flow = &talk->flow, .dialogue = &nothing, .partial = true};
	bool tls = ntohs(talk->flow.server_port) == PORT_IMPLICIT_TLS;

	snprintf(line.outcome, sizeof(line.outcome), "unknown: %s",
		 tls ? "encrypted" : "seen in part");
	print_line(r, &line);
}
