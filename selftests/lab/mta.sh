# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What every mail server in the laboratory is tried with, behind mxdp: ordinary mail in all its
# forms, against which nothing may be found, and bots, each of which must be told by its finding.
# Sourced behind scripts/lab; the servers themselves stand in mta_*.sh.
#
# Client N has the addresses 198.51.100.N and 2001:db8:100:N::1. SLOW4 and SLOW6 are served with a
# pause before the banner, so that there is a time to talk in before it.

LARGE=5000000 # bytes of a large message
MANY=50       # messages of a long session
SLOW=208
# shellcheck disable=SC2034 # for mta_*.sh
{
    SLOW4=198.51.100.$SLOW
    SLOW6=2001:db8:100:$SLOW::1
    SLOW_PAUSE=1 # seconds
}

BOTS=()   # "SOURCE FINDING", likewise
MAILED=() # "SOURCE MESSAGES OUTCOME..." of each session whose judgement is still to be looked at

# A certificate that nobody has signed, as most mail servers show. For OWNER's eyes.
mta_certificate()
{
    mkdir -p "$LAB/tls"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$MX_NAME" -keyout "$LAB/tls/key.pem" \
        -out "$LAB/tls/cert.pem" >"$LAB/openssl.out" 2>&1 || lab_die "openssl: $(cat "$LAB/openssl.out")"
    chown -R "$1" "$LAB/tls"
    chmod 0600 "$LAB/tls/key.pem"
}

client4()
{
    echo "198.51.100.$1"
}

client6()
{
    echo "2001:db8:100:$1::1"
}

# --- ordinary senders: NAME SOURCE SERVER TOKEN ---------------------------------------------------

large_text()
{
    [ -s "$LAB/large.txt" ] || yes "EHLO [$MX4], and other lines that look like SMTP" |
        head -c $LARGE >"$LAB/large.txt"
    echo "$LAB/large.txt"
}

by_swaks()
{
    local source=$1 server=$2 token=$3
    shift 3
    lab_in wan swaks --local-interface "$source" --server "$server" --timeout 20 \
        --helo mail.example.org --from friend@example.org --to user@example.net \
        --header "Subject: $token" --body "A letter." --hide-all "$@"
}

swaks_tls()
{
    by_swaks "$@" --tls
}

swaks_pipeline()
{
    by_swaks "$@" --pipeline
}

swaks_tls_pipeline()
{
    by_swaks "$@" --tls --pipeline
}

swaks_large()
{
    by_swaks "$@" --attach "@$(large_text)"
}

swaks_tls_large()
{
    by_swaks "$@" --tls --attach "@$(large_text)"
}

by_post()
{
    local source=$1 server=$2 token=$3
    shift 3
    lab_in wan "$LAB_BUILD/selftests/lab/post" --source "$source" "$@" "$server" \
        mail.example.org friend@example.org user@example.net "$token"
}

post_many()
{
    by_post "$@" --messages $MANY
}

post_many_pipelined()
{
    by_post "$@" --messages $MANY --pipeline
}

post_bdat()
{
    by_post "$@" --bdat --chunk 50 --size 1000
}

post_bdat_pipelined()
{
    by_post "$@" --bdat --chunk 50 --size 1000 --pipeline
}

post_bdat_large()
{
    by_post "$@" --bdat --size $LARGE --pipeline
}

post_bdat_many()
{
    by_post "$@" --bdat --messages $MANY --pipeline
}

# --- a Postfix that sends ------------------------------------------------------------------------

SENDER=$LAB/sender

# sender_service NAME CLIENT TLS_LEVEL: lines for master.cf
sender_service()
{
    echo "$1 unix - - n - 1 smtp
    -o smtp_bind_address=$(client4 "$2")
    -o smtp_bind_address6=$(client6 "$2")
    -o smtp_tls_security_level=$3"
}

