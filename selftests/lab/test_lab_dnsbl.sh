#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# DNS lists, end to end: a listed client whose SMTP is spotless is dropped at its next SYN, for as
# long as the answer holds; one that another list vouches for is not; and what rests on a list that
# goes bad is taken back.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/dns.sh
. "$(dirname "$0")/dns.sh"
lab_enter "$@"
lab_up

bl_zone()
{
    dns_zone bl.lab.example ip4set <<'END'
$TTL 120
:2:$ is listed by the laboratory
127.0.0.2
198.51.100.7
198.51.100.8
198.51.100.9
198.51.100.20
198.51.100.21
END
}

bl_zone
dns_zone bl6.lab.example ip6trie <<'END'
$TTL 90
:2:$ is listed by the laboratory
0:0:0:0:0:ffff:7f00:2
2001:db8:100:7::1
END
dns_zone wl.lab.example ip4set <<'END'
$TTL 120
:127.0.5.2:
127.0.0.2
198.51.100.8
198.51.100.12
END
dns_zone rhs.lab.example dnset <<'END'
$TTL 120
:2:
test
bad.example.org
END
dns_start
cat >>"$LAB/mxdp.conf" <<'END'
dns {
    stubs = {"lab.example=127.0.0.1@5300"}
    timeout = 2s
}
dns_checks = no
list "bl.lab.example" { kind = dnsbl convict = {"127.0.0.2"} families = {"v4"} probe = 30s }
list "bl6.lab.example" { kind = dnsbl convict = {"127.0.0.2"} families = {"v6"} probe = 30s }
list "wl.lab.example" { kind = dnswl score = {"127.0.5.[2..3]*-10"} families = {"v4"} }
list "rhs.lab.example" { kind = rhsbl-helo score = {"127.0.0.2*5"} }
END
check "check-config takes it" lab_ctl check-config "$LAB/mxdp.conf"
lab_agent || lab_die "mxdpd does not start"
for list in bl.lab.example bl6.lab.example wl.lab.example rhs.lab.example; do
    check "$list passes its test entries" lab_wait 15 dns_believed "$list"
done

check "a listed client's mail is still taken" dns_mail 198.51.100.7
check "it is blocked for what the list says" lab_wait 10 lab_blocked_for 198.51.100.7 dnsbl
check_exit 3 "its next SYN is refused with a reset" lab_bot 198.51.100.7 "$MX4" connect
left=$(lab_verdict 198.51.100.7 expires_in)
check "for no longer than the answer's TTL of 120 s, but not much less ($left)" \
    [ "$left" -gt 90 -a "$left" -le 120 ]
check_more "the words name the list" \
    "$(lab_verdict 198.51.100.7 reason | grep -c 'bl.lab.example')" 0
check "a listed IPv6 client's mail is taken" dns_mail 2001:db8:100:7::1
check "it is blocked too" lab_wait 10 lab_blocked_for 2001:db8:100:7::1 dnsbl
check_exit 3 "its next SYN is refused" lab_bot 2001:db8:100:7::1 "$MX6" connect
left=$(lab_verdict 2001:db8:100:7::1 expires_in)
check "its TTL of 90 s is followed ($left)" [ "$left" -gt 60 -a "$left" -le 90 ]

check "a client that a list vouches for is served" dns_mail 198.51.100.8
check "both lists were heard" lab_wait 10 dns_has_finding 198.51.100.8 dnswl:wl.lab.example
check "both were" dns_has_finding 198.51.100.8 dnsbl:bl.lab.example
check "it may come again" lab_bot 198.51.100.8 "$MX4" connect
check "an unlisted client is served" dns_mail 198.51.100.26
check "a HELO of a listed domain scores" dns_mail 198.51.100.13 bad.example.org
check "its finding is told" lab_wait 10 dns_has_finding 198.51.100.13 rhsbl-helo:rhs.lab.example
check_equal "and does not block" "$(lab_verdict 198.51.100.13 action | grep -v watch)" ""

# What a person sees.
lab_ctl explain 198.51.100.7 >"$LAB/explain"
check "explain tells the verdict and the list's answer" \
    grep -q 'bl.lab.example: listed' "$LAB/explain"
