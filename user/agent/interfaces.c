// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interfaces come and go; wherever one of ours appears, both programs are put on it, and where
 * somebody takes them off they are put back.
 *
 * The kernel tells of changes, but not of all: an IPv4 route goes silently with its link, a filter
 * is removed without a word, messages are lost. So what it told is listed again where there is a
 * doubt (a new generation; who is not in it is gone), and every few seconds the guard looks.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "agent.h"
#include "events.h"
#include "privileges.h"

#define GUARD_EVERY  5000 /* milliseconds */
#define MEND_PAUSE   5    /* seconds before an event has us put programs back another time */
#define ROUTES_DELAY 1000 /* milliseconds: a burst of changes is one listing */
#define ROUTES_SHARE 100  /* and of a large table no more than this part of the time */

static struct interface *by_name(struct agent *a, const char *name)
{
	for (size_t i = 0; i < a->interface_count; i++)
		if (!strcmp(a->interface[i].name, name))
			return &a->interface[i];
	return NULL;
}

static struct interface *by_index(struct agent *a, int ifindex)
{
	for (size_t i = 0; i < a->interface_count; i++)
		if (a->interface[i].attachment.ifindex == ifindex)
			return &a->interface[i];
	return NULL;
}

/* Resets leave by the way the SYN came; where the driver strips VLAN tags they would lack theirs.
 */
static void refresh_reset_ok(struct agent *a)
{
	bool ok = true;

	for (size_t i = 0; i < a->interface_count; i++)
		if (a->interface[i].attached && a->interface[i].attachment.vlan_stripped)
			ok = false;
	a->maps.live_values->reset_ok = ok;
}

static int attach(struct agent *a, struct interface *i)
{
	char how[256];
	int err;

	privileges_raise();
	err = attach_put(&i->attachment, &a->programs, i->name, a->config.xdp_mode,
			 a->options.pin_dir, i->error, sizeof(i->error));
	privileges_lower();
	i->attached = !err;
	i->called[0] = '\0';
	if (err)
		return err;
	i->error[0] = '\0';
	log_info("%s%s: %s", i->attachment.replaced ? "took over " : "", i->name,
		 attach_describe(how, sizeof(how), &i->attachment));
	return 0;
}

static int detach(struct agent *a, struct interface *i)
{
	int err;

	privileges_raise();
	err = attach_remove(&i->attachment, &a->programs, a->options.pin_dir, i->error,
			    sizeof(i->error));
	privileges_lower();
	i->attached = false;
	return err;
}

static void gone(struct agent *a, struct interface *i)
{
	/* The programs went with it; the pin of its link has to be cleared away. */
	detach(a, i);
	protected_interface_gone(a, i->attachment.ifindex);
	i->attachment.ifindex = 0;
	snprintf(i->error, sizeof(i->error), "the interface is gone; waiting for it");
	events_note(a, "detached", "%s is gone; waiting for it to come back", i->name);
}

/* Tried again and again: what is said is the first failure, and a change of it. */
static void not_guarded(struct agent *a, struct interface *i, const char *error)
{
	bool news = i->attached || strcmp(i->error, error);

	i->attached = false;
	snprintf(i->error, sizeof(i->error), "%s", error);
	if (!news)
		return;
	log_error("%s is not guarded: %s", i->name, error);
	events_note(a, "detached", "%s is not guarded: %s", i->name, error);
}

static int mend(struct agent *a, struct interface *i, char *error, size_t size)
{
	int err;

	privileges_raise();
	err = attach_mend(&i->attachment, &a->programs, a->config.xdp_mode, a->options.pin_dir,
			  error, size);
	privileges_lower();
	return err;
}

/* Whether the programs are where they were put; back with them where they are not. */
static void look_after(struct agent *a, struct interface *i)
{
	char error[AGENT_ERROR] = "";
	int err = mend(a, i, error, sizeof(error));

	if (err == -ENODEV) {
		gone(a, i);
		return;
	}
	if (err < 0) {
		not_guarded(a, i, error);
		return;
	}
	if (err) {
		i->mended = boot_seconds();
		log_warning("%s: somebody had taken our programs off; they are back", i->name);
	}
	if (err || !i->attached)
		events_note(a, "attached", "%s is guarded again", i->name);
	i->attached = true;
	i->error[0] = '\0';
}

