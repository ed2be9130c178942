#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Under strace, the agent and the feeds' workers live through a day: start, mail, bots, lists, feeds,
# figures, reloads, an interface that comes back, another agent that takes over, the end. Each system
# call that any thread of theirs makes behind its filter stands in that filter's list, and none is
# answered by the filter in the kernel's place. Runs alone: strace makes everything slow.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/dns.sh
. "$(dirname "$0")/dns.sh"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
lab_enter "$@"
lab_up

command -v strace >/dev/null || lab_die "strace is missing: run scripts/deps test"
CALLS=$LAB/calls # a file for each thread
mkdir -p "$CALLS"
mkdir -p "$LAB/lists"

# --- the lists, as they stand in the sources

# names FILE ARRAY: the words of an array.
names()
{
    sed -n "/^static const char \*const $2\[\]/,/^};/p" "$LAB_TOP/user/$1" | grep -oE '"[a-z0-9_]+"' |
        tr -d '"'
}

# rules FILE...: the calls that have rules of their own.
rules()
{
    (cd "$LAB_TOP/user" && grep -ohE 'SCMP_SYS\([a-z0-9_]+\)' "$@") | sed 's/SCMP_SYS(\(.*\))/\1/'
}

{
    names base/calls.c harmless
    names agent/privileges_calls.c needed
    rules base/calls.c agent/privileges_calls.c
} | sort -u >"$LAB/agent.list"
{
    names base/calls.c harmless
    rules base/calls.c feeds/confine_calls.c
} | sort -u >"$LAB/worker.list"
{
    cat "$LAB/worker.list"
    names feeds/confine_calls.c of_programs
} | sort -u >"$LAB/program.list"
check_more "the agent's list was read" "$(wc -l <"$LAB/agent.list")" 150
check_more "the workers', too" "$(wc -l <"$LAB/worker.list")" 90
check_more "and that of rsync" "$(wc -l <"$LAB/program.list")" 110

# --- the day

cat >"$LAB/mxdp.conf" <<END
metrics { listen = "127.0.0.1:9725" }
dns { stubs = {"bl.lab.example=127.0.0.1@$DNS_PORT"} }
list "bl.lab.example" { score = {"127.0.0.2*4"} }
END
{
    dns_points
    echo 198.51.100.30
} | dns_zone bl.lab.example ip4set
dns_start
feeds_nginx
echo 198.51.100.70 | feed_put web.txt
echo 198.51.100.71 >"$LAB/lists/file.txt"
echo 198.51.100.72 >"$LAB/lists/rsync.txt"
cat >"$LAB/rsyncd.conf" <<END
use chroot = no
pid file = $LAB/rsync.pid
log file = $LAB/rsync.log
[lists]
path = $LAB/lists
END
lab_in mta rsync --daemon --config="$LAB/rsyncd.conf" --address=127.0.0.1 --port=8730
feed_section web "$FEED_WEB/web.txt" 'action = drop'
feed_section file "file://$LAB/lists/file.txt" 'action = drop'
feed_section rsync "rsync://127.0.0.1:8730/lists/rsync.txt" 'action = drop'
feed_section brought stdin 'action = drop'

# The tracer is a process of its own: the agent has the number that the shell knows.
traced()
{
    : >"$LAB/mxdpd.log"
    nsenter --net=/run/netns/mta -- strace -D -ff -qq -e trace=all -o "$CALLS/t" \
        "$LAB_BUILD/mxdpd" --config "$LAB/mxdp.conf" --pin-dir "$PIN_DIR" \
        --state-dir "$LAB/state" --socket "$LAB/mxdp.sock" --mode enforce "$@" eth0 \
        >>"$LAB/mxdpd.log" 2>&1 &
    AGENT=$!
    lab_wait 60 lab_agent_ready && ! lab_agent_gone
}

ends()
{
    kill -TERM "$AGENT"
    lab_wait 60 lab_agent_gone
    wait "$AGENT"
}

reread()
{
    [ "$(lab_ctl log --lines 1000 | grep -c "$1")" -ge "$2" ]
}

check "the agent starts under strace" traced --handover
check "good mail" lab_send 198.51.100.25 "$MX4" first
lab_bot 198.51.100.7 "$MX4" helo "[$MX4]" >/dev/null
check "a bot is blocked" lab_wait 20 lab_is_blocked 198.51.100.7
check_exit 4 "its SYN is dropped" lab_bot 198.51.100.7 --timeout 3 "$MX4" connect
lab_bot 2001:db8:100:7::1 "$MX6" helo mail.example.org >/dev/null
lab_bot 198.51.100.30 "$MX4" helo mail.example.org >/dev/null
check "the list is believed" lab_wait 60 dns_believed bl.lab.example
for feed in web file rsync; do
    check "the feed is fetched: $feed" lab_wait 60 feed_is $feed state ok
done
check "one is brought" lab_ctl feeds sync brought - <"$LAB/lists/file.txt"
check "one is fetched again" lab_ctl feeds sync web --force
check "figures" lab_in mta curl -sS --fail --noproxy '*' --max-time 60 -o /dev/null \
    http://127.0.0.1:9725/metrics
for verb in status list "log --lines 10" "log --audit" checks dnsbl feeds report allow \
    "explain 198.51.100.7" "explain mail.example.org" "top --json" "export --format cidr"; do
    # shellcheck disable=SC2086 # words
    check "mxdpctl $verb" lab_ctl $verb
done
check "a block, a network, a grace, an allowed one" eval 'lab_ctl block 192.0.2.66 --for 1h &&
    lab_ctl block 192.0.2.128/25 && lab_ctl unblock 192.0.2.66 && lab_ctl allow 192.0.2.99'
