// SPDX-License-Identifier: GPL-2.0-or-later
/* Any bytes as a captured frame: what goes on to the kernel stays within bounds and adds up. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/cli/replay_frame.h"

#define SYN     0x02
#define SEGMENT 1500 /* no more payload in a frame than an Ethernet segment has */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct replay_frame *sent_from;
static size_t sent;

static int take(const void *frame, size_t size, void *context)
{
	(void)context;
	if (frame != sent_from->bytes || size < 60 || size > sizeof(sent_from->bytes) ||
	    (size > sent_from->payload + SEGMENT && !(sent_from->flags & SYN)))
		abort();
	sent++;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct replay_frame *f = malloc(sizeof(*f));

	if (!f || !size)
		goto out;
	sent_from = f;
	sent = 0;
	if (replay_frame_parse(f, data + 1, size - 1) != REPLAY_TCP)
		goto out;
	if (f->payload > f->size || f->payload + f->real > f->size || f->real > f->len)
		abort();
	replay_frame_mend(f, data[0] & 1);
	if (f->size > sizeof(f->bytes) || f->real > f->len || f->payload + f->len != f->size)
		abort();
	replay_frame_send(f, take, NULL);
	if (!sent)
		abort();
out:
	free(f);
	return 0;
}
