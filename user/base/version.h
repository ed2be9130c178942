/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The version, once. */
#ifndef MXDP_BASE_VERSION_H
#define MXDP_BASE_VERSION_H

#define MXDP_VERSION "0.1.0"

#endif
