// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"
#include "replay_frame.h"
#include "cli.h"
#include "../../maps/nets_user.h"
#include "../tap/capture.h"

#define FRAMES_A_LOOK 64 /* while answers may be coming in */

#define TCP_SYN 0x02
#define TCP_ACK 0x10

union any_record {
	struct record head;
	uint8_t bytes[offsetof(struct record, data) + RECORD_BYTES];
};

enum port_class replay_ports(const struct replay *r, uint16_t port)
{
	for (int class = 0; class < PORTS_COUNT; class ++)
		for (int i = 0; i < PORTS_PER_CLASS && r->config.ports[class][i]; i++)
			if (r->config.ports[class][i] == port)
				return (enum port_class) class;
	return PORTS_NONE;
}

/* How many bytes of a record were captured: the rest is filling. */
static size_t real_bytes(const struct replay_frame *f, const struct record *record)
{
	uint32_t before = record->seq - f->seq;

	if (record->from != FROM_SERVER || before > f->len)
		return record->cap;
	return before < f->real ? f->real - before : 0;
}

static int take_record(void *context, void *data, size_t size)
{
	struct replay *r = context;
	union any_record copy;
	size_t real;

	if (size < offsetof(struct record, data) || size > sizeof(copy))
		return 0;
	memcpy(&copy, data, size);
	real = real_bytes(r->frame, &copy.head);
	if (copy.head.cap > real)
		copy.head.cap = (uint16_t)real;
	sessions_record(r->sessions, &copy.head, size, r->now);
	return 0;
}

int replay_begin(struct replay *r, char *error, size_t error_size)
{
	int err;

	r->frame = malloc(sizeof(*r->frame));
	if (!r->frame) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	err = object_open(&r->programs, &r->config, NULL, error, error_size);
	if (!err)
		err = object_load(&r->programs, error, error_size);
	if (err)
		return err;
	err = object_maps(&r->maps, &r->programs);
	if (err) {
		snprintf(error, error_size, "cannot use the maps: %s", strerror(-err));
		return err;
	}
	r->ring = ring_buffer__new(r->maps.ring, take_record, r, NULL);
	if (r->ring)
		return 0;
	err = -errno;
	snprintf(error, error_size, "cannot read the ring buffer: %s", strerror(-err));
	return err;
}

void replay_end(struct replay *r)
{
	ring_buffer__free(r->ring);
	if (r->programs.loaded)
		maps_close(&r->maps, false);
	if (r->programs.skel)
		object_close(&r->programs);
	free(r->frame);
}

/* One frame through a program */

static int run(struct replay *r, int program, const void *frame, size_t size)
{
	struct bpf_test_run_opts opts = {
		.sz = sizeof(opts), .data_in = frame, .data_size_in = (uint32_t)size, .repeat = 1};
	int err = bpf_prog_test_run_opts(program, &opts);

	if (err)
		r->refused++;
	else
		ring_buffer__consume(r->ring);
	return 0;
}

static int through_gate(const void *frame, size_t size, void *context)
{
	struct replay *r = context;

	return run(r, object_gate_fd(&r->programs), frame, size);
}

static int through_tap(const void *frame, size_t size, void *context)
{
	struct replay *r = context;

	return run(r, object_tap_fd(&r->programs), frame, size);
}

/* A flow is born for protected addresses only: here, for whoever serves mail. */
static void learn_server(struct replay *r, const struct addr *addr)
{
	const struct net_value value = {.expires = NET_NEVER_EXPIRES, .kind = NET_OWN};
	struct prefix prefix = prefix_of(addr, ADDR_BITS);
	struct replay_server *server;

	HASH_FIND(hh, r->servers, addr, sizeof(*addr), server);
	if (server || HASH_COUNT(r->servers) >= REPLAY_SERVERS)
		return;
	server = calloc(1, sizeof(*server));
	if (!server || net_put(r->maps.local, &prefix, &value)) {
		free(server);
		return;
	}
	server->addr = *addr;
	HASH_ADD(hh, r->servers, addr, sizeof(server->addr), server);
}

static struct flow_key flow_of(const struct replay_frame *f, bool to_server)
{
	if (to_server)
		return (struct flow_key){f->source, f->dest, htons(f->sport), htons(f->dport)};
	return (struct flow_key){f->dest, f->source, htons(f->dport), htons(f->sport)};
}

