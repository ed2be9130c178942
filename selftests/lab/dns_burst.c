/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sessions that the bench makes; its tools are built for the bench alone. */
#include "../bench/sniff_load.c"
