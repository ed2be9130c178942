// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "../base/escape.h"
#include "capture.h"

/* More than any IP packet and its headers: what is longer cannot be mail. */
#define FRAME_MAX 66000

/* Offset of the protocol number where the link header has one, else NO_PROTO. */
#define NO_PROTO SIZE_MAX

struct link_type {
	int dlt;
	size_t header; /* bytes in front of the payload */
	size_t proto;
};

static const struct link_type link_types[] = {
	{DLT_EN10MB, 0, NO_PROTO}, /* as it is */
	{DLT_LINUX_SLL, 16, 14},   /* LINKTYPE_LINUX_SLL */
	{DLT_LINUX_SLL2, 20, 0},   /* LINKTYPE_LINUX_SLL2 */
	{DLT_RAW, 0, NO_PROTO},    /* the version of IP tells itself */
	{DLT_IPV4, 0, NO_PROTO},   /* LINKTYPE_IPV4 */
	{DLT_IPV6, 0, NO_PROTO},   /* LINKTYPE_IPV6 */
	{DLT_NULL, 4, NO_PROTO},   /* AF_ numbers differ by system: the version of IP again */
	{DLT_LOOP, 4, NO_PROTO},   /* LINKTYPE_LOOP */
};

struct capture {
	gzFile gz;
	pcap_t *pcap;
	const struct link_type *link;
	char name[256]; /* escaped */
	uint8_t frame[FRAME_MAX];
};

/* gzread() passes what is not compressed through as it is. */
static ssize_t read_gz(void *gz, char *to, size_t size)
{
	int n = gzread(gz, to, size > INT_MAX ? INT_MAX : (unsigned)size);
	int code;

	/* zlib's own errors leave errno alone; a failed read(2) has set it. */
	if (n < 0) {
		gzerror(gz, &code);
		errno = code == Z_ERRNO ? errno : EIO;
	}
	return n;
}

static FILE *open_stream(struct capture *c, const char *path)
{
	const cookie_io_functions_t io = {.read = read_gz};
	int fd;

	errno = 0;
	if (!strcmp(path, "-")) {
		fd = dup(STDIN_FILENO);
		c->gz = fd < 0 ? NULL : gzdopen(fd, "rb");
		if (!c->gz && fd >= 0)
			close(fd);
	} else {
		c->gz = gzopen(path, "rb");
	}
	return c->gz ? fopencookie(c->gz, "rb", io) : NULL;
}

static const struct link_type *link_type_of(int dlt)
{
	for (size_t i = 0; i < sizeof(link_types) / sizeof(link_types[0]); i++)
		if (link_types[i].dlt == dlt)
			return &link_types[i];
	return NULL;
}

static bool open_pcap(struct capture *c, const char *path, char *error, size_t error_size)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	FILE *stream = open_stream(c, path);
	const char *dlt;

	if (!stream) {
		snprintf(error, error_size, "cannot open %s: %s", c->name,
			 strerror(errno ? errno : ENOMEM));
		return false;
	}
	c->pcap = pcap_fopen_offline(stream, why);
	if (!c->pcap) {
		fclose(stream);
		snprintf(error, error_size,
			 "%s is no capture (.pcap, .pcapng, or .gz of these): %s", c->name, why);
		return false;
	}
	c->link = link_type_of(pcap_datalink(c->pcap));
	if (c->link)
		return true;
	dlt = pcap_datalink_val_to_name(pcap_datalink(c->pcap));
	snprintf(error, error_size,
		 "%s: link type %s is not read; capture on an Ethernet interface or \"any\"",
		 c->name, dlt ? dlt : "unknown");
	return false;
}

struct capture *capture_open(const char *path, char *error, size_t error_size)
{
	struct capture *c = calloc(1, sizeof(*c));

	if (!c) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	escape_bytes(c->name, sizeof(c->name), path, strlen(path));
	if (open_pcap(c, path, error, error_size))
		return c;
	capture_close(c);
	return NULL;
}

static uint16_t ip_proto_of(const uint8_t *packet, size_t len)
{
	if (len && packet[0] >> 4 == 4)
		return ETH_P_IP;
	return len && packet[0] >> 4 == 6 ? ETH_P_IPV6 : 0;
}

/* Another link's header becomes Ethernet's. */
static void rebuild(struct capture *c, struct capture_frame *out)
{
	struct ethhdr eth = {0};
	size_t len;

	if (out->len < c->link->header) {
		out->len = 0;
		return;
	}
	len = out->len - c->link->header;
	if (len > sizeof(c->frame) - sizeof(eth))
		len = sizeof(c->frame) - sizeof(eth);
	if (c->link->proto == NO_PROTO)
		eth.h_proto = htons(ip_proto_of(out->data + c->link->header, len));
	else
		memcpy(&eth.h_proto, out->data + c->link->proto, sizeof(eth.h_proto));
	memcpy(c->frame, &eth, sizeof(eth));
	memcpy(c->frame + sizeof(eth), out->data + c->link->header, len);
	out->data = c->frame;
	out->len = sizeof(eth) + len;
}

/* zlib takes a compressed file that was cut short for one that ends. */
static bool is_cut_short(const struct capture *c)
{
	int code = Z_OK;

	gzerror(c->gz, &code);
	return code != Z_OK && code != Z_STREAM_END;
}

int capture_next(struct capture *c, struct capture_frame *out, char *error, size_t error_size)
{
	struct pcap_pkthdr *head;
	const u_char *data;
	int got = pcap_next_ex(c->pcap, &head, &data);

	if (got == 1) {
		*out = (struct capture_frame){.data = data, .len = head->caplen};
		out->time = (uint64_t)head->ts.tv_sec * 1000 + (uint64_t)head->ts.tv_usec / 1000;
		if (c->link->dlt != DLT_EN10MB)
			rebuild(c, out);
		return 1;
	}
	if (got == PCAP_ERROR_BREAK && !is_cut_short(c))
		return 0;
	snprintf(error, error_size, "%s breaks off: %s", c->name,
		 got == PCAP_ERROR_BREAK ? "the compressed data are cut short"
					 : pcap_geterr(c->pcap));
	return -1;
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->pcap)
		pcap_close(c->pcap);
	if (c->gz)
		gzclose_r(c->gz);
	free(c);
}
