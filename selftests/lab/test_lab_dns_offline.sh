#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# judge --dns and replay --dns, without an agent: what real lists say is among the findings, in the
# order of the input; a list that is dead or lists everybody convicts nobody; and without --dns no
# question leaves.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/dns.sh
. "$(dirname "$0")/dns.sh"
lab_enter "$@"
lab_up

MANY=400 # lines, more than are asked about at a time

dns_zone bl.lab.example ip4set <<'END'
$TTL 120
:2:$ is listed by the laboratory
127.0.0.2
198.51.100.7
198.51.100.8
!198.51.100.9
198.51.100.128/25
END
dns_zone wl.lab.example ip4set <<'END'
$TTL 120
:127.0.5.2:
127.0.0.2
198.51.100.8
END
dns_zone rhs.lab.example dnset <<'END'
$TTL 120
:2:
test
bad.example.org
END
dns_zone world.lab.example ip4set <<'END'
:2:everybody
0.0.0.0/1
128.0.0.0/1
END
dns_zone hosts.lab.example generic <<'END'
$TTL 120
mail A 198.51.100.26
END
# Nobody has a name.
dns_zone 100.51.198.in-addr.arpa generic </dev/null
dns_start
cat >"$LAB/mxdp.conf" <<'END'
dns {
    stubs = {"lab.example=127.0.0.1@5300", "100.51.198.in-addr.arpa=127.0.0.1@5300",
             "dead.lab.example=127.0.0.1@5399"}
    servers = {"127.0.0.1@5300"}
    timeout = 2s
    suspect_share = 0
}
list "bl.lab.example" { kind = dnsbl convict = {"127.0.0.2"} families = {"v4"} }
list "world.lab.example" { kind = dnsbl convict = {"127.0.0.2"} families = {"v4"} }
list "wl.lab.example" { kind = dnswl score = {"127.0.5.[2..3]*-10"} families = {"v4"} }
list "rhs.lab.example" { kind = rhsbl-helo score = {"127.0.0.2*5"} }
END
# A dead list is waited for: apart, so that not all of the test waits.
dead='list "dead.lab.example" { kind = dnsbl convict = {"127.0.0.2"} families = {"v4"} }'
{
    cat "$LAB/mxdp.conf"
    echo "$dead"
} >"$LAB/dead.conf"
check "check-config takes it" lab_ctl check-config "$LAB/dead.conf"

# As a user without any privilege.
cp "$LAB_BUILD/mxdpctl" "$LAB/mxdpctl"
judge()
{
    lab_in "${NS:-mta}" setpriv --reuid 65534 --regid 65534 --clear-groups "$LAB/mxdpctl" judge \
        --config "${CONF:-$LAB/mxdp.conf}" --json "$@" 2>"$LAB/judge.err"
}

# ids of each line's findings, its verdict
gist()
{
    jq -r '"\([.findings[].id] | join(",")) \(.verdict)"'
}

# --- judge ---------------------------------------------------------------------------------------

# judged CLIENT HELO WANTED
judged()
{
    check_equal "$1 as $2: $3" "$(judge --dns --client "$1" --helo "$2" | gist)" "$3"
}

CONF=$LAB/dead.conf judged 198.51.100.7 mail.hosts.lab.example \
    "rdns-missing,dnsbl:bl.lab.example block"
check "who is dead is not believed, and said so" \
    grep -q '^mxdpctl judge: list dead.lab.example is [a-z]* and not believed: ' "$LAB/judge.err"
check "nor is who lists everybody" \
    grep -q '^mxdpctl judge: list world.lab.example is open and not believed: ' "$LAB/judge.err"
check_equal "and nobody else is named" "$(grep -c 'not believed' "$LAB/judge.err")" 2
judged 198.51.100.8 mail.hosts.lab.example \
    "rdns-missing,dnsbl:bl.lab.example,dnswl:wl.lab.example pass"
judged 198.51.100.26 mail.hosts.lab.example "rdns-missing pass"
judged 198.51.100.26 ghost.hosts.lab.example "rdns-missing,helo-unresolvable watch"
judged 198.51.100.26 bad.example.org "rdns-missing,rhsbl-helo:rhs.lab.example watch"
check_equal "the block lasts as long as the answer" \
    "$(judge --dns --client 198.51.100.7 --helo x.hosts.lab.example | jq .ttl)" 120
check_equal "the detail names list and code" \
    "$(judge --dns --client 198.51.100.7 |
        jq -r '.findings[] | select(.id | startswith("dnsbl")).detail')" \
    "bl.lab.example says 127.0.0.2"

# Many lines: in their order, each with its own answers.
for ((i = 0; i < MANY; i++)); do
    printf '198.51.100.%d\tmail%d.hosts.lab.example\n' $((i * 7 % 250 + 1)) "$i"
