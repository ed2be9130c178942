/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent: everything that mxdpd holds while it runs, on one event loop and one thread.
 *
 *   ring record -> sessions (tap) -> findings (checks) -> decision (policy) -> verdict (maps)
 *
 * Files: agent.c opens and closes in order; ring.c reads records; judge.c turns findings into
 * verdicts; lookups.c asks the DNS, senders.c allows by name, trust.c says whom and which check to
 * trust, withdraw.c takes back what a broken list or a suspended check did; outcomes.c keeps what
 * became of those judged; interfaces.c follows links and addresses; upkeep.c is the second hand;
 * service.c tells the service manager; protected.c says who is never blocked; foresee.c what the
 * gate will do; memory.c and remember.c keep what must outlive a restart; metrics*.c serve figures
 * to Prometheus; verbs_*.c answer mxdpctl.
 */
#ifndef MXDP_AGENT_AGENT_H
#define MXDP_AGENT_AGENT_H

#include <uv.h>
#include "../config/config.h"
#include "../control/server.h"
#include "../dns/lists.h"
#include "../dns/resolver.h"
#include "../dns/suspect.h"
#include "../journal/journal.h"
#include "../kernel/attach.h"
#include "../kernel/links.h"
#include "../kernel/object.h"
#include "../kernel/syncookies.h"
#include "../policy/ceiling.h"
#include "../policy/crowd.h"
#include "../policy/history.h"
#include "../policy/known.h"
#include "../policy/nets.h"
#include "../policy/suspend.h"
#include "../policy/volume.h"
#include "../tap/sessions.h"
#include "../../maps/verdict_user.h"
#include "../base/boot.h"
#include "../base/latency.h"
#include "../base/notify.h"
#include "blamed.h"
#include "busiest.h"
#include "by_cause.h"
#include "reasons.h"
#include "stall.h"
#include "tables.h"

#define AGENT_INTERFACES 16
#define AGENT_ERROR      512

struct agent_options {
	const char *config_path;
	const char *pin_dir;
	const char *state_dir;
	const char *socket_path;
	bool handover;     /* leave the programs attached when we end */
	int mode;          /* enum mode, or -1: what the configuration says */
	char **interfaces; /* arguments; none: those of the configuration */
	int interface_count;
};

struct interface {
	const char *name;
	char called[16]; /* by the kernel, where that is another name by now */
	bool attached;
	uint32_t mended; /* boot seconds: when the programs were last put back */
	struct attachment attachment;
	char error[AGENT_ERROR]; /* why it is not attached */
};

#define MODE_BY_MXDPCTL "mxdpctl"

struct mode_state {
	enum mode mode;
	const char *by; /* "config", "command line", MODE_BY_MXDPCTL */
	uint32_t until; /* boot seconds when it goes back to `after`; 0 for good */
	enum mode after;
	const char *after_by;
};

/*
 * An address of ours or a gateway, as the kernel told of it. One address may stand here several
 * times (on two interfaces, with two prefix lengths, towards two peers): it is protected until the
 * last one goes.
 */
struct held {
	enum net_kind kind; /* NET_OWN or NET_GATEWAY */
	int ifindex;        /* this and the next two: NET_OWN only */
	uint8_t plen;
	struct addr peer;
	struct addr addr;
	unsigned generation; /* when it was last seen */
	bool no_room;        /* the kernel's tries do not hold it: tried again */
};

/* Verdicts being taken back because lists that they rest on were opened, or findings suspended:
 * withdraw.c. */
struct withdrawal {
	uv_timer_t timer;
	uint64_t lists; /* a bit for each list and feed, as of policy.h */
	bool suspended; /* those of the suspended */
	bool allowed; /* those on clients of `allow' feeds; none of the three: none is under way */
	struct verdict_walk walk;
	size_t count;
	char why[AGENT_ERROR];
};

/* What was found for `mxdpctl top' the last time: verbs_top.c. */
#define TOP_DECISIONS 40
struct top {
	struct busiest busiest;
	uint64_t again;                   /* CLOCK_MONOTONIC: not looked for before */
	uint64_t decision[TOP_DECISIONS]; /* a ring of numbers of the journal */
	uint64_t decisions;               /* how many were found in all */
	uint64_t read;                    /* of the journal, up to here */
};

struct agent {
	struct agent_options options;
	struct config config;
	struct programs programs;
	struct maps maps;
	int lock, pin_lock;
	bool ready; /* the start went well; from then on the end takes off what is ours */

	struct interface interface[AGENT_INTERFACES];
	size_t interface_count;
	struct links *links; /* NULL while they cannot be heard */
	bool relist;         /* what the kernel told has gaps: to be listed again */
	uint64_t route_cost; /* milliseconds that listing the routes took */

	struct nets allow; /* never blocked */
	struct nets local; /* protected destinations */
	struct held *held; /* our addresses and gateways, which `allow` and `local` are told of */
	size_t held_count;
	unsigned generation; /* of the newest listing of them */
	struct addr *own;    /* our global addresses, for the HELO checks */
	size_t own_count;
	struct dialogue_rules rules;

	struct ring_buffer *ring;
	unsigned records_this_turn;
	struct {
		uv_timer_t timer;
		uint64_t since; /* milliseconds of the loop: when this window began */
		unsigned sum;   /* of what is counted in it */
	} gather;               /* records that come in a stream: ring.c */
	struct sessions *sessions;
	struct history *history;
	struct volume *volume; /* this and the next four: trust.h */
	struct known *known;
	struct crowd *crowd;
	struct suspend suspend;
	struct ceiling ceiling;
	struct blamed blamed;
	struct knocking *knocking; /* knocks.h */
	struct daily *daily;       /* daily.h */
	struct journal *journal;
	struct outcomes *outcomes; /* what became of those judged: outcomes.h */
	struct remember *remember; /* the journal on disk; NULL for want of memory */
	struct reasons reasons;
	struct server *server;
	struct metrics *metrics; /* metrics.h */

