/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How one value of the configuration reads, by kind. All share the signature of option.parse: text
 * in; the value out, or the reason in `why`, which quotes the text and says what to write instead.
 * Each says what it writes to *out; option->min and option->max bound the numbers.
 */
#ifndef MXDP_CONFIG_VALUE_H
#define MXDP_CONFIG_VALUE_H

#include "option.h"

#define VALUE_KINDS(X)                                                                      \
	X(value_mode)              /* enum mode */                                          \
	X(value_xdp_mode)          /* enum xdp_mode */                                      \
	X(value_bool)              /* bool */                                               \
	X(value_number)            /* uint32_t */                                           \
	X(value_points)            /* int */                                                \
	X(value_bytes)             /* uint32_t: 512, 8K, 16M, 1G */                         \
	X(value_ring)              /* the same, a power of two */                           \
	X(value_duration)          /* uint32_t seconds */                                   \
	X(value_duration_or_off)   /* "off" is 0 */                                         \
	X(value_duration_or_class) /* "class" is 0 */                                       \
	X(value_port)              /* uint16_t, host byte order */                          \
	X(value_network)           /* struct prefix */                                      \
	X(value_allowed_network)   /* struct prefix; not so wide that it ends the filter */ \
	X(value_public_address)    /* struct prefix of full length, global */               \
	X(value_subject)           /* enum pattern_subject */                               \
	X(value_class)             /* enum finding_class */                                 \
	X(value_recipients)        /* bool: whole */                                        \
	X(value_log_to)            /* enum log_to */                                        \
	X(value_log_format)        /* enum log_format */                                    \
	X(value_log_facility)      /* int, as in syslog(3) */                               \
	X(value_time_of_day)       /* uint32_t minutes since midnight + 1; "off" is 0 */    \
	X(value_dns_checks)        /* enum dns_checks */                                    \
	X(value_list_kind)         /* enum list_kind */                                     \
	X(value_feed_format)       /* enum feed_format */                                   \
	X(value_feed_action)       /* enum feed_action */                                   \
	X(value_interface)         /* nothing, as those below */                            \
	X(value_host_name)                                                                  \
	X(value_domain)                                                                     \
	X(value_allowed_name)                                                               \
	X(value_spf_domain)                                                                 \
	X(value_trap)                                                                       \
	X(value_expression)                                                                 \
	X(value_helo)                                                                       \
	X(value_dns_server)                                                                 \
	X(value_dns_stub)                                                                   \
	X(value_brand)                                                                      \
	X(value_dnsbl_site)                                                                 \
	X(value_convict)                                                                    \
	X(value_score)                                                                      \
	X(value_port_class)                                                                 \
	X(value_family)                                                                     \
	X(value_canary)                                                                     \
	X(value_list_key)                                                                   \
	X(value_feed_url)                                                                   \
	X(value_feed_username)                                                              \
	X(value_feed_password)                                                              \
	X(value_feed_header)                                                                \
	X(value_feed_proxy)                                                                 \
	X(value_listen)                                                                     \
	X(value_group)

#define X(name)                                                                    \
	bool name(void *out, const struct config_option *option, const char *text, \
		  char why[WHY_TEXT]);
VALUE_KINDS(X)
#undef X

/* Writes `why`, with the value quoted in front; returns false. */
bool value_refuse(char why[WHY_TEXT], const char *text, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
