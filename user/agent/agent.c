// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bpf/libbpf.h>

#include "../base/clock.h"
#include "../base/fault.h"
#include "../base/log.h"
#include "../log/out.h"
#include "../kernel/pins.h"
#include "agent.h"
#include "events.h"
#include "daily.h"
#include "feeds.h"
#include "knocks.h"
#include "lookups.h"
#include "metrics.h"
#include "outcomes.h"
#include "privileges.h"
#include "remember.h"
#include "service.h"
#include "senders.h"
#include "trust.h"

#define HISTORY_ENTRIES 262144
#define HEAP_STEP       (16 << 20)

static int fail(char *error, size_t size, int err, const char *format, const char *what)
{
	int n = snprintf(error, size, format, what);

	if (err && n > 0 && (size_t)n < size)
		snprintf(error + n, size - (size_t)n, ": %s", strerror(-err));
	return err ? err : -EINVAL;
}

/* Every directory on the way, as mkdir -p. */
static int make_directory(const char *path, mode_t mode)
{
	char part[512];

	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(part, mode) && errno != EEXIST ? -errno : 0;
}

static int make_socket_directory(const char *socket_path)
{
	char copy[512];

	snprintf(copy, sizeof(copy), "%s", socket_path);
	return make_directory(dirname(copy), 0755);
}

/* One agent for a socket: the lock goes with the process, however it ends. */
static int take_lock(struct agent *a, char *error, size_t size)
{
	char path[512];

	snprintf(path, sizeof(path), "%s.lock", a->options.socket_path);
	a->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (a->lock < 0)
		return fail(error, size, -errno, "cannot open `%s'", path);
	if (flock(a->lock, LOCK_EX | LOCK_NB)) {
		snprintf(error, size,
			 "another mxdpd is running with the socket `%s': one is enough (see "
			 "`mxdpctl status')",
			 a->options.socket_path);
		return -EBUSY;
	}
	return 0;
}

static int load_config(struct config *out, const char *path, char *error, size_t size)
{
	char *problems = NULL;

	if (config_load(out, &problems, path))
		return 0;
	snprintf(error, size, "%s", problems ? problems : "out of memory");
	free(problems);
	return -EINVAL;
}

/* No file at the default place is no mistake: the defaults stand. */
int agent_read_config(const struct agent *a, struct config *out, char *error, size_t size)
{
	if (!strcmp(a->options.config_path, CONFIG_DEFAULT_PATH) &&
	    access(CONFIG_DEFAULT_PATH, F_OK))
		return config_defaults(out) ? 0 : fail(error, size, -ENOMEM, "%s", "start");
	return load_config(out, a->options.config_path, error, size);
}

static int choose_interfaces(struct agent *a, char *error, size_t size)
{
	bool named = a->options.interface_count > 0;
	size_t count = named ? (size_t)a->options.interface_count : a->config.interfaces.count;
	char **names = named ? a->options.interfaces : a->config.interfaces.item;

	if (count > AGENT_INTERFACES)
		return fail(error, size, 0, "%s", "more than 16 interfaces");
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < i; k++)
			if (!strcmp(names[k], names[i]))
				return fail(error, size, 0, "interface `%s' is named twice",
					    names[i]);
		a->interface[i].name = names[i];
	}
	a->interface_count = count;
	return 0;
}

static void fill_limit(volatile struct live *live, const struct limit_config *limit)
{
	live->limit_gap = 0; /* none while it changes */
	live->limit_burst = limit->burst;
	for (unsigned v4 = 0; v4 < 2; v4++) {
		struct addr all = {.w = {~0U, ~0U, ~0U, ~0U}};
		struct prefix mask = prefix_of(&all, v4 ? 96 + limit->v4_prefix : limit->v6_prefix);

		for (unsigned i = 0; i < 4; i++)
			live->limit_mask[v4].w[i] = mask.addr.w[i];
	}
	live->limit_gap = limit->rate ? 60000000 / limit->rate : 0;
}

/* What the programs read while they run. Fresh maps are all zero: monitor mode, nothing dropped. */
void agent_fill_live_values(struct agent *a)
{
	volatile struct live *live = a->maps.live_values;

	live->heartbeat_limit = a->config.heartbeat_limit;
	live->courtesy = a->config.courtesy;
	live->reset_limit = a->config.reset_limit;
	fill_limit(live, &a->config.limit);
	live->heartbeat = boot_seconds();
	live->mode = a->mode.mode;
}

static void publish(const char *line, void *context)
{
	struct agent *a = context;

	if (a->server)
		server_publish(a->server, line);
}

