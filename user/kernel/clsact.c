// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/log.h"
#include "clsact.h"
#include "netlink.h"
#include "pins.h"
#include "words.h"
#include "xdp.h"

/* Ours among the filters of the hook: early, but after a firewall's usual 1. */
#define FILTER_HANDLE   1
#define FILTER_PRIORITY 49

#define FILTERS_MAX 16

struct filter {
	__u32 handle;
	__u32 priority;
};

struct filters {
	size_t all;  /* filters of anybody */
	size_t ours; /* how many of them bear the name of our tap; the first ones are in which[] */
	struct filter which[FILTERS_MAX];
};

static bool is_tap(const struct nlattr *kind, const struct nlattr *options)
{
	const struct nlattr *at[TCA_BPF_ID + 1];
	char name[BPF_OBJ_NAME_LEN];
	__u32 id;

	if (!netlink_text(kind) || strcmp(netlink_text(kind), "bpf"))
		return false;
	netlink_nested(at, TCA_BPF_ID, options);
	return netlink_u32(&id, at[TCA_BPF_ID]) && !program_name(name, id) &&
	       !strcmp(name, TAP_NAME);
}

/* Each chain head is told once without a handle, then each filter with one. */
static int take_filter(const struct nlmsghdr *header, void *context)
{
	const struct tcmsg *info = mnl_nlmsg_get_payload(header);
	const struct nlattr *at[TCA_OPTIONS + 1];
	struct filters *filters = context;

	if (header->nlmsg_type != RTM_NEWTFILTER ||
	    mnl_nlmsg_get_payload_len(header) < sizeof(*info) || !info->tcm_handle)
		return MNL_CB_OK;
	filters->all++;
	netlink_attrs(at, TCA_OPTIONS, header, sizeof(*info));
	if (filters->ours == FILTERS_MAX || !is_tap(at[TCA_KIND], at[TCA_OPTIONS]))
		return MNL_CB_OK;
	filters->which[filters->ours++] =
		(struct filter){.handle = info->tcm_handle, .priority = info->tcm_info >> 16};
	return MNL_CB_OK;
}

/* -EINVAL from the kernel means that there is no such qdisc: then there are no filters. */
static int list(struct filters *out, int ifindex, __u32 minor)
{
	char buffer[MNL_NLMSG_HDRLEN + sizeof(struct tcmsg)]
		__attribute__((aligned(NLMSG_ALIGNTO))) = {0};
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct tcmsg *ask = mnl_nlmsg_put_extra_header(header, sizeof(*ask));
	int err;

	memset(out, 0, sizeof(*out));
	header->nlmsg_type = RTM_GETTFILTER;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	ask->tcm_family = AF_UNSPEC;
	ask->tcm_ifindex = ifindex;
	ask->tcm_parent = TC_H_MAKE(TC_H_CLSACT, minor);
	err = netlink_ask(NETLINK_ROUTE, header, take_filter, out);
	return err == -EINVAL ? 0 : err;
}

int clsact_count(int ifindex)
{
	struct filters filters;
	int err = list(&filters, ifindex, TC_H_MIN_EGRESS);

	return err ? err : (int)filters.ours;
}

bool clsact_is_made(int ifindex, const char *pin_dir)
{
	char path[PATH_MAX];
	struct stat st;

	return !pins_path_of(path, pin_dir, "clsact", ifindex) && !stat(path, &st) &&
	       S_ISDIR(st.st_mode);
}

static void note(int ifindex, const char *pin_dir, bool made)
{
	char path[PATH_MAX];

	if (pins_path_of(path, pin_dir, "clsact", ifindex))
		return;
	if (made && mkdir(path, 0700) && errno != EEXIST)
		log_warning("cannot note `%s' (%s): the clsact qdisc will stay", path,
			    strerror(errno));
	if (!made)
		rmdir(path);
}

static int put_failed(const char *name, int err, char *error, size_t size)
{
	if (err == -EINVAL)
		return words(error, size, err,
			     "`%s' refuses an egress filter%s: if it has an ingress qdisc, replace "
			     "that by clsact (`tc qdisc show dev %s`)",
			     name, words_reason(), name);
	return words(error, size, err, "cannot attach to the egress of `%s' by clsact (%s)%s", name,
		     strerror(-err), words_reason());
}

