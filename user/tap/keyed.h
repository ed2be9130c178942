/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash for tables whose keys strangers choose: with a secret of this process, so that nobody can
 * choose keys that fall into one bucket. Quick for keys of a few dozen bytes.
 */
#ifndef MXDP_TAP_KEYED_H
#define MXDP_TAP_KEYED_H

#include <stddef.h>

unsigned keyed_hash(const void *key, size_t len);

#endif
