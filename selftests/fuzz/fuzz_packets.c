// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arbitrary frames of 14 to 1500 bytes through both programs in the real kernel, attached to
 * nothing. Without root there is nothing to do it with, and it says so.
 *
 * The first byte chooses a frame to begin with, or none; what follows are changes to it, or the
 * frame itself. Every frame must meet one fate and the return code that belongs to it. The programs
 * run where libFuzzer sees no branches, so the fates stand in for coverage.
 */
#include <stdio.h>
#include <unistd.h>

#include "../packets/entries.h"

#define FRAME_MIN 14
#define FRAME_TOP 1500
#define REPLY     .from = SERVER, .to = CLIENT, .sport = 25, .dport = CLIENT_PORT

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct spec seeds[] = {
	{.flags = SYN, .tcp_options = 5},
	{.flags = SYN, .ip_options = 10, .vlans = {0x88a8, 0x8100}},
	{.flags = SYN, .fragment = FRAGMENT_MORE, .show = 8},
	{.flags = ACK, .seq = 5001, .ack = 1001, .text = "EHLO x\r\n"},
	{.flags = ACK, .seq = 5001, .ack = 1010, .text = "STARTTLS\r\n"},
	{REPLY, .flags = ACK, .seq = 1001, .ack = 5001, .text = "220 mx.example ESMTP\r\n"},
	{REPLY, .flags = ACK, .seq = 1001, .ack = 5009, .text = "250 OK\r\n354 go on\r\n"},
	{REPLY, .flags = ACK, .seq = 1001, .ack = 5009},
	{REPLY, .flags = SYN | ACK, .seq = 1000, .ack = 5001},
	{.from = CLIENT6, .flags = SYN, .tcp_options = 5},
	{.from = CLIENT6,
	 .flags = SYN,
	 .vlans = {0x8100},
	 .exts = 5,
	 .ext = {EXT(HOPOPTS), EXT(DSTOPTS, .more = 1), EXT(ROUTING), EXT(FRAGMENT), EXT(AH)}},
	{.from = CLIENT6,
	 .flags = ACK,
	 .seq = 5001,
	 .ack = 1001,
	 .text = "EHLO x\r\n",
	 .exts = 1,
	 .ext = {EXT(DSTOPTS)}},
};

#define SEEDS (sizeof(seeds) / sizeof(*seeds))

/* A feature of its own for every fate, seed and direction. */
__attribute__((
	section("__libfuzzer_extra_counters"))) static uint8_t features[SEEDS + 1][2][FATE_COUNT];

static struct kernel kernel;

static void check(struct run run, size_t seed, int direction, size_t len)
{
	/* The kernel runs no frame that is too short for what its header announces. */
	if (run.err == -EINVAL)
		return;
	if (run.err || run.wrong) {
		fprintf(stderr, "%s of %zu bytes: %s (fate %s, return code %d)\n",
			direction ? "egress" : "ingress", len,
			run.err ? strerror(-run.err) : run.wrong, fate_names[run.fate],
			(int)run.retval);
		abort();
	}
	features[seed][direction][run.fate] = 1;
}

/* Changes come as offset (two bytes) and value, after two bytes that may cut or pad the frame. */
static void change(struct frame *f, const uint8_t *data, size_t size)
{
	if (size >= 2) {
		size_t len = (size_t)(data[0] << 8 | data[1]) % (FRAME_TOP + 1);

		if (data[0] & 0x80 && len > f->len)
			put_fill(f, data[1], len - f->len);
		else if (data[0] & 0x40 && len >= FRAME_MIN && len < f->len)
			f->len = len;
		data += 2;
		size -= 2;
	}
	for (; size >= 3; data += 3, size -= 3)
		f->data[(size_t)(data[0] << 8 | data[1]) % f->len] = data[2];
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct verdict blocked = {.expires = VERDICT_NEVER_EXPIRES, .action = ACTION_RESET};
	int err;

	(void)argc;
	(void)argv;
	if (geteuid()) {
		fprintf(stderr, "skip - needs root\n");
		exit(0);
	}
	err = kernel_start(&kernel, &(struct kernel_options){.client_budget = INT32_MAX,
							     .server_budget = INT32_MAX});
	if (!err)
		err = local_put(&kernel, SERVER);
	if (!err)
		err = local_put(&kernel, SERVER6);
	if (!err)
		err = verdict_put(&kernel, "198.51.0.0/16", PORTS_MX, blocked);
	if (!err)
		err = verdict_put(&kernel, "2001:db8:bad::/48", PORTS_MX, blocked);
	if (err) {
		fprintf(stderr, "the programs do not load: %s\n", strerror(-err));
		exit(1);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame f = {0};
	size_t seed;

	if (!size)
		return 0;
	seed = data[0] % (SEEDS + 1);
	data++;
	size--;
	if (seed < SEEDS) {
		frame_build(&f, &seeds[seed]);
		change(&f, data, size);
	} else {
		if (size < FRAME_MIN || size > FRAME_TOP)
			return 0;
		put_bytes(&f, data, size);
	}
	check(kernel_ingress(&kernel, f.data, f.len), seed, 0, f.len);
	check(kernel_egress(&kernel, f.data, f.len), seed, 1, f.len);
	/* An agent reads all the time; a record that contradicts itself ends in an error here. */
	if (kernel_read_ring(&kernel) < 0)
		abort();
	return 0;
}
