// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Drives the kernel room for test_kernel_room.sh: attaching, replacing, sweeping, as an agent
 * would, one command a call. Run it inside a network namespace of its own, and nowhere else.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../user/base/clock.h"
#include "../../user/base/log.h"
#include "../../user/kernel/attach.h"
#include "../../user/kernel/clsact.h"
#include "../../user/kernel/object.h"
#include "../../user/kernel/pins.h"
#include "../../user/kernel/words.h"
#include "../../user/kernel/xdp.h"

#define TCX_EGRESS ((enum bpf_attach_type)47)

static char error[512];

static int fail(int err)
{
	printf("error: %s (%d)\n", error, err);
	return 1;
}

/* Small maps, so that a hundred restarts are cheap. */
static int open_programs(struct programs *programs, const char *pin_dir)
{
	const char *entries = getenv("VERDICTS_MAX");
	struct config config = {
		.ports = {{25}, {587, 465}},
		.verdicts_max = entries ? (uint32_t)atoi(entries) : 1024,
		.flows_max = 1024,
		.ring_bytes = 65536,
		.client_budget = 8192,
		.server_budget = 32768,
	};

	return object_open(programs, &config, pin_dir, error, sizeof(error));
}

static enum xdp_mode mode_of(const char *text)
{
	if (!strcmp(text, "native"))
		return XDP_ATTACH_NATIVE;
	return strcmp(text, "generic") ? XDP_ATTACH_AUTO : XDP_ATTACH_GENERIC;
}

static int put(struct attachment *a, struct programs *programs, const char *name, const char *mode,
	       const char *pin_dir)
{
	char text[160];
	int err = open_programs(programs, pin_dir);

	if (err)
		return err;
	err = attach_put(a, programs, name, mode_of(mode), pin_dir, error, sizeof(error));
	if (err) {
		object_close(programs);
		return err;
	}
	object_mark(programs);
	printf("%s: %s%s%s%s\n", a->name, attach_describe(text, sizeof(text), a),
	       a->replaced ? ", replaced" : "", programs->reused ? ", maps reused" : "",
	       a->vlan_stripped ? ", vlan stripped" : "");
	return 0;
}

/* preflight PIN_DIR */
static int do_preflight(char **arg)
{
	int err = object_preflight(arg[0], error, sizeof(error));

	return err ? fail(err) : 0;
}

/* attach IFACE MODE PIN_DIR: leaves everything, as a handover does. */
static int do_attach(char **arg)
{
	struct programs programs;
	struct attachment a;
	int err = put(&a, &programs, arg[0], arg[1], arg[2]);

	if (err)
		return fail(err);
	object_close(&programs);
	return 0;
}

/* hold IFACE MODE PIN_DIR: stays until it is told or killed; told, it takes everything off. */
static int do_hold(char **arg)
{
	struct programs programs;
	struct attachment a;
	sigset_t set;
	int err, got;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	err = put(&a, &programs, arg[0], arg[1], arg[2]);
	if (err)
		return fail(err);
	puts("ready");
	fflush(stdout);
	sigwait(&set, &got);
	err = attach_remove(&a, &programs, arg[2], error, sizeof(error));
	object_close(&programs);
	return err ? fail(err) : 0;
}

/* twice IFACE PIN_DIR: the second must be refused and the first stay. */
static int do_twice(char **arg)
{
	struct programs programs;
	struct attachment a, b;
	int err = put(&a, &programs, arg[0], "auto", arg[1]);

	if (err)
		return fail(err);
	err = attach_put(&b, &programs, arg[0], XDP_ATTACH_AUTO, arg[1], error, sizeof(error));
	object_close(&programs);
	return err ? fail(err) : 0;
}