check "and the list's own words" grep -q 'is listed by the laboratory' "$LAB/explain"
check_exit 1 "explain refuses what is neither address nor domain" lab_ctl explain 198.51.100
lab_ctl dnsbl >"$LAB/dnsbl"
check "dnsbl shows the lists" grep -q '^bl.lab.example *dnsbl *healthy' "$LAB/dnsbl"
check_exit 1 "unblock --by an unknown zone is refused" lab_ctl unblock --by nobody.example.org

# In bulk, by zone: with a day's grace.
check "a second listed client" dns_mail 198.51.100.9
check "is blocked" lab_wait 10 lab_blocked_for 198.51.100.9 dnsbl
check_equal "what lists say of him is not exported" \
    "$(lab_ctl export --format cidr 2>/dev/null | grep -cx 198.51.100.9)" 0
check_equal "but with --all" "$(lab_ctl export --format cidr --all | grep -cx 198.51.100.9)" 1
check "unblock --by ZONE" lab_ctl unblock --by bl.lab.example
check_equal "takes its verdicts back" "$(lab_verdict 198.51.100.9)$(lab_verdict 198.51.100.7)" ""
check_equal "and nobody else's" "$(lab_verdict 2001:db8:100:7::1)" dnsbl

# The list dies while its entries are in force: it lists the whole world.
for bot in 198.51.100.20 198.51.100.21; do
    dns_mail "$bot"
    check "$bot is blocked" lab_wait 10 lab_blocked_for "$bot" dnsbl
done
lab_bot 198.51.100.22 "$MX4" http >/dev/null 2>&1
check "another for what it did" lab_wait 5 lab_blocked_for 198.51.100.22 non-smtp
dns_zone bl.lab.example ip4set <<'END'
:2:everybody
0.0.0.0/1
128.0.0.0/1
END
dns_reload
check "within a probe's time the list is not believed" lab_wait 60 dns_state bl.lab.example open
gone()
{
    [ -z "$(lab_verdict "$1")" ]
}
for bot in 198.51.100.20 198.51.100.21; do
    check "what rests on it is taken back: $bot" lab_wait 10 gone "$bot"
done
check_equal "what a bot did stands" "$(lab_verdict 198.51.100.22)" non-smtp
check "everybody is served" dns_mail 198.51.100.30
check "also who was listed" dns_mail 198.51.100.20
check_more "status says so" "$(lab_status '.notes[]' | grep -c 'bl.lab.example is not believed')" 0

# The configuration anew: lists keep their health, the cache its answers.
asked=$(dns_list bl6.lab.example questions)
sed -i 's/score = {"127.0.0.2\*5"}/score = {"127.0.0.2*4"}/' "$LAB/mxdp.conf"
kill -s HUP "$AGENT"
read_anew()
{
    [ "$(grep -c 'configuration read anew' "$LAB/mxdpd.log")" = "$1" ]
}
check "SIGHUP reads the configuration anew" lab_wait 10 read_anew 1
check_equal "health survives" "$(dns_list bl6.lab.example state)" healthy
check_equal "counts survive" "$(dns_list bl6.lab.example questions)" "$asked"
check_equal "the open one stays open" "$(dns_list bl.lab.example state)" open
kill "$RBLDNSD"
wait "$RBLDNSD" 2>/dev/null
check "forgotten by mxdp, and with no server to ask" lab_ctl unblock 2001:db8:100:7::1
check "and without its grace" lab_ctl unallow 2001:db8:100:7::1
check "the listed client comes again" dns_mail 2001:db8:100:7::1
check "the cache still knows it" lab_wait 10 lab_blocked_for 2001:db8:100:7::1 dnsbl
echo 'nonsense = 5' >>"$LAB/mxdp.conf"
kill -s HUP "$AGENT"
refused()
{
    grep -q 'was not read anew' "$LAB/mxdpd.log"
}
check "a bad configuration is refused" lab_wait 10 refused
check_more "and status says so" "$(lab_status '.notes[]' | grep -c 'has mistakes')" 0
check_equal "the verdict on IPv6 still stands" "$(lab_verdict 2001:db8:100:7::1)" dnsbl
check "mxdpd ends well" lab_agent_stop
lab_done