check "a word of the mail log" lab_ctl outcome - <<<"198.51.100.25 accepted"
check "the mode" lab_ctl mode enforce --for 1h
echo 'courtesy = 2h' >>"$LAB/mxdp.conf"
kill -HUP "$AGENT"
check "a reload" lab_wait 30 reread 'configuration read anew' 1
echo 'courtesy = nonsense' >>"$LAB/mxdp.conf"
kill -HUP "$AGENT"
check "one that is refused" lab_wait 30 reread 'was not read anew' 1
sed -i '/nonsense/d' "$LAB/mxdp.conf"
hooks=$(lab_programs)
lab_unplug
lab_plug
check "an interface that comes back is guarded" lab_wait 60 lab_has_programs "$hooks"
check "the agent ends, and leaves the gate" ends
check_equal "which stands" "$(lab_programs)" "$hooks"
check "another takes over" traced
check "with the verdicts" lab_wait 20 lab_is_blocked 198.51.100.7
check "good mail" lab_send 198.51.100.26 "$MX4" second
check "flush" lab_ctl flush --yes
check "detach" lab_ctl detach
lab_wait 60 lab_agent_gone
check_equal "nothing is attached" "$(lab_programs)" 0

# --- what they called

traces_end()
{
    [ "$(pgrep -cx strace)" = 0 ]
}
check "the traces are whole" lab_wait 30 traces_end

# What each thread called once its filter was there, by the kind of its filter. Whoever was made behind
# a filter begins behind it; the keeper never has one, and its workers load theirs. A worker that is
# to run rsync loads the wider list: it, and what it executes and forks, are programs.
cat >"$LAB/sort.awk" <<'AWK'
function base(file) { sub(/.*t\./, "", file); return file }
FNR == 1 { pid = base(FILENAME); pids[++count] = pid }
{
    lines[pid, ++lines_of[pid]] = $0
    if (match($0, /^(clone|clone3|fork|vfork)\(/) && match($0, / = [0-9]+$/)) {
        child = substr($0, RSTART + 3)
        parent[child] = pid
        at[child] = lines_of[pid]
    }
}
# How many lines of a thread were called without a filter: all of them, where it never had one.
function free_of(p,    i) {
    if (p in bare)
        return bare[p]
    if (p in parent && free_of(parent[p]) < at[p]) {
        kind[p] = kind[parent[p]]
        return bare[p] = 0
    }
    for (i = 1; i <= lines_of[p]; i++)
        if (lines[p, i] ~ /^seccomp\(SECCOMP_SET_MODE_FILTER.* = 0$/ ||
            lines[p, i] ~ /^prctl\(PR_SET_SECCOMP.* = 0$/) {
            kind[p] = p in parent ? "worker" : "agent"
            return bare[p] = i
        }
    return bare[p] = lines_of[p]
}
END {
    for (k = 1; k <= count; k++) {
        p = pids[k]
        from = free_of(p)
        for (i = from + 1; i <= lines_of[p]; i++)
            if (lines[p, i] ~ /^execve\(.* = 0$/)
                runs[p] = 1
    }
    # Who begins behind a worker's filter, or executes there, is rsync's.
    for (k = 1; k <= count; k++) {
        p = pids[k]
        if (kind[p] == "")
            continue
        program = runs[p]
        for (q = p; q in parent && !program; q = parent[q])
            program = runs[parent[q]] && kind[parent[q]] == "worker"
        for (i = bare[p] + 1; i <= lines_of[p]; i++)
            print (program ? "program" : kind[p]) "\t" p "\t" lines[p, i]
    }
}
AWK
awk -f "$LAB/sort.awk" "$CALLS"/t.* >"$LAB/filtered"

# called KIND: the names, each once.
called()
{
    awk -F '\t' -v kind="$1" '$1 == kind && $3 ~ /^[a-z0-9_]+\(/ { sub(/\(.*/, "", $3); print $3 }' \
        "$LAB/filtered" | sort -u
}

# answered KIND: those that failed as the filter of that kind makes calls fail, but for those that are
# meant to: clone3, whose flags a filter cannot see, so that libc takes clone.
answered()
{
    awk -F '\t' -v kind="$1" -v how="$2" '$1 == kind && $3 ~ how && $3 !~ /^clone3\(.* = -1 ENOSYS/' \
        "$LAB/filtered" | cut -f 3 | cut -c 1-160 | sort | uniq -c | head -n 20
}

for kind in agent worker program; do
    called $kind >"$LAB/$kind.calls"
    check_more "$kind: it called something" "$(wc -l <"$LAB/$kind.calls")" 15
    comm -23 "$LAB/$kind.calls" <(sort -u "$LAB/$kind.list" <(echo clone3)) >"$LAB/$kind.beyond"
    check_equal "$kind: nobody was killed for a call" "$(answered $kind 'killed by SIGSYS')" ""
done
check_equal "agent: all of it stands in the list" "$(xargs <"$LAB/agent.beyond")" ""
check_equal "worker: all of it stands in the list" "$(xargs <"$LAB/worker.beyond")" ""
# What another program tries besides nobody can list; it fails there, and the list came all the same.
echo "# rsync, beyond its list: $(xargs <"$LAB/program.beyond")"
echo "# agent $(wc -l <"$LAB/agent.calls") calls of $(wc -l <"$LAB/agent.list"), in" \
    "$(grep -c ^agent "$LAB/filtered") lines; workers $(wc -l <"$LAB/worker.calls") of" \
    "$(wc -l <"$LAB/worker.list")"
check_equal "agent: nothing is unknown to its filter" "$(answered agent ' = -1 ENOSYS')" ""
check_equal "agent: nothing is refused" "$(answered agent ' = -1 EPERM')" ""
check_equal "worker: nothing is refused" "$(answered worker ' = -1 E(PERM|NOSYS)')" ""
lab_done