/* both IFACE IFACE PIN_DIR: two interfaces under one object. */
static int do_both(char **arg)
{
	struct programs programs;
	struct attachment a, b;
	int err = put(&a, &programs, arg[0], "auto", arg[2]);

	if (!err)
		err = attach_put(&b, &programs, arg[1], XDP_ATTACH_AUTO, arg[2], error,
				 sizeof(error));
	if (err)
		return fail(err);
	err = attach_remove(&a, &programs, arg[2], error, sizeof(error));
	if (!err)
		err = attach_remove(&b, &programs, arg[2], error, sizeof(error));
	object_close(&programs);
	return err ? fail(err) : 0;
}

struct watch {
	int ifindex;
	atomic_bool stop;
	unsigned long looks, none, other;
};

/*
 * Whether a look without our gate is the truth: while a dispatcher is replaced, the question for
 * its components may come too late for it. Then another program is on the hook by now.
 */
static bool is_lost(int ifindex, const struct xdp_seen *seen)
{
	struct xdp_seen again;

	return !xdp_look(&again, ifindex) && !again.gate_id && again.id == seen->id;
}

static void *watch_hook(void *context)
{
	struct watch *w = context;

	while (!atomic_load(&w->stop)) {
		struct xdp_seen seen;
		int err = xdp_look(&seen, w->ifindex);

		w->looks++;
		if (!err && seen.holder == XDP_HOLDER_NONE)
			w->none++;
		/* -ENOENT: replaced between the question for its number and that for its name. */
		else if (err ? err != -ENOENT : !seen.gate_id && is_lost(w->ifindex, &seen))
			w->other++;
	}
	return NULL;
}

/* replace IFACE PIN_DIR TIMES: another thread looks at the hook all the while. */
static int do_replace(char **arg)
{
	struct watch w = {.ifindex = (int)if_nametoindex(arg[0])};
	struct programs programs;
	struct attachment a;
	pthread_t thread;
	int err = 0;

	if (pthread_create(&thread, NULL, watch_hook, &w))
		return 1;
	for (int i = 0; i < atoi(arg[2]) && !err; i++) {
		err = put(&a, &programs, arg[0], "auto", arg[1]);
		if (!err && !(a.replaced && programs.reused))
			err = -EBADE;
		if (!err)
			object_close(&programs);
	}
	atomic_store(&w.stop, true);
	pthread_join(thread, NULL);
	printf("looks %lu, empty %lu, wrong %lu\n", w.looks, w.none, w.other);
	if (err)
		return fail(err);
	return w.none || w.other || w.looks < 100;
}

/* remove IFACE PIN_DIR: takes over, then takes off; the map pins stay for the sweep. */
static int do_remove(char **arg)
{
	struct programs programs;
	struct attachment a;
	int err = put(&a, &programs, arg[0], "auto", arg[1]);

	if (err)
		return fail(err);
	err = attach_remove(&a, &programs, arg[1], error, sizeof(error));
	object_close(&programs);
	return err ? fail(err) : 0;
}

static void say(const char *line)
{
	puts(line);
}

/* sweep PIN_DIR */
static int do_sweep(char **arg)
{
	int gone = attach_sweep(arg[0], say);

	printf("swept %d\n", gone);
	return gone < 0;
}

static struct bpf_insn return_two[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 2}, /* XDP_PASS */
	{.code = BPF_JMP | BPF_EXIT},
};

/* foreign IFACE: somebody else's XDP program. */
static int do_foreign(char **arg)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "someone_else", "GPL", return_two, 2, NULL);

	return fd < 0 || bpf_xdp_attach((int)if_nametoindex(arg[0]), fd, 0, NULL);
}

/* foreign-filter IFACE: somebody else's filter on the egress of clsact, made where missing. */
static int do_foreign_filter(char **arg)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(arg[0]),
		    .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 7, .priority = 7);
	int err = bpf_tc_hook_create(&hook);

	return_two[0].imm = TC_ACT_UNSPEC;
	opts.prog_fd =
		bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "someone_else", "GPL", return_two, 2, NULL);
	return (err && err != -EEXIST) || opts.prog_fd < 0 || bpf_tc_attach(&hook, &opts);
}