static void come(struct agent *a, struct interface *i)
{
	if (attach(a, i))
		log_error("%s is back, but: %s", i->name, i->error);
	else
		events_note(a, "attached", "%s is back, and guarded again", i->name);
}

/* The programs stay where they are; but the next start will look for the name that it is given. */
static void look_at_name(struct agent *a, const struct link_event *event)
{
	struct interface *i = by_index(a, event->ifindex);

	if (!i || !event->name || !strcmp(event->name, i->called[0] ? i->called : i->name))
		return;
	snprintf(i->called, sizeof(i->called), "%s", event->name);
	if (strcmp(i->called, i->name)) {
		events_note(a, "note", "%s is called %s now", i->name, i->called);
	} else {
		i->called[0] = '\0';
		events_note(a, "note", "%s is called so again", i->name);
	}
}

/*
 * Attaching makes such a message itself, and so does whoever takes us off: neither may have us run
 * in circles. What failed, and what was mended just now, is left to the guard.
 */
static void link_up(struct agent *a, const struct link_event *event)
{
	struct interface *i = event->name ? by_name(a, event->name) : NULL;

	look_at_name(a, event);
	/* Not loaded: the start is still filling the tables, and attaches when it has. */
	if (!i || !a->programs.loaded)
		return;
	if (i->attachment.ifindex != event->ifindex)
		come(a, i);
	else if (i->attached && boot_seconds() - i->mended >= MEND_PAUSE)
		look_after(a, i);
	refresh_reset_ok(a);
}

static void link_gone(struct agent *a, const struct link_event *event)
{
	struct interface *i = by_index(a, event->ifindex);

	protected_interface_gone(a, event->ifindex);
	if (i)
		gone(a, i);
}

static void address(struct agent *a, const struct link_event *event)
{
	const struct held held = {
		.kind = NET_OWN,
		.ifindex = event->ifindex,
		.plen = event->plen,
		.peer = event->peer,
		.addr = event->addr,
	};

	if (event->kind == LINK_ADDRESS)
		protected_seen(a, &held);
	else
		protected_gone(a, &held);
}

static void gateway(struct agent *a, const struct link_event *event)
{
	const struct held held = {.kind = NET_GATEWAY, .addr = event->addr};

	protected_seen(a, &held);
}

static void on_event(const struct link_event *event, void *context);

/* One gateway serves many routes, and some go unannounced: only a listing tells who is left. */
static void list_routes(uv_timer_t *timer)
{
	struct agent *a = timer->data;
	uint64_t before = uv_hrtime();

	if (!a->links)
		return;
	a->generation++;
	if (links_dump_gateways(a->links, on_event, a))
		a->relist = true;
	else
		protected_unseen(a, NET_GATEWAY);
	a->route_cost = (uv_hrtime() - before) / 1000000;
}

static void routes_changed(struct agent *a)
{
	if (!uv_is_active((uv_handle_t *)&a->routes))
		uv_timer_start(&a->routes, list_routes, ROUTES_DELAY + ROUTES_SHARE * a->route_cost,
			       0);
}

static int list_all(struct agent *a)
{
	int err;

	a->generation++;
	err = links_dump(a->links, on_event, a);
	a->relist = err;
	if (err)
		return err;
	protected_unseen(a, NET_OWN);
	protected_unseen(a, NET_GATEWAY);
	return 0;
}

static void on_event(const struct link_event *event, void *context)
{
	struct agent *a = context;

	switch (event->kind) {
	case LINK_UP:
		link_up(a, event);
		if (!event->running)
			routes_changed(a);
		break;
	case LINK_GONE:
		link_gone(a, event);
		routes_changed(a);
		break;
	case LINK_ADDRESS:
	case LINK_NO_ADDRESS:
		address(a, event);
		if (event->kind == LINK_NO_ADDRESS)
			routes_changed(a);
		break;
	case LINK_GATEWAY:
		gateway(a, event);
		break;
	case LINK_OVERRUN:
		log_info("the kernel's word on links and addresses came too fast: listing them");
		list_all(a);
		break;
	}
}

static int hear(struct agent *a);

static void hear_again(uv_handle_t *handle)
{
	struct agent *a = handle->data;

	links_close(a->links);
	a->links = NULL;
	if (!a->ending && hear(a))
		log_error("cannot watch links and addresses; trying again");
}