static int make_rooms(struct agent *a, char *error, size_t size)
{
	const struct session_handlers handlers = {judge_changed, judge_ended, lookups_began,
						  lookups_named};

	a->history = history_new(HISTORY_ENTRIES);
	a->journal = journal_new(a->config.log_events);
	a->sessions = sessions_new(&a->config, &a->rules, &handlers, a);
	if (trust_open(a) || outcomes_open(a) || knocks_open(a) || daily_open(a) || !a->history ||
	    !a->journal || !a->sessions)
		return fail(error, size, -ENOMEM, "%s", "start");
	journal_listen(a->journal, publish, a);
	return 0;
}

static void choose_mode(struct agent *a)
{
	a->mode.mode = a->options.mode >= 0 ? (enum mode)a->options.mode : a->config.mode;
	a->mode.by = a->options.mode >= 0 ? "command line" : "config";
}

static void on_signal(uv_signal_t *signal, int number)
{
	log_info("signal %d: ending", number);
	agent_stop(signal->data);
}

static void on_hangup(uv_signal_t *signal, int number)
{
	(void)number;
	service_reloading(signal->data);
	reload(signal->data);
	service_reloaded(signal->data);
}

static void catch_signals(struct agent *a)
{
	uv_signal_init(&a->loop, &a->sigterm);
	uv_signal_init(&a->loop, &a->sigint);
	uv_signal_init(&a->loop, &a->sighup);
	a->sigterm.data = a->sigint.data = a->sighup.data = a;
	uv_signal_start(&a->sigterm, on_signal, SIGTERM);
	uv_signal_start(&a->sigint, on_signal, SIGINT);
	uv_signal_start(&a->sighup, on_hangup, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
}

/* Before the first room is made; see fill_in_memory(). */
static void grow_in_large_steps(void)
{
	mallopt(M_TOP_PAD, HEAP_STEP);
	mallopt(M_TRIM_THRESHOLD, 4 * HEAP_STEP);
}

/*
 * A verdict waits for no first touch of a page: what is mapped when the start is over - history,
 * and a heap with room for a thousand sessions - is filled in. Not kept locked: a locked stack
 * could not grow past RLIMIT_MEMLOCK any more.
 */
static void fill_in_memory(void)
{
	if (mlockall(MCL_CURRENT))
		log_debug("cannot fill in memory ahead: %s", strerror(errno));
	munlockall();
}

/* With nothing to attach to mxdpctl has the programs all the same. */
static int put_programs(struct agent *a, char *error, size_t size)
{
	int err = interfaces_open(a, error, size);

	if (!err && !a->interface_count)
		err = object_load(&a->programs, error, size);
	fault(attached);
	return err;
}

static int open_tables(struct agent *a, char *error, size_t size)
{
	int err;

	a->pin_lock = pins_lock(a->options.pin_dir, error, size);
	err = a->pin_lock < 0 ? a->pin_lock : 0;
	fault(pins_locked);
	if (!err)
		err = object_open(&a->programs, &a->config, a->options.pin_dir, error, size);
	if (err)
		return err;
	err = object_maps(&a->maps, &a->programs);
	return err ? fail(error, size, err, "%s", "cannot reach the maps") : 0;
}

static int make_directories(const struct agent_options *options, char *error, size_t size)
{
	int err = make_socket_directory(options->socket_path);

	if (err)
		return fail(error, size, err, "cannot make the directory of `%s'",
			    options->socket_path);
	err = make_directory(options->state_dir, 0700);
	return err ? fail(error, size, err, "cannot make `%s'", options->state_dir) : 0;
}

/* Nobody is answered before the loop runs; but that the socket can be had is known in time. */
static int open_server(struct agent *a, char *error, size_t size)
{
	a->server = server_open(&a->loop, a->options.socket_path, a->config.socket_group,
				agent_verbs, a, error, size);
	if (!a->server)
		return -EIO;
	server_audit(a->server, remember_request);
	return 0;
}

/* Changes nothing: whatever can be refused by looking at it is refused here. */
static int look_first(struct agent *a, char *error, size_t size)
{
	int err = agent_read_config(a, &a->config, error, size);

	if (!err)
		err = choose_interfaces(a, error, size);
	if (!err)
		err = object_preflight(a->options.pin_dir, error, size);
	if (!err)
		err = interfaces_check(a, error, size);
	return err;
}

static int drop_privileges(struct agent *a, char *error, size_t size)
{
	const char *lists[FEEDS_MAX];
	struct privileges p = {
		.config_path = a->options.config_path,
		.pin_dir = a->options.pin_dir,
		.socket_path = a->options.socket_path,
		.state_dir = a->options.state_dir,
		.lists = lists,
	};

	for (size_t i = 0; i < a->config.feeds_count && i < FEEDS_MAX; i++) {
		const char *path = feed_settings_path(&a->config.feeds[i]);

		if (path)
			lists[p.lists_count++] = path;
	}
	return privileges_drop(&p, error, size);
}

/* The gate's live values come last: until then an earlier agent's hold. */
static int fill_tables(struct agent *a, char *error, size_t size)
{
	int err = protected_open(a, error, size);

	if (err)
		return err;
	fault(protected_open);
	memory_load(a);
	fault(state_loaded);
	err = interfaces_watch(a, error, size);
	if (!err)
		err = ring_open(a, error, size);
	if (err)
		return err;
	protected_settle(a);
	remember_open(a);
	outcomes_restore(a);
	agent_fill_live_values(a);
	fault(live_filled);
	return 0;
}

/*
 * Tables of an earlier agent are in use already, and nothing is changed in them before the gate is
 * ours. Fresh ones are filled before the first packet meets them: another layout's gate guards
 * until then.
 */
static int open_kernel_side(struct agent *a, char *error, size_t size)
{
	int err = open_tables(a, error, size);

	if (!err && a->programs.reused)
		err = put_programs(a, error, size);
	if (!err)
		err = fill_tables(a, error, size);
	if (!err && !a->programs.reused)
		err = put_programs(a, error, size);
	return err;
}

int agent_open(struct agent *a, const struct agent_options *options, char *error, size_t size)
{
	int err;

	*a = (struct agent){
		.options = *options,
		.lock = -1,
		.pin_lock = -1,
		.started = boot_seconds(),
	};
	if (feeds_fork(a))
		return fail(error, size, -ENOMEM, "%s", "start");
	grow_in_large_steps();
	uv_loop_init(&a->loop);
	err = look_first(a, error, size);
	if (err)
		return err;
	log_out_open(&a->config.log);
	fault(config_read);
	choose_mode(a);
	err = make_directories(options, error, size);
	if (!err)
		err = take_lock(a, error, size);
	fault(locked);
	if (!err)
		err = make_rooms(a, error, size);
	if (!err)
		err = open_server(a, error, size);
	fault(server_opened);
	if (!err)
		err = metrics_open(a, error, size);
	if (!err)
		err = open_kernel_side(a, error, size);
	if (err)
		return err;
	upkeep_open(a);
	catch_signals(a);
	fill_in_memory();
	err = drop_privileges(a, error, size);
	fault(fenced);
	if (!err)
		err = lookups_open(a, error, size);
	if (!err)
		err = metrics_begin(a, error, size);
	if (err)
		return err;
	senders_reload(a);
	if (log_out_start())
		log_warning("no thread for the log: a slow receiver holds up verdicts");
	remember_start(a);
	feeds_begin(a);
	interfaces_sweep_others(a);
	stall_open(&a->stall, &a->loop);
	fault(begun);
	a->ready = true;
	return 0;
}

void agent_run(struct agent *a)
{
	if (!a->interface_count)
		log_warning("on no interface, so nothing is guarded: set interfaces in %s or name "
			    "some as arguments, and start again",
			    a->options.config_path);
	service_ready(a);
	uv_run(&a->loop, UV_RUN_DEFAULT);
	service_stopping(a);
}

void agent_stop(struct agent *a)
{
	uv_stop(&a->loop);
}

static void close_handle(uv_handle_t *handle, void *context)
{
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* Polls and timers go before what they look at does; the server's handles close themselves. */
static void close_loop(struct agent *a)
{
	uv_walk(&a->loop, close_handle, NULL);
	while (uv_run(&a->loop, UV_RUN_DEFAULT))
		;
	uv_loop_close(&a->loop);
}

void agent_close(struct agent *a)
{
	bool unsaved = a->ready && uv_is_active((uv_handle_t *)&a->saver);

	a->ending = true;
	fault(ending);
	server_close(a->server);
	a->server = NULL;
	metrics_close(a);
	sessions_free(a->sessions);
	senders_close(a);
	lookups_close(a);
	close_loop(a);
	feeds_end(a);
	if (unsaved)
		memory_save(a);
	ring_buffer__free(a->ring);
	links_close(a->links);
	if (!a->ready)
		interfaces_give_up(a);
	else if (!a->options.handover)
		interfaces_close(a);
	fault(detached);
	remember_close(a);
	if (a->maps.live_values)
		verdict_sweep_cancel(&a->maps, &a->sweep);
	maps_close(&a->maps, 0);
	object_close(&a->programs);
	nets_free(&a->allow);
	nets_free(&a->local);
	free(a->held);
	free(a->own);
	reasons_free(&a->reasons);
	journal_free(a->journal);
	history_free(a->history);
	trust_close(a);
	outcomes_close(a);
	knocks_close(a);
	daily_close(a);
	config_free(&a->config);
	log_out_close();
	if (a->pin_lock >= 0)
		close(a->pin_lock);
	if (a->lock >= 0)
		close(a->lock);
}
