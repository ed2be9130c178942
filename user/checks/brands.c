// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Big senders whose bare domain bots give as their name. The machines of these senders give names
 * of their own (mail-ed1-f41.google.com), so that little real mail comes with the bare domain; what
 * does must have a reverse name of the same house.
 */
#include "dns.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define SUFFIXES(...)             \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

#define GOOGLE    SUFFIXES("google.com", "googlemail.com", "gmail.com", "1e100.net")
#define MICROSOFT SUFFIXES("outlook.com", "hotmail.com", "live.com", "msn.com", "microsoft.com")
#define YAHOO     SUFFIXES("yahoo.com", "yahoodns.net", "yahoo.net", "yahoo.co.jp", "aol.com")
#define APPLE     SUFFIXES("apple.com", "icloud.com", "me.com", "mac.com")
#define UNITED    SUFFIXES("gmx.net", "gmx.de", "gmx.com", "web.de", "mail.com", "kundenserver.de")
#define VK        SUFFIXES("mail.ru", "vk.com", "vk.ru")
#define YANDEX    SUFFIXES("yandex.ru", "yandex.net", "yandex.com")
#define TENCENT   SUFFIXES("qq.com", "foxmail.com")
#define NETEASE   SUFFIXES("163.com", "126.com", "126.net", "yeah.net", "netease.com")
#define PROTON    SUFFIXES("protonmail.ch", "proton.ch", "protonmail.com", "proton.me")
#define AMAZON    SUFFIXES("amazon.com", "amazonses.com")
#define META      SUFFIXES("facebook.com", "facebookmail.com", "fb.com", "meta.com")

const struct brand brands_default[] = {
	{"gmail.com", GOOGLE},
	{"googlemail.com", GOOGLE},
	{"google.com", GOOGLE},
	{"outlook.com", MICROSOFT},
	{"hotmail.com", MICROSOFT},
	{"live.com", MICROSOFT},
	{"msn.com", MICROSOFT},
	{"microsoft.com", MICROSOFT},
	{"yahoo.com", YAHOO},
	{"ymail.com", YAHOO},
	{"rocketmail.com", YAHOO},
	{"aol.com", YAHOO},
	{"icloud.com", APPLE},
	{"me.com", APPLE},
	{"mac.com", APPLE},
	{"apple.com", APPLE},
	{"gmx.net", UNITED},
	{"gmx.de", UNITED},
	{"gmx.com", UNITED},
	{"web.de", UNITED},
	{"mail.com", UNITED},
	{"mail.ru", VK},
	{"bk.ru", VK},
	{"inbox.ru", VK},
	{"list.ru", VK},
	{"yandex.ru", YANDEX},
	{"yandex.com", YANDEX},
	{"qq.com", TENCENT},
	{"foxmail.com", TENCENT},
	{"163.com", NETEASE},
	{"126.com", NETEASE},
	{"yeah.net", NETEASE},
	{"protonmail.com", PROTON},
	{"proton.me", PROTON},
	{"amazon.com", AMAZON},
	{"facebook.com", META},
	{"paypal.com", SUFFIXES("paypal.com")},
	{"ebay.com", SUFFIXES("ebay.com")},
};
const size_t brands_default_count = COUNT(brands_default);

/* What another of them includes stands here too where customers' records do: it outlives renames.
 */
const char *const senders_default[] = {
	"google.com",
	"_spf.google.com",
	"outlook.com",
	"spf.protection.outlook.com",
	"yahoo.com",
	"aol.com",
	"icloud.com",
	"amazon.com",
	"amazonses.com",
	"gmx.net",
	"web.de",
	"mail.com",
	"kundenserver.de",
	"t-online.de",
	"protonmail.com",
	"fastmail.com",
	"zoho.com",
	"paypal.com",
	"servers.mcsv.net", /* Mailchimp */
	"spf.mandrillapp.com",
	"sendgrid.net",
	"sparkpostmail.com",
	"mailgun.org",
	"_spf.salesforce.com",
};
const size_t senders_default_count = COUNT(senders_default);