/*
 * Lost messages are an error of the socket, at which libuv gives the poll up, whatever it was:
 * reading tells. A socket that only fails is not polled on, it would take all the time there is.
 */
static void readable(uv_poll_t *poll, int status, int events)
{
	struct agent *a = poll->data;
	int err = links_read(a->links, on_event, a);

	(void)events;
	if (links_lost_route(a->links))
		routes_changed(a);
	if (!err && status)
		err = uv_poll_start(poll, UV_READABLE, readable);
	if (!err)
		return;
	log_error("cannot read what the kernel says of links and addresses (%s): asking anew",
		  strerror(-err));
	uv_close((uv_handle_t *)poll, hear_again);
}

static int hear(struct agent *a)
{
	int err;

	a->links = links_open();
	if (!a->links)
		return errno ? -errno : -ENOMEM;
	err = uv_poll_init(&a->loop, &a->links_poll, links_fd(a->links));
	if (err) {
		links_close(a->links);
		a->links = NULL;
		return err;
	}
	a->links_poll.data = a;
	err = uv_poll_start(&a->links_poll, UV_READABLE, readable);
	return err ? err : list_all(a);
}

static void say_swept(const char *line)
{
	log_info("%s", line);
}

static void guard(uv_timer_t *timer)
{
	struct agent *a = timer->data;

	for (size_t n = 0; n < a->interface_count; n++) {
		struct interface *i = &a->interface[n];

		if (i->attachment.ifindex)
			look_after(a, i);
		else if (if_nametoindex(i->name))
			come(a, i);
	}
	refresh_reset_ok(a);
	protected_retry(a);
	if (!a->links)
		hear(a);
	else if (a->relist)
		list_all(a);
}

int interfaces_check(struct agent *a, char *error, size_t error_size)
{
	int err = 0;

	for (size_t n = 0; n < a->interface_count && !err; n++)
		err = attach_check(a->interface[n].name, error, error_size);
	return err;
}

int interfaces_open(struct agent *a, char *error, size_t error_size)
{
	int err = 0;

	for (size_t n = 0; n < a->interface_count && !err; n++) {
		err = attach(a, &a->interface[n]);
		if (err)
			snprintf(error, error_size, "%s", a->interface[n].error);
	}
	refresh_reset_ok(a);
	return err;
}

int interfaces_watch(struct agent *a, char *error, size_t error_size)
{
	int err;

	uv_timer_init(&a->loop, &a->guard);
	uv_timer_init(&a->loop, &a->routes);
	a->guard.data = a->routes.data = a;
	err = hear(a);
	if (err) {
		snprintf(error, error_size,
			 "cannot watch links and addresses through rtnetlink: %s", strerror(-err));
		return err;
	}
	return uv_timer_start(&a->guard, guard, GUARD_EVERY, GUARD_EVERY);
}

void interfaces_sweep_others(struct agent *a)
{
	int keep[AGENT_INTERFACES];

	for (size_t n = 0; n < a->interface_count; n++)
		keep[n] = a->interface[n].attachment.ifindex;
	privileges_raise();
	attach_sweep_others(&a->programs, a->options.pin_dir, keep, a->interface_count, say_swept);
	privileges_lower();
}

void interfaces_close(struct agent *a)
{
	for (size_t n = 0; n < a->interface_count; n++) {
		struct interface *i = &a->interface[n];
		bool attached = i->attached;

		if (!i->attachment.ifindex)
			continue;
		if (detach(a, i))
			log_error("%s: %s", i->name, i->error);
		else if (attached)
			log_info("%s: detached", i->name);
	}
	/* Then what is left: the pins, and links of interfaces that are gone. */
	privileges_raise();
	attach_sweep_ours(&a->programs, a->options.pin_dir, NULL);
	privileges_lower();
}

/* What was there before us guards on: taken over is as good, with the same verdicts. */
void interfaces_give_up(struct agent *a)
{
	bool stays = false;

	for (size_t n = 0; n < a->interface_count; n++) {
		struct interface *i = &a->interface[n];

		if (!i->attached)
			continue;
		if (i->attachment.replaced) {
			stays = true;
			log_info("%s: stays guarded by what an earlier mxdpd left", i->name);
		} else if (detach(a, i)) {
			log_error("%s: %s", i->name, i->error);
		}
	}
	a->programs.kept = stays;
}