sender_start()
{
    mkdir -p "$SENDER/etc" "$SENDER/queue"
    cat >"$SENDER/etc/main.cf" <<END
compatibility_level = 3.6
queue_directory = $SENDER/queue
data_directory = $SENDER/data
maillog_file = $SENDER/log
maillog_file_prefixes = $SENDER
myhostname = mail.example.org
inet_interfaces = loopback-only
inet_protocols = all
mydestination =
alias_maps =
default_transport = error:by its sender only
sender_dependent_default_transport_maps = inline:{
    { plain4@example.org = plain:[$MX4]:25 } { plain6@example.org = plain:[$MX6]:25 }
    { large4@example.org = large:[$MX4]:25 } { large6@example.org = large:[$MX6]:25 }
    { tls4@example.org = tls:[$MX4]:25 } { tls6@example.org = tls:[$MX6]:25 } }
smtp_tls_loglevel = 1
smtp_host_lookup = native
disable_dns_lookups = yes
biff = no
END
    {
        sender_service plain 30 none
        sender_service large 31 none
        sender_service tls 32 encrypt
        cat <<END
pickup  unix       n - n 1 1 pickup
cleanup unix       n - n - 0 cleanup
qmgr    unix       n - n 300 1 qmgr
tlsmgr  unix       - - n 1000? 1 tlsmgr
rewrite unix       - - n - - trivial-rewrite
bounce  unix       - - n - 0 bounce
defer   unix       - - n - 0 bounce
trace   unix       - - n - 0 bounce
error   unix       - - n - - error
retry   unix       - - n - - error
scache  unix       - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
END
    } >"$SENDER/etc/master.cf"
    lab_in wan postfix -c "$SENDER/etc" start >"$LAB/sender.out" 2>&1 ||
        lab_die "the sending Postfix does not start: $(cat "$LAB/sender.out" "$SENDER/log" 2>&1)"
}

# sender_send SERVICE TOKEN [FILE]: submitted to it; on its way from there on.
sender_send()
{
    { printf 'From: <%s>\nTo: <user@example.net>\nSubject: %s\n\n' "$1@example.org" "$2" &&
        cat "${3:-/dev/null}"; } |
        lab_in wan sendmail -C "$SENDER/etc" -f "$1@example.org" user@example.net
}

sender_plain()
{
    sender_send "plain$FAMILY" "$3"
}

sender_large()
{
    sender_send "large$FAMILY" "$3" "$(large_text)"
}

sender_tls()
{
    sender_send "tls$FAMILY" "$3"
}

# --- what is to come of it ------------------------------------------------------------------------

# How many messages whose subject begins with TOKEN are in the mailbox.
delivered()
{
    grep -rslF "Subject: $1" "$LAB/mail/inbox/new" | wc -l
}

delivered_all()
{
    [ "$(delivered "$1")" = "$2" ]
}

# mail TEXT CLIENT MESSAGES OUTCOME SENDER: once over each IP version.
mail()
{
    local text=$1 client=$2 messages=$3 outcome=$4 sender=$5 token source server sender_status FAMILY

    for FAMILY in 4 6; do
        source=$("client$FAMILY" "$client")
        server=$MX4
        [ $FAMILY = 4 ] || server=$MX6
        token="letter.$client.$FAMILY."
        sender_status=0
        "$sender" "$source" "$server" "$token" >"$LAB/mail.out" 2>&1 || sender_status=$?
        if [ $sender_status != 0 ]; then
            not_ok "$text over IPv$FAMILY: exit $sender_status"
            sed 's/^/#   /' "$LAB/mail.out"
            continue
        fi
        check "$text over IPv$FAMILY: $messages delivered" \
            lab_wait 20 delivered_all "$token" "$messages"
        MAILED+=("$source $outcome")
    done
}

# For all servers. Behind STARTTLS, what becomes of the mail is not ours to see.
mail_plain()
{
    sender_start
    mail "swaks" 20 1 "accepted 1 message" by_swaks
    mail "swaks with pipelining" 21 1 "accepted 1 message" swaks_pipeline
    mail "swaks, a large message" 24 1 "accepted 1 message" swaks_large
    mail "Postfix" 30 1 "accepted 1 message" sender_plain
    mail "Postfix, a large message" 31 1 "accepted 1 message" sender_large
    mail "$MANY messages in a session" 40 $MANY "accepted $MANY messages" post_many
}

