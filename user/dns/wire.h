/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and records of the DNS: what may be asked, and rdata (RFC 1035 3.3, RFC 3596 2.2) made into
 * an answer. Pure, and every byte is hostile: a record that does not parse is left out.
 *
 * Names are kept as text in lower case, without escapes and without a dot at the end. So a label
 * that holds a dot, a backslash or anything but printable ASCII has no such text: a name with one
 * can neither be asked about nor come out of an answer ("evil\.example.net" must not be taken for
 * three labels). Records come uncompressed, as libunbound gives them.
 */
#ifndef MXDP_DNS_WIRE_H
#define MXDP_DNS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include "resolver.h"

/* A name that can be asked about: labels of 1 to 63 bytes, 253 in all (RFC 1035 2.3.4). */
bool wire_name_copy(char out[DNS_NAME], const char *name);

/* Wire format, all of it one name; the root is "". */
bool wire_name_read(char out[DNS_NAME], const void *rdata, size_t len);

/*
 * Adds the records to a zeroed answer. `data` ends with NULL, and len[i] belongs to data[i]; at
 * most DNS_RECORDS are kept, of MX those with the lowest preferences. How many parsed is count (of
 * DNS_TXT 0 or 1: the first is kept for people, and an SPF record besides, wherever it stands).
 */
void wire_records(struct dns_answer *out, enum dns_type type, char *const *data, const int *len);

/* Whether a message (RFC 1035 4.1.1) says that it has an authority section. */
bool wire_has_authority(const void *message, int len);

#endif