/* libbpf looks at the padding of its option structs too: they are cleared as a whole. */
static void set_hook(struct bpf_tc_hook *hook, int ifindex, enum bpf_tc_attach_point point)
{
	memset(hook, 0, sizeof(*hook));
	hook->sz = sizeof(*hook);
	hook->ifindex = ifindex;
	hook->attach_point = point;
}

static void set_place(struct bpf_tc_opts *opts, __u32 handle, __u32 priority)
{
	memset(opts, 0, sizeof(*opts));
	opts->sz = sizeof(*opts);
	opts->handle = handle;
	opts->priority = priority;
}

/*
 * Both hooks of the qdisc are somebody's to use; it goes only when neither is. One that others have
 * come to use is theirs from now on.
 */
static int remove_empty(int ifindex, bool made, const char *pin_dir)
{
	struct filters ingress, egress;
	struct bpf_tc_hook hook;
	int err;

	if (!made)
		return 0;
	set_hook(&hook, ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
	err = list(&ingress, ifindex, TC_H_MIN_INGRESS);
	if (!err)
		err = list(&egress, ifindex, TC_H_MIN_EGRESS);
	if (!err && egress.ours)
		return 0;
	if (!err && !ingress.all && !egress.all)
		err = bpf_tc_hook_destroy(&hook);
	if (!err || err == -ENODEV || err == -ENOENT)
		note(ifindex, pin_dir, false);
	return err;
}

/* Somebody else's filter in our place is not replaced. */
static int look_at_place(const struct bpf_tc_hook *hook, const char *name, char *error, size_t size)
{
	char program[BPF_OBJ_NAME_LEN] = "";
	struct bpf_tc_opts place;

	set_place(&place, FILTER_HANDLE, FILTER_PRIORITY);
	if (bpf_tc_query(hook, &place) || program_name(program, place.prog_id) ||
	    !strcmp(program, TAP_NAME))
		return 0;
	return words(error, size, -EEXIST,
		     "`%s' has somebody else's egress filter at priority %d, handle %d: `%s'", name,
		     FILTER_PRIORITY, FILTER_HANDLE, program);
}

static int put_filter(const struct attachment *a, const struct bpf_tc_hook *hook, int tap_fd,
		      char *error, size_t size)
{
	struct bpf_tc_opts opts;
	int err = look_at_place(hook, a->name, error, size);

	if (err)
		return err;
	set_place(&opts, FILTER_HANDLE, FILTER_PRIORITY);
	opts.prog_fd = tap_fd;
	opts.flags = BPF_TC_F_REPLACE;
	words_forget_reason();
	err = bpf_tc_attach(hook, &opts);
	return err ? put_failed(a->name, err, error, size) : 0;
}

int clsact_put(struct attachment *a, int tap_fd, const char *pin_dir, char *error, size_t size)
{
	struct bpf_tc_hook hook;
	int err;

	set_hook(&hook, a->ifindex, BPF_TC_EGRESS);
	words_forget_reason();
	err = bpf_tc_hook_create(&hook);
	if (err && err != -EEXIST)
		return put_failed(a->name, err, error, size);
	a->made_clsact = !err || clsact_is_made(a->ifindex, pin_dir);
	note(a->ifindex, pin_dir, a->made_clsact);
	err = put_filter(a, &hook, tap_fd, error, size);
	if (err) {
		/* An earlier filter of ours still works and stays; a qdisc for nothing does not. */
		remove_empty(a->ifindex, a->made_clsact, pin_dir);
		return err;
	}
	a->egress = EGRESS_HOW_CLSACT;
	return 0;
}

int clsact_take_off(int ifindex, bool made, const char *pin_dir)
{
	struct bpf_tc_hook hook;
	struct filters filters;
	int err = list(&filters, ifindex, TC_H_MIN_EGRESS);

	set_hook(&hook, ifindex, BPF_TC_EGRESS);
	for (size_t i = 0; !err && i < filters.ours; i++) {
		struct bpf_tc_opts opts;

		set_place(&opts, filters.which[i].handle, filters.which[i].priority);
		err = bpf_tc_detach(&hook, &opts);
	}
	if (!err)
		err = remove_empty(ifindex, made, pin_dir);
	else if (err == -ENODEV)
		note(ifindex, pin_dir, false);
	return err;
}
