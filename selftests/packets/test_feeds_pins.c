// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A set in force outlives the agent that put it there, and the next agent finds it: by the code
 * that mxdpd itself starts with, on a BPF file system of this process's own.
 */
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "test_feeds.h"
#include "../../user/config/config.h"
#include "../../user/kernel/object.h"

#define SLOT FEEDS_SLOT(PORTS_MX, ACTION_DROP)

static char dir[] = "/tmp/mxdp-feeds-XXXXXX";
static char pins[sizeof(dir) + 8];

static int mount_bpffs(void **state)
{
	(void)state;
	if (!mkdtemp(dir) || unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", dir, "bpf", 0, NULL))
		return -errno;
	snprintf(pins, sizeof(pins), "%s/mxdp", dir);
	return 0;
}

static int unmount_bpffs(void **state)
{
	(void)state;
	return umount2(dir, MNT_DETACH) || rmdir(dir) ? -errno : 0;
}

struct agent {
	struct programs programs;
	struct maps maps;
};

static void start(struct agent *a)
{
	struct config config;
	char error[512] = "";

	assert_true(config_defaults(&config));
	if (object_open(&a->programs, &config, pins, error, sizeof(error)) ||
	    object_load(&a->programs, error, sizeof(error)))
		fail_msg("%s", error);
	assert_int_equal(object_maps(&a->maps, &a->programs), 0);
	config_free(&config);
}

/* As one that ends with its programs attached. */
static void end(struct agent *a)
{
	a->programs.kept = true;
	maps_close(&a->maps, 0);
	object_close(&a->programs);
}

static void enforce(struct agent *a)
{
	struct net_key server = net_of(SERVER);
	struct net_value here = {.expires = NET_NEVER_EXPIRES, .kind = NET_OWN};

	a->maps.live_values->mode = MODE_ENFORCE;
	a->maps.live_values->heartbeat = boot_seconds();
	a->maps.live_values->heartbeat_limit = 600;
	assert_int_equal(bpf_map_update_elem(a->maps.local, &server, &here, BPF_ANY), 0);
}

static int fate_of_client(struct agent *a)
{
	struct addr client = addr_of(CLIENT);
	struct syn syn;

	syn_build(&syn, true);
	return syn_run(object_gate_fd(&a->programs), &syn, wide_of(&client));
}

static void test_handover(void **state)
{
	struct feeds_image image;
	struct feed_set set;
	struct agent a;

	(void)state;
	start(&a);
	assert_false(a.programs.reused);
	object_mark(&a.programs);
	enforce(&a);
	assert_int_equal(fate_of_client(&a), XDP_PASS);
	set_of(&set, "198.51.100.0/24 2001:db8::/32");
	assert_int_equal(feed_set_build(&image, &set, boot_seconds(), boot_seconds() + AGES), 0);
	assert_int_equal(feeds_swap(&a.maps, SLOT, &image), 0);
	assert_int_equal(fate_of_client(&a), XDP_DROP);
	feeds_free(&image);
	feed_set_free(&set);
	end(&a);

	start(&a);
	assert_true(a.programs.reused);
	assert_int_equal(fate_of_client(&a), XDP_DROP);
	assert_int_equal(feeds_open(&image, &a.maps, SLOT), 0);
	assert_int_equal(image.terms->entries, 2);
	feeds_set_expires(&image, boot_seconds() - 1);
	assert_int_equal(fate_of_client(&a), XDP_PASS);
	feeds_set_expires(&image, boot_seconds() + AGES);
	assert_int_equal(fate_of_client(&a), XDP_DROP);
	feeds_free(&image);
	assert_int_equal(feeds_swap(&a.maps, SLOT, NULL), 0);
	assert_int_equal(fate_of_client(&a), XDP_PASS);
	end(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handover),
	};

	return cmocka_run_group_tests_name("feed sets, handed over", tests, mount_bpffs,
					   unmount_bpffs);
}
