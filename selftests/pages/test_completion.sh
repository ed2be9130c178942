#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Completion: what bash offers is what mxdpctl knows, also without an agent; zsh can read its file.

cd "$(dirname "$0")/../.." || exit 1
PATH=$PWD/build:$PATH
FAILED=0
# shellcheck source=completion/mxdpctl.bash
. completion/mxdpctl.bash

equal()
{
    if [ "$2" = "$3" ]; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        echo "#   is '$2', should be '$3'"
        FAILED=1
    fi
}

# offers WANTED WORD...: what is offered for the last word.
offers()
{
    local wanted=$1
    shift
    COMP_WORDS=(mxdpctl "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _mxdpctl mxdpctl
    equal "mxdpctl $*" "${COMPREPLY[*]}" "$wanted"
}

verbs=$(mxdpctl help | awk '/^  [a-z]/ { print $1 }' | xargs)
offers "$verbs" ""
offers "$verbs" help ""
offers "status" st
offers "unblock unallow" un
offers "unblock unallow" --json --socket list un
offers "monitor enforce" mode ""
offers "enforce" --socket /nowhere mode e
offers "--action" block --a
offers "drop reset watch limit" block 198.51.100.7 --action ""
offers "mx submission all" block 198.51.100.7 --ports ""
offers "mx submission" list --ports ""
offers "" block --for ""
offers "cidr ipset nft rbldnsd" export --format ""
offers "text json fail2ban" log --format ""
offers "flush feed" log --event f
offers "manual score" unblock --by ""
offers "on off" checks o
offers "--write" setup --w
offers "--force" setup --write --f
offers "auto always never" --color ""
offers "--version" --vers
offers "" block --vers
offers "scripts/check" check-config scripts/che
offers "" nonsense ""

# An agent that does not answer holds nobody up for long: the ids are given up.
hang=$(mktemp -d) || exit 1
trap 'rm -rf "$hang"' EXIT
cat >"$hang/slow" <<'END'
#!/bin/sh
[ "$1" != checks ] || exec sleep 60
exec mxdpctl "$@"
END
cat >"$hang/quick" <<'END'
#!/bin/sh
[ "$1" != checks ] || exec echo '{"id":"no-helo","class":"protocol"}'
exec mxdpctl "$@"
END
chmod +x "$hang/slow" "$hang/quick"
COMP_WORDS=(mxdpctl checks on "")
COMP_CWORD=3
SECONDS=0
_mxdpctl "$hang/slow"
equal "without an answer there are no ids" "${COMPREPLY[*]}" "on off"
equal "and no long wait" "$((SECONDS < 30))" 1
_mxdpctl "$hang/quick"
equal "with one there are" "${COMPREPLY[*]}" "on off no-helo"

if command -v zsh >/dev/null; then
    if zsh -n completion/_mxdpctl; then
        echo "ok - zsh reads its file"
    else
        echo "not ok - zsh reads its file"
        FAILED=1
    fi
    # Its own parse of the usage, outside of a line editor.
    got=$(zsh -c 'words=(mxdpctl); _arguments() { : }; _describe() { : }; CURRENT=2
        . completion/_mxdpctl; _mxdpctl_options block' 2>/dev/null | xargs)
    equal "zsh: the options of block" "$got" \
        "--for[]:value: --reason[]:value: --action[]:value:(drop reset watch limit) --ports[]:value:(mx submission all)"
    got=$(zsh -c 'words=(mxdpctl); _arguments() { : }; _describe() { : }; CURRENT=2
        . completion/_mxdpctl; _mxdpctl_events; _mxdpctl_options log' 2>/dev/null | xargs)
    COMP_WORDS=(mxdpctl log --event "")
    COMP_CWORD=3
    _mxdpctl mxdpctl
    equal "zsh: the events, as bash has them" "${got%% --*}" "${COMPREPLY[*]}"
    equal "zsh: and where they go" "$(grep -c -e '--event..:event:(.._mxdpctl_events))' <<<"$got")" 1
else
    echo "skip - zsh is not installed"
fi
exit "$FAILED"
