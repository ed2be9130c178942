/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the card does to frames before XDP sees them.
 */
#ifndef MXDP_KERNEL_OFFLOAD_H
#define MXDP_KERNEL_OFFLOAD_H

#include <stdbool.h>

/*
 * Whether VLAN tags are taken off in front of XDP (rxvlan) while VLAN interfaces stand on top: an
 * answer made from such a frame would leave untagged, into the wrong network. VLANs of virtual
 * machines behind a bridge are not seen from here.
 */
bool vlan_is_stripped(const char *name, int ifindex);

#endif