	/* NULL where the configuration asks for no DNS: lookups.c */
	struct resolver *resolver;
	struct lists *lists;
	struct suspect suspect;  /* whether our own resolver is what fails */
	struct senders *senders; /* senders.h */
	struct withdrawal withdrawal;
	struct feeds *feeds; /* feeds.h */

	struct mode_state mode;
	struct syncookies syncookies;
	bool cookies;        /* SYN cookies are in use now */
	uint64_t cookies_at; /* when they last were, as session.started; 0: never */
	struct verdict_sweep sweep;
	size_t verdicts; /* as of the last whole sweep */
	struct tables tables;
	struct by_cause standing, sweeping; /* as of the last whole sweep; of the one under way */
	struct by_cause put;                /* since the start */
	struct top top;
	struct latency latency;
	struct stall stall; /* how long the loop kept others waiting */
	struct {
		bool writing;    /* a thread writes the state file */
		bool unreadable; /* at this start; it was moved aside */
		int error;       /* -errno of the last write */
		char boot[BOOT_ID];
	} memory;
	uint32_t started; /* boot seconds */
	struct {
		uint64_t sessions, blocked, watched, accepted, spared, map_full;
	} counts;
	uint64_t found[FINDING_COUNT];
	enum { SWITCHED_NOT, SWITCHED_ON, SWITCHED_OFF } switched[FINDING_COUNT]; /* by mxdpctl */
	bool reload_refused; /* the configuration file has mistakes: an older one is in force */
	struct {
		unsigned long long syns, replies; /* at the last look */
		uint32_t since;                   /* boot seconds since when the tap seems blind */
	} blind;
	struct {
		bool primed;
		unsigned long long lost, full; /* at the last look */
		uint32_t lost_at, full_at;     /* boot seconds when they last grew; 0: never */
	} lately;                              /* records lost, verdicts without room */

	uv_loop_t loop;
	uv_poll_t ring_poll, links_poll;
	uv_timer_t second, sweeper, saver, guard, routes;
	uv_signal_t sigterm, sigint, sighup;
	bool ending; /* closing: nothing is opened again */
	struct notify notify;
};

/* Opens everything; on failure says why in `error`, and what was opened is closed by agent_close.
 */
int agent_open(struct agent *a, const struct agent_options *options, char *error,
	       size_t error_size);
/* Runs until a signal or `detach`. */
void agent_run(struct agent *a);
void agent_close(struct agent *a);
void agent_stop(struct agent *a);
int agent_read_config(const struct agent *a, struct config *out, char *error, size_t size);
void agent_fill_live_values(struct agent *a);

/* ring.c */
int ring_open(struct agent *a, char *error, size_t error_size);

/* judge.c: the sessions' handlers */
void judge_changed(struct session *session, void *agent);
void judge_ended(struct session *session, void *agent);
/*
 * The mail server's log tells that it accepted mail from there: the end of an automatic block,
 * where a SYN of the client has come through since.
 */
void judge_told_accepted(struct agent *a, const struct addr *client, uint32_t at);
/*
 * Whether a forger may have made its handshake: SYN cookies were validated at some time since it. A
 * verdict that comes a minute later comes from the same handshake.
 */
bool judge_is_doubtful(const struct agent *a, const struct session *session);
/* What turned out to be no evidence: out of the session's findings. */
void judge_forget(struct session *session,
		  bool (*gone)(const struct finding *f, const void *context), const void *context);

/* interfaces.c */
/* Before anything is changed: whether each can be attached to. */
int interfaces_check(struct agent *a, char *error, size_t error_size);
int interfaces_open(struct agent *a, char *error, size_t error_size);
/* After the maps are open: own addresses, gateways, interfaces that come and go. */
int interfaces_watch(struct agent *a, char *error, size_t error_size);
/* What an earlier agent with the same maps left on interfaces that nobody names any more. */
void interfaces_sweep_others(struct agent *a);
/* Takes everything off; after a start that failed, what that start has added, and no more. */
void interfaces_close(struct agent *a);
void interfaces_give_up(struct agent *a);

/* protected.c */
int protected_open(struct agent *a, char *error, size_t error_size);
/* Once all are known: forgets what an earlier agent's maps held besides. */
void protected_settle(struct agent *a);
void protected_seen(struct agent *a, const struct held *seen);
void protected_gone(struct agent *a, const struct held *gone);
void protected_interface_gone(struct agent *a, int ifindex);
/* After a whole listing, which began by a new generation: what was not in it is gone. */
void protected_unseen(struct agent *a, enum net_kind kind);
/* Once more for those that found no room, and how many they are. */
void protected_retry(struct agent *a);
size_t protected_without_room(const struct agent *a);

/*
 * Before and after the configuration is replaced by `new': what it names is added, or nothing is
 * and `error' says why; what it names no more is removed.
 */
int protected_announce(struct agent *a, const struct config *new, char *error, size_t error_size);
void protected_replaced(struct agent *a);

/* reload.c: the configuration anew, without detaching (SIGHUP); a bad one changes nothing. */
void reload(struct agent *a);

/* upkeep.c */
void upkeep_open(struct agent *a);
void upkeep_mode(struct agent *a, enum mode mode, const char *by, uint32_t seconds);

/* memory.c: the mode and the allowed networks, in STATE_DIR/state.json */
void memory_load(struct agent *a);
void memory_save_soon(struct agent *a);
/* At once, when the loop has ended; no write may be under way. */
int memory_save(struct agent *a);

/* verbs_*.c */
extern const struct server_verb agent_verbs[];

#endif