mail_encrypted()
{
    mail "swaks with STARTTLS" 22 1 "unknown: encrypted" swaks_tls
    mail "swaks with STARTTLS and pipelining" 23 1 "unknown: encrypted" swaks_tls_pipeline
    mail "swaks, a large message with STARTTLS" 25 1 "unknown: encrypted" swaks_tls_large
    mail "Postfix with STARTTLS" 32 1 "unknown: encrypted" sender_tls
}

# For servers that offer PIPELINING and CHUNKING.
mail_pipelined()
{
    mail "$MANY messages in a session, pipelined" 41 $MANY "accepted $MANY messages" \
        post_many_pipelined
    mail "BDAT" 50 1 "accepted 1 message" post_bdat
    mail "BDAT, pipelined" 51 1 "accepted 1 message" post_bdat_pipelined
    # Chunks are bytes like any others: behind the tap's budget nobody looks.
    mail "BDAT, a large message" 52 1 any post_bdat_large
    mail "BDAT, $MANY messages in a session" 53 $MANY any post_bdat_many
}

# sessions_of SOURCE [JQ]: the sessions that mxdp has judged; all of each, or a part.
sessions_of()
{
    lab_ctl log --json -n 100000 | jq -cr --arg from "$1" "select(.event == \"session\" and
        (.client | sub(\":[0-9]+\$\"; \"\") | ltrimstr(\"[\") | rtrimstr(\"]\")) == \$from) |
        ${2:-.}"
}

session_judged()
{
    [ -n "$(sessions_of "$1")" ]
}

# Nothing found in any session of theirs; where it can be seen whole, its outcome known.
mail_judged()
{
    local entry source outcome

    for entry in "${MAILED[@]}"; do
        source=${entry%% *}
        outcome=${entry#* }
        lab_wait 40 session_judged "$source"
        check_equal "$source: nothing is held against it" "$(sessions_of "$source" \
            '"\(.score) points" + (.findings | map("; \(.id): \(.detail)") | add // "")' | sort -u)" \
            "0 points"
        [ "$outcome" != any ] || continue
        check_equal "$source: $outcome" "$(sessions_of "$source" \
            '.outcome + (if .partial then ", seen in part" else "" end)' | sort -u)" "$outcome"
    done
    check_equal "nobody is blocked" "$(lab_ctl list --json)" ""
    MAILED=()
}

# --- bots ----------------------------------------------------------------------------------------

# What of a session's findings convicts: it is worth 10 points or more.
convicted_of()
{
    sessions_of "$1" '.findings | map(select(.points >= 10).id) | join(" ")'
}

# bot FINDING CLIENT MODE [ARG...]: over each IP version; SERVER among ARG stands for the server's
# address as a literal.
bot()
{
    local finding=$1 client=$2 family source server literal
    shift 2

    for family in 4 6; do
        source=$("client$family" "$client")
        server=$MX4 literal="[$MX4]"
        [ $family = 4 ] || server=$MX6 literal="[IPv6:$MX6]"
        lab_bot "$source" "$server" "${@/SERVER/$literal}" >"$LAB/bot.out" 2>&1
        check "$1 from $source: judged $finding" lab_wait 5 lab_blocked_for "$source" "$finding"
        BOTS+=("$source $finding")
    done
}

bots_judged()
{
    local entry source

    for entry in "${BOTS[@]}"; do
        source=${entry%% *}
        lab_wait 40 session_judged "$source"
        check_equal "$source: convicted of that alone" "$(convicted_of "$source")" "${entry#* }"
    done
    check_equal "nobody else is blocked" "$(lab_ctl list --json | jq -s length)" ${#BOTS[@]}
    BOTS=()
}

# Good mail must have gone before: early talk is believed only of servers that do not invite it.
bots()
{
    bot helo-our-address 200 helo SERVER
    bot helo-our-name 201 helo "$MX_NAME"
    bot non-smtp 202 http
    bot helo-known-bot 203 helo ylmf-pc
    bot helo-illegal 204 helo $'bad\001name'
    bot early-talker $SLOW early mail.example.org
    bots_judged
}
