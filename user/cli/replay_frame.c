// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "replay_frame.h"
#include "../base/addr.h"

#define VLANS       2
#define EXT_HDRS    8
#define SEGMENT     1448 /* payload of one segment on Ethernet, with time stamps */
#define FRAME_LEAST 60

#define FLAG_FIN 0x01
#define FLAG_SYN 0x02
#define FLAG_PSH 0x08

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

/* Each step returns false with *kind set where the way ends. `rest` is what IP says is behind l4.
 */
struct walk {
	struct replay_frame *f;
	enum replay_kind kind;
	uint16_t proto;
	size_t rest;
};

static bool stop(struct walk *w, enum replay_kind kind)
{
	w->kind = kind;
	return false;
}

static bool walk_ethernet(struct walk *w)
{
	struct replay_frame *f = w->f;

	if (f->size < ETH_HLEN)
		return stop(w, REPLAY_CUT);
	w->proto = get16(f->bytes + 12);
	f->l3 = ETH_HLEN;
	for (int i = 0; i < VLANS && (w->proto == ETH_P_8021Q || w->proto == ETH_P_8021AD); i++) {
		if (f->size < f->l3 + 4)
			return stop(w, REPLAY_CUT);
		w->proto = get16(f->bytes + f->l3 + 2);
		f->l3 += 4;
	}
	return true;
}

static bool walk_ip4(struct walk *w)
{
	struct replay_frame *f = w->f;
	const uint8_t *ip = f->bytes + f->l3;
	size_t header, total;

	if (f->size < f->l3 + 20)
		return stop(w, REPLAY_CUT);
	header = (size_t)(ip[0] & 15) * 4;
	total = get16(ip + 2);
	if (!total) /* left to the network card by the sending host */
		total = f->size - f->l3;
	if (ip[0] >> 4 != 4 || header < 20 || total < header || ip[9] != IPPROTO_TCP ||
	    get16(ip + 6) & 0x1fff)
		return stop(w, REPLAY_OTHER);
	f->v4 = true;
	f->source = addr_from_v4(htonl(get32(ip + 12)));
	f->dest = addr_from_v4(htonl(get32(ip + 16)));
	f->l4 = f->l3 + header;
	w->rest = total - header;
	return true;
}

/* Extension headers (RFC 8200 4): moves l4 to the TCP header. */
static bool walk_ext(struct walk *w, uint8_t next)
{
	struct replay_frame *f = w->f;

	for (int i = 0; next != IPPROTO_TCP; i++) {
		const uint8_t *ext;
		size_t len;

		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS &&
		    next != IPPROTO_FRAGMENT && next != IPPROTO_AH)
			return stop(w, REPLAY_OTHER);
		if (f->size < f->l4 + 8)
			return stop(w, REPLAY_CUT);
		ext = f->bytes + f->l4;
		if (i == EXT_HDRS || (next == IPPROTO_FRAGMENT && get16(ext + 2) & 0xfff8))
			return stop(w, REPLAY_OTHER);
		len = next == IPPROTO_FRAGMENT ? 8
		      : next == IPPROTO_AH     ? ((size_t)ext[1] + 2) * 4
					       : ((size_t)ext[1] + 1) * 8;
		if (len > w->rest)
			return stop(w, REPLAY_OTHER);
		next = ext[0];
		w->rest -= len;
		f->l4 += len;
	}
	return true;
}

static bool walk_ip6(struct walk *w)
{
	struct replay_frame *f = w->f;
	const uint8_t *ip = f->bytes + f->l3;

	if (f->size < f->l3 + 40)
		return stop(w, REPLAY_CUT);
	if (ip[0] >> 4 != 6)
		return stop(w, REPLAY_OTHER);
	f->v4 = false;
	memcpy(&f->source, ip + 8, 16);
	memcpy(&f->dest, ip + 24, 16);
	f->l4 = f->l3 + 40;
	w->rest = get16(ip + 4);
	if (!w->rest)
		w->rest = f->size - f->l4;
	return walk_ext(w, ip[6]);
}

static bool walk_tcp(struct walk *w)
{
	struct replay_frame *f = w->f;
	const uint8_t *tcp;
	size_t header;

	if (f->size < f->l4 + 20)
		return stop(w, REPLAY_CUT);
	tcp = f->bytes + f->l4;
	header = (size_t)(tcp[12] >> 4) * 4;
	if (header < 20 || header > w->rest)
		return stop(w, REPLAY_OTHER);
	if (f->size < f->l4 + header)
		return stop(w, REPLAY_CUT);
	f->sport = get16(tcp);
	f->dport = get16(tcp + 2);
	f->seq = get32(tcp + 4);
	f->flags = tcp[13];
	f->payload = f->l4 + header;
	f->len = w->rest - header;
	f->real = f->size - f->payload < f->len ? f->size - f->payload : f->len;
	return stop(w, REPLAY_TCP);
}

enum replay_kind replay_frame_parse(struct replay_frame *f, const uint8_t *data, size_t len)
{
	struct walk w = {.f = f};

	f->size = len < sizeof(f->bytes) ? len : sizeof(f->bytes);
	memcpy(f->bytes, data, f->size);
	if (!walk_ethernet(&w))
		return w.kind;
	if (w.proto != ETH_P_IP && w.proto != ETH_P_IPV6)
		return REPLAY_OTHER;
	if ((w.proto == ETH_P_IP ? walk_ip4(&w) : walk_ip6(&w)))
		walk_tcp(&w);
	return w.kind;
}

/* The length fields of IP for `len` bytes of payload. */
static void set_len(struct replay_frame *f, size_t len)
{
	size_t end = f->payload + len;

	f->size = end;
	if (f->v4)
		put16(f->bytes + f->l3 + 2, end - f->l3);
	else
		put16(f->bytes + f->l3 + 4, end - f->l3 - 40);
}

void replay_frame_mend(struct replay_frame *f, bool to_server)
{
	size_t room = f->l3 + (f->v4 ? 0 : 40) + 65535 - f->payload;

	if (to_server || f->len > room)
		f->len = f->real < room ? f->real : room;
	if (f->len > f->real)
		memset(f->bytes + f->payload + f->real, 0, f->len - f->real);
	if (f->real > f->len)
		f->real = f->len;
	set_len(f, f->len);
}

static int send_padded(struct replay_frame *f, int (*send)(const void *, size_t, void *),
		       void *context)
{
	if (f->size < FRAME_LEAST) {
		memset(f->bytes + f->size, 0, FRAME_LEAST - f->size);
		f->size = FRAME_LEAST;
	}
	return send(f->bytes, f->size, context);
}

int replay_frame_send(struct replay_frame *f, int (*send)(const void *, size_t, void *),
		      void *context)
{
	uint8_t *tcp = f->bytes + f->l4;
	size_t done = 0;
	int err = 0;

	if (f->len <= SEGMENT || f->flags & FLAG_SYN)
		return send_padded(f, send, context);
	while (!err && done < f->len) {
		size_t part = f->len - done < SEGMENT ? f->len - done : SEGMENT;
		bool last = done + part == f->len;

		if (done)
			memmove(f->bytes + f->payload, f->bytes + f->payload + done, part);
		put32(tcp + 4, f->seq + (uint32_t)done);
		tcp[13] = last ? f->flags : f->flags & ~(FLAG_FIN | FLAG_PSH);
		set_len(f, part);
		done += part;
		err = send_padded(f, send, context);
	}
	return err;
}
