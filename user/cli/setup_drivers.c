// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "setup.h"

/* MTUs are those of 4 KiB pages. Packets in several pieces are what the gate is loaded for. */
static const struct setup_driver drivers[] = {
	{"bnxt_en", 3502, 5, 19}, {"dpaa2-eth", 0, 0, 0},  {"ena", 3498, 0, 0},
	{"fsl_enetc", 0, 0, 0},   {"gve", 2032, 0, 0},     {"hv_netvsc", 3506, 0, 0},
	{"i40e", 3046, 6, 4},     {"ice", 3046, 6, 3},     {"igb", 3046, 0, 0},
	{"igc", 1500, 0, 0},      {"ixgbe", 3050, 0, 0},   {"ixgbevf", 3050, 0, 0},
	{"mana", 3506, 0, 0},     {"mlx4_en", 3498, 0, 0}, {"mlx5_core", 3498, 5, 18},
	{"mvneta", 3500, 5, 18},  {"mvpp2", 3500, 0, 0},   {"nfp", 3500, 0, 0},
	{"qede", 3500, 0, 0},     {"sfc", 3500, 0, 0},     {"st_gmac", 1500, 0, 0},
	{"tun", 1500, 0, 0},      {"veth", 3520, 5, 18},   {"virtio_net", 3506, 6, 3},
};

/* Links whose XDP is that of the links below them, or in whose place generic mode comes. */
static const char *const soft_kinds[] = {"bridge", "vlan", "macvlan", "ipvlan", "dummy", "team"};

const struct setup_driver *setup_driver_find(const char *name)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (!strcmp(drivers[i].name, name))
			return &drivers[i];
	return NULL;
}

static bool is_soft(const struct setup_link *link)
{
	for (size_t i = 0; i < sizeof(soft_kinds) / sizeof(soft_kinds[0]); i++)
		if (!strcmp(soft_kinds[i], link->kind))
			return true;
	return false;
}

static bool takes_pieces(const struct setup_driver *driver, const struct setup_facts *facts)
{
	if (!driver->pieces_major)
		return false;
	return facts->kernel_major > driver->pieces_major ||
	       (facts->kernel_major == driver->pieces_major &&
		facts->kernel_minor >= driver->pieces_minor);
}

bool setup_is_native(const struct setup_facts *facts, const struct setup_link *link,
		     char why[SETUP_TEXT])
{
	const struct setup_driver *driver = setup_driver_find(link->driver);

	*why = 0;
	if (!strcmp(link->kind, "bond"))
		return true; /* where the cards below it can, which the kernel asks itself */
	if (is_soft(link))
		snprintf(why, SETUP_TEXT, "a %s has no driver that could", link->kind);
	else if (!*link->driver)
		snprintf(why, SETUP_TEXT, "its driver does not say its name");
	else if (!driver)
		snprintf(why, SETUP_TEXT, "none is known in its driver");
	else if (driver->mtu && link->mtu > driver->mtu && !takes_pieces(driver, facts))
		snprintf(why, SETUP_TEXT, "it takes an MTU of %u at most, and this is %u",
			 driver->mtu, link->mtu);
	return !*why;
}
