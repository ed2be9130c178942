// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interfaces come and go; wherever one of ours appears, both programs are put on it.
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "../base/log.h"
#include "agent.h"
#include "events.h"
#include "privileges.h"

static struct interface *by_name(struct agent *a, const char *name)
{
	for (size_t i = 0; i < a->interface_count; i++)
		if (!strcmp(a->interface[i].name, name))
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

static void link_up(struct agent *a, const struct link_event *event)
{
	struct interface *i = event->name ? by_name(a, event->name) : NULL;

	if (!i || (i->attached && i->attachment.ifindex == event->ifindex))
		return;
	if (attach(a, i))
		log_error("%s is back, but: %s", i->name, i->error);
	else
		events_note(a, "attached", "%s is back, and guarded again", i->name);
	refresh_reset_ok(a);
}

static void link_gone(struct agent *a, const struct link_event *event)
{
	for (size_t n = 0; n < a->interface_count; n++) {
		struct interface *i = &a->interface[n];

		if (!i->attached || i->attachment.ifindex != event->ifindex)
			continue;
		/* The programs went with it; the pin of its link has to be cleared away. */
		detach(a, i);
		snprintf(i->error, sizeof(i->error), "the interface is gone; waiting for it");
		events_note(a, "detached", "%s is gone; waiting for it to come back", i->name);
	}
}

static void gateway(struct agent *a, const struct addr *addr)
{
	struct prefix prefix = prefix_of(addr, ADDR_BITS);

	nets_add(&a->allow, &prefix, NET_GATEWAY, NET_NEVER_EXPIRES, "our gateway");
}

static void on_event(const struct link_event *event, void *context)
{
	struct agent *a = context;

	switch (event->kind) {
	case LINK_UP:
		link_up(a, event);
		break;
	case LINK_GONE:
		link_gone(a, event);
		break;
	case LINK_ADDRESS:
	case LINK_NO_ADDRESS:
		protected_own_address(a, &event->addr, event->kind == LINK_ADDRESS);
		break;
	case LINK_GATEWAY:
		gateway(a, &event->addr);
		break;
	case LINK_OVERRUN:
		links_dump(a->links, on_event, a);
		break;
	}
}

static void readable(uv_poll_t *poll, int status, int events)
{
	struct agent *a = poll->data;

	(void)status;
	(void)events;
	links_read(a->links, on_event, a);
}

int interfaces_open(struct agent *a, char *error, size_t error_size)
{
	int err = 0;

	for (size_t n = 0; n < a->interface_count && !err; n++) {
		err = attach(a, &a->interface[n]);
		if (err)
			snprintf(error, error_size, "%s", a->interface[n].error);
	}
	return err;
}

int interfaces_watch(struct agent *a, char *error, size_t error_size)
{
	int err;

	refresh_reset_ok(a);
	a->links = links_open();
	err = a->links ? links_dump(a->links, on_event, a) : -1;
	if (err) {
		snprintf(error, error_size, "cannot watch links and addresses through rtnetlink");
		return err;
	}
	uv_poll_init(&a->loop, &a->links_poll, links_fd(a->links));
	a->links_poll.data = a;
	return uv_poll_start(&a->links_poll, UV_READABLE, readable);
}

void interfaces_close(struct agent *a)
{
	for (size_t n = 0; n < a->interface_count; n++) {
		struct interface *i = &a->interface[n];

		if (!i->attached)
			continue;
		if (detach(a, i))
			log_error("%s: %s", i->name, i->error);
		else
			log_info("%s: detached", i->name);
	}
	/* Then what is left: the pins, and links of interfaces that are gone. */
	privileges_raise();
	if (a->interface_count && a->programs.loaded)
		attach_sweep(a->options.pin_dir, NULL);
	privileges_lower();
}