/* By the ports; where both are mail ports, whoever was seen first is the client. */
static bool goes_to_server(const struct replay *r, const struct replay_frame *f)
{
	struct flow_key reply = flow_of(f, false);

	if (replay_ports(r, f->dport) == PORTS_NONE)
		return false;
	if (replay_ports(r, f->sport) == PORTS_NONE)
		return true;
	return (f->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN || !talks_find(&r->talks, &reply);
}

static void play_frame(struct replay *r, const struct capture_frame *captured)
{
	struct replay_frame *f = r->frame;
	enum replay_kind kind = replay_frame_parse(f, captured->data, captured->len);
	struct flow_key flow;
	struct talk *talk;
	bool to_server;

	/* Interfaces of one capture may be a little out of step. */
	if (captured->time > r->now)
		r->now = captured->time;
	r->cut += kind == REPLAY_CUT;
	if (kind != REPLAY_TCP ||
	    (replay_ports(r, f->sport) == PORTS_NONE && replay_ports(r, f->dport) == PORTS_NONE))
		return;
	to_server = goes_to_server(r, f);
	flow = flow_of(f, to_server);
	talk = talks_get(&r->talks, &flow);
	if (talk && f->len)
		talk->payload = true;
	learn_server(r, &flow.server);
	replay_frame_mend(f, to_server);
	replay_frame_send(f, to_server ? through_gate : through_tap, r);
	sessions_expire(r->sessions, r->now);
}

/* One file */

static void on_changed(struct session *session, void *context)
{
	(void)session;
	(void)context;
}

static void on_ended(struct session *session, void *context)
{
	struct replay *r = context;
	struct talk *talk = talks_get(&r->talks, &session->flow);

	if (talk)
		talk->told = true;
	if (r->dns)
		replay_dns_session(r, session);
	else
		replay_print_session(r, &session->flow, &session->dialogue);
}

static void map_clear(int fd)
{
	union {
		struct flow_key flow;
		struct net_key net;
	} key;

	while (!bpf_map_get_next_key(fd, NULL, &key) && !bpf_map_delete_elem(fd, &key))
		;
}

static bool file_begin(struct replay *r, char *error, size_t error_size)
{
	const struct session_handlers handlers = {.changed = on_changed, .ended = on_ended};

	map_clear(r->maps.flows);
	map_clear(r->maps.early);
	map_clear(r->maps.local);
	r->now = 0;
	r->refused = r->cut = 0;
	r->rows = 0;
	r->sessions = sessions_new(&r->config, &r->rules, &handlers, r);
	if (!r->sessions)
		snprintf(error, error_size, "out of memory");
	return r->sessions;
}

static void file_end(struct replay *r)
{
	struct replay_server *server, *next_server;
	const struct talk *talk;

	sessions_free(r->sessions);
	r->sessions = NULL;
	if (r->dns)
		offline_dns_finish(r->dns);
	for (talk = r->talks.table; talk; talk = talk->hh.next)
		if (talk->payload && !talk->told)
			replay_print_talk(r, talk);
	HASH_ITER(hh, r->servers, server, next_server)
	{
		HASH_DEL(r->servers, server);
		free(server);
	}
}

static void warn(const struct replay *r, const char *path)
{
	char name[256];

	text_clean(name, sizeof(name), path);
	if (r->cut)
		cli_failed("%s: %zu frames are cut off within their headers and were left out; "
			   "capture with a snap length of 262144",
			   name, r->cut);
	if (r->refused)
		cli_failed("%s: the kernel did not run %zu frames", name, r->refused);
	if (r->talks.lost)
		cli_failed("%s: more than %d conversations; not all are told", name, REPLAY_TALKS);
	if (HASH_COUNT(r->servers) >= REPLAY_SERVERS)
		cli_failed("%s: more than %d servers; the rest was left out", name, REPLAY_SERVERS);
}

bool replay_file(struct replay *r, const char *path, char *error, size_t error_size)
{
	struct capture *capture = capture_open(path, error, error_size);
	struct capture_frame frame;
	char why[512];
	size_t frames = 0;
	int got;

	if (!capture)
		return false;
	if (!file_begin(r, error, error_size)) {
		capture_close(capture);
		return false;
	}
	while ((got = capture_next(capture, &frame, why, sizeof(why))) == 1) {
		play_frame(r, &frame);
		if (r->dns && !(++frames % FRAMES_A_LOOK))
			offline_dns_look(r->dns);
	}
	if (got < 0)
		cli_failed("%s; what came before is judged", why);
	warn(r, path);
	file_end(r);
	talks_free(&r->talks);
	capture_close(capture);
	return true;
}