done >"$LAB/lines"
wanted()
{
    awk -F '[.\t]' -v OFS= '{
        listed = $4 == 7 || $4 == 8 || $4 >= 128
        print $1, ".", $2, ".", $3, ".", $4, " ", $5, " ",
            (!listed ? "" : "dnsbl:bl.lab.example" ($4 == 8 ? ",dnswl:wl.lab.example" : ""))
    }' "$LAB/lines"
}
told()
{
    jq -r '([.findings[].id | select(startswith("dns"))] | join(",")) as $lists |
        "\(.client) \(.helo | split(".")[0]) \($lists)"'
}
started=$SECONDS
check_equal "$MANY lines come in order, each with its own answers" \
    "$(judge --dns - <"$LAB/lines" | told)" "$(wanted)"
check_more "many at a time: within seconds" 10 $((SECONDS - started))

# A pipe that is written to slowly: each line has its answer before the next one is written.
coproc SLOW { judge --dns -; }
from=${SLOW[0]} to=${SLOW[1]} pid=$SLOW_PID
slow_line()
{
    echo "$1" >&"$to"
    read -r -t 20 line <&"$from" && [ "$(jq -r .client <<<"$line")" = "$1" ]
}
check "a line that is alone is answered" slow_line 198.51.100.7
check "and the next one" slow_line 198.51.100.26
exec {to}>&-
check "it ends with its input" wait "$pid"

# --- without --dns -------------------------------------------------------------------------------

lab_namespace quiet
datagrams()
{
    lab_in quiet cat /proc/net/snmp | awk '/^Udp: [0-9]/ { print $5 }'
}
NS=quiet judge --client 198.51.100.7 --helo mail.hosts.lab.example >"$LAB/judge.out"
check_equal "without --dns it judges the HELO alone" "$(gist <"$LAB/judge.out")" " pass"
check_equal "and asks nobody" "$(datagrams)" 0
NS=quiet judge --dns --client 198.51.100.7 --helo mail.hosts.lab.example >"$LAB/judge.out"
check_more "with it, it does" "$(datagrams)" 0
check_equal "where nobody answers, nobody is accused" "$(gist <"$LAB/judge.out")" " pass"
check "which is said" grep -q 'bl.lab.example is .* not believed' "$LAB/judge.err"

# --- replay --------------------------------------------------------------------------------------

lab_in mta tcpdump -i eth0 -U -s 0 -w "$LAB/talks.pcap" tcp port 25 2>"$LAB/tcpdump.err" &
capture=$!
check "the capture begins" lab_wait 10 grep -q 'listening on' "$LAB/tcpdump.err"
for client in 7 8 26; do
    check "198.51.100.$client sends its mail" lab_bot "198.51.100.$client" "$MX4" mail \
        mail.hosts.lab.example a@mail.hosts.lab.example user@example.net
done
check "198.51.100.30 too, by a bad name" lab_bot 198.51.100.30 "$MX4" mail \
    bad.example.org a@mail.hosts.lab.example user@example.net
captured()
{
    tcpdump -r "$LAB/talks.pcap" "tcp[tcpflags] & $1 != 0" 2>/dev/null | wc -l
}
is_captured()
{
    [ "$(captured tcp-syn)" = 8 ] && [ "$(captured tcp-fin)" = 8 ]
}
check "all of it is captured" lab_wait 10 is_captured
kill "$capture"
wait "$capture" 2>/dev/null

replay()
{
    lab_in "${NS:-mta}" "$LAB_BUILD/mxdpctl" replay --config "${CONF:-$LAB/mxdp.conf}" --json "$@" \
        "$LAB/talks.pcap" 2>"$LAB/replay.err" |
        jq -r '"\(.client | split(":")[0]) \([.findings[].id] | join(",")) \(.verdict)"'
}
before=$(datagrams)
check_equal "replay without --dns finds nothing in spotless sessions" "$(NS=quiet replay)" \
"198.51.100.7  pass
198.51.100.8  pass
198.51.100.26  pass
198.51.100.30  pass"
check_equal "and asks nobody" "$(datagrams)" "$before"
check_equal "with --dns it tells what lists and names say, in the capture's order" \
    "$(replay --dns)" \
"198.51.100.7 rdns-missing,dnsbl:bl.lab.example block
198.51.100.8 rdns-missing,dnsbl:bl.lab.example,dnswl:wl.lab.example pass
198.51.100.26 rdns-missing pass
198.51.100.30 rdns-missing,rhsbl-helo:rhs.lab.example watch"
check "who is not believed is said" \
    grep -q 'world.lab.example is open and not believed' "$LAB/replay.err"
sed -i '1i allow = {"198.51.100.7"}' "$LAB/mxdp.conf"
check_equal "nobody is asked about who is allowed" \
    "$(replay --dns | head -n 1)" "198.51.100.7  pass"
sed -i '1d' "$LAB/mxdp.conf"

# A list that dies is not believed; the others are.
kill "$RBLDNSD"
wait "$RBLDNSD" 2>/dev/null
check_equal "no server is left: nobody is accused" "$(replay --dns | cut -d ' ' -f 2 | sort -u)" ""
printf 'dns_checks = no\n' >"$LAB/mxdp.conf"
check_exit 1 "with nobody to ask, --dns says so" judge --dns --client 198.51.100.7
check "in words" grep -q 'nobody to ask' "$LAB/judge.err"
lab_done
