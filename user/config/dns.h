/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the texts of the section dns and of `brands' read, and the arrays that are made of them once
 * the whole file is good.
 *
 *   servers  ADDRESS[@PORT]            192.0.2.53, 127.0.0.1@5353, 2001:db8::53@53
 *   stubs    ZONE=ADDRESS[@PORT]       bl.example.net=127.0.0.1@5300
 *   brands   NAME=[DOMAIN[,DOMAIN]...] gmail.com=google.com,googlemail.com
 */
#ifndef MXDP_CONFIG_DNS_H
#define MXDP_CONFIG_DNS_H

#include "config.h"

bool dns_server_parse(struct dns_server *out, const char *text);
bool dns_stub_parse(struct dns_stub *out, const char *text);
/* Whether it is one; `domains` is their number, 0: the brand is no brand any more. */
bool brand_text_is_good(const char *text, size_t *domains);

/*
 * From the texts, which have been checked, in place of what was built before. False only where
 * memory ran out.
 */
bool config_build_dns(struct dns_config *dns);
/* Ours, but those that the texts name; then the texts', which are cut into their parts: once. */
bool config_build_brands(struct config *config);

#endif
