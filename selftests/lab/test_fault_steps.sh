#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mxdpd dies at each step of its life that user/base/fault.h names: of a start on a clean machine, of
# one that takes over, at work, at its end. Meanwhile mail flows, and where a gate stood it stands.
# The next start has everything back: no verdict, allowance or feed is lost, nothing that was taken
# back or ran out is there again, and list, map and journal agree.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/agree.sh
. "$(dirname "$0")/agree.sh"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
lab_enter "$@"
lab_up

BASE="192.0.2.66 203.0.112.0/24 2001:db8:66::66"
N=0 # of this death: each has addresses and letters of its own

mapfile -t STEPS < <(sed -n 's/^\tX(\([a-z_]*\)).*/\1/p' "$LAB_TOP/user/base/fault.h")
[ "${#STEPS[@]}" -gt 20 ] || lab_die "user/base/fault.h names no steps"

# --- what must be there after each start ---------------------------------------------------------

dropped()
{
    lab_forge syn --source "$1" --dest "$MX4" --timeout 1 >/dev/null 2>&1
    [ $? = 4 ]
}

feed_in_force()
{
    feed_would_stop 20.3.0.1
}

# Lines of what is wrong.
violations()
{
    lab_ctl list --json | jq -rs 'flatten | .[] | "\(.addr) \(.reason)"' >"$LAB/stand"
    for addr in $BASE; do
        grep -qxF "$addr base" "$LAB/stand" || echo "$addr is lost"
    done
    ! grep -q '^192\.0\.2\.67 ' "$LAB/stand" || echo "192.0.2.67 was unblocked, and is back"
    ! grep -q '^192\.0\.2\.68 ' "$LAB/stand" || echo "192.0.2.68 ran out, and is back"
    lab_ctl allow --json | grep -q '"192.0.2.99"' || echo "192.0.2.99 is allowed no more"
    dropped 192.0.2.66 || echo "a SYN of 192.0.2.66 is answered"
    lab_wait 10 feed_in_force || echo "the feed is not in force"
    lab_has_programs 2 || echo "there are $(lab_programs) programs, not 2"
    lab_wait 10 agree || echo "list, map and journal differ: $(disagreement | paste -sd';')"
}

# --- dying ---------------------------------------------------------------------------------------

mail_flows()
{
    lab_bot 198.51.100.25 "$MX4" mail mail.example.org "letter-$N-@example.org" \
        user@example.net >"$LAB/bot.out" 2>&1 && lab_wait 10 lab_delivered "letter-$N-@"
}

# Something for each step at work to die of, where its start has not led there already.
provoke()
{
    local addr=198.51.100.$((N + 100))

    case $1 in
    verdict_*) lab_bot "$addr" "$MX4" helo "[$MX4]" ;;
    unblock_deleted) lab_ctl block 192.0.3.$N && lab_ctl unblock 192.0.3.$N ;;
    expired_deleted) lab_ctl block 192.0.3.$N --for 1s ;;
    state_written) lab_ctl allow 192.0.4.$N ;;
    reloading) kill -s HUP "$AGENT" ;;
    feed_*) echo 20.3.1.$N >>"$LAB/www/list.txt" && lab_ctl feeds sync list ;;
    ending | gate_removed | detached | journal_told) kill -s TERM "$AGENT" ;;
    *) lab_ctl block 192.0.3.$N ;;
    esac >/dev/null 2>&1
}

# dies STEP [OPTION...]: mxdpd starts, and dies there; whether it did.
dies()
{
    local status=0
    LAB_MXDPD=$LAB_BUILD/mxdpd-faults MXDP_FAULT=$1 lab_agent "${@:2}" >/dev/null 2>&1 && provoke "$1"
    lab_wait 15 lab_agent_gone
    wait "$AGENT" || status=$?
    [ "$status" = 137 ] || [ "$status" = 132 ] # by SIGKILL, or where that is not permitted
}

# death STEP CONTEXT [OPTION...]: with all that must follow.
death()
{
    local step=$1 context=$2 wrong
    shift 2
    N=$((N + 1))
    if ! dies "$step" "$@" 2>/dev/null; then
        not_ok "$step, $context: it did not die there"
        kill -KILL "$AGENT" 2>/dev/null
    fi
    wrong=$(mail_flows || echo "no mail without an agent"
        [ "$context" = fresh ] || [ "$context" = stop ] || dropped 192.0.2.66 ||
            echo "the gate is open without an agent")
    if lab_agent >/dev/null 2>&1; then
        wrong+=$(violations)
    else
        wrong+="it does not start again: $(tail -n 1 "$LAB/mxdpd.log")"
    fi
    check_equal "$step, $context: mail flows, and the next start has everything" "$wrong" ""
}

# --- all of them ---------------------------------------------------------------------------------

mkdir -p "$LAB/www"
printf '20.3.0.1\n2001:db8:3::1\n' >"$LAB/www/list.txt"
feed_section list "file://$LAB/www/list.txt" 'action = drop' 'guard = 1000'
lab_agent || lab_die "mxdpd does not start"
check "blocks" lab_ctl block - --for 2h --reason base < <(tr ' ' '\n' <<<"$BASE")
check "one that is taken back" lab_ctl block 192.0.2.67 --for 2h
check "is taken back" lab_ctl unblock 192.0.2.67
check "one that runs out" lab_ctl block 192.0.2.68 --for 1s
check "an allowance" lab_ctl allow 192.0.2.99
over()
{
    ! lab_is_blocked 192.0.2.68
}
check "it has run out" lab_wait 5 over
check_equal "all is well before" "$(violations)" ""

for step in "${STEPS[@]}"; do
    case $step in
    restoring | restored | maps_marked)
        lab_agent_stop
        death "$step" fresh
        ;;
    config_read | locked | server_opened | pins_locked)
        lab_agent_kill
        death "$step" "taking over"
        ;;
    maps_loaded | gate_put | tap_put | attached | protected_open | state_loaded | live_filled | \
        fenced | begun)
        lab_agent_kill
        death "$step" "taking over"
        lab_agent_stop
        death "$step" fresh
        ;;
    ending | journal_told)
        lab_agent_kill
        death "$step" "handing over" --handover
        lab_agent_kill
        death "$step" stop
        ;;
    gate_removed | detached)
        lab_agent_kill
        death "$step" stop
        ;;
    *)
        lab_agent_kill
        death "$step" "at work"
        ;;
    esac
done
check "mxdpd ends well" lab_agent_stop
check_equal "nothing is attached" "$(lab_programs)" 0
check_equal "no pin is left" "$(lab_pins_left)" 0
echo "# figure: steps_died_at ${#STEPS[@]} steps"
lab_done