/* clsact IFACE PIN_DIR: the tap the way of kernels without tcx, left there. */
static int do_clsact(char **arg)
{
	struct attachment a = {.ifindex = (int)if_nametoindex(arg[0])};
	struct programs programs;
	int err = open_programs(&programs, arg[1]);

	if (!err)
		err = object_load(&programs, error, sizeof(error));
	if (err)
		return fail(err);
	programs.kept = true;
	snprintf(a.name, sizeof(a.name), "%s", arg[0]);
	err = clsact_put(&a, object_tap_fd(&programs), arg[1], error, sizeof(error));
	object_close(&programs);
	if (err)
		return fail(err);
	printf("made %d\n", a.made_clsact);
	return 0;
}

/* state IFACE: what holds its hooks, in one line. */
static int do_state(char **arg)
{
	int ifindex = (int)if_nametoindex(arg[0]);
	LIBBPF_OPTS(bpf_prog_query_opts, query);
	struct xdp_seen seen;
	int err = xdp_look(&seen, ifindex);
	int tcx = bpf_prog_query_opts(ifindex, TCX_EGRESS, &query); /* old kernels: an error */

	if (err)
		return fail(err);
	printf("xdp %s%s taps %d\n",
	       seen.gate_id                     ? "gate"
	       : seen.holder == XDP_HOLDER_NONE ? "none"
						: "foreign",
	       !seen.id      ? ""
	       : seen.native ? "/native"
			     : "/generic",
	       (tcx ? 0 : (int)query.prog_cnt) + clsact_count(ifindex));
	return 0;
}

/* gate IFACE: the number of our program there, alone or in a dispatcher. */
static int do_gate(char **arg)
{
	struct xdp_seen seen;

	if (xdp_look(&seen, (int)if_nametoindex(arg[0])) || !seen.gate_id)
		return 1;
	printf("%u\n", seen.gate_id);
	return 0;
}

static int open_live(const char *pin_dir, struct live *live)
{
	char path[PATH_MAX];
	__u32 zero = 0;
	int fd;

	if (pins_path(path, pin_dir, "mxdp_live"))
		return -1;
	fd = bpf_obj_get(path);
	if (fd >= 0 && bpf_map_lookup_elem(fd, &zero, live)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* live PIN_DIR: what the pinned map says; live-set PIN_DIR LAYOUT HEARTBEAT */
static int do_live(char **arg)
{
	struct live live;

	if (open_live(arg[0], &live) < 0)
		return 1;
	printf("layout %u heartbeat %u\n", live.layout, live.heartbeat);
	return 0;
}

static int do_live_set(char **arg)
{
	struct live live;
	__u32 zero = 0;
	int fd = open_live(arg[0], &live);

	live.layout = (__u32)atoi(arg[1]);
	live.heartbeat = (__u32)atoi(arg[2]);
	return fd < 0 || bpf_map_update_elem(fd, &zero, &live, BPF_ANY);
}

static const struct command {
	const char *name;
	int args;
	int (*run)(char **arg);
} commands[] = {
	{"preflight", 1, do_preflight}, {"attach", 3, do_attach},
	{"hold", 3, do_hold},           {"twice", 2, do_twice},
	{"both", 3, do_both},           {"replace", 3, do_replace},
	{"remove", 2, do_remove},       {"sweep", 1, do_sweep},
	{"foreign", 1, do_foreign},     {"foreign-filter", 1, do_foreign_filter},
	{"clsact", 2, do_clsact},       {"state", 1, do_state},
	{"gate", 1, do_gate},           {"live", 1, do_live},
	{"live-set", 3, do_live_set},
};

int main(int argc, char **argv)
{
	log_setup(getenv("VERBOSE") ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, false);
	words_hush();
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(argv[1], commands[i].name) && argc - 2 == commands[i].args)
			return commands[i].run(argv + 2);
	fprintf(stderr, "usage: kernel_room COMMAND ARG...; see the source\n");
	return 2;
}
