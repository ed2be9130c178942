# SPDX-License-Identifier: GPL-2.0-or-later
#
# `mxdpctl help VERB', of one verb after the other, as a list in mdoc(7). Wants text.awk.

function end_literal()
{
    if (literal)
        print ".Ed"
    literal = 0
}

/^usage: mxdpctl / {
    usage = substr($0, length("usage: mxdpctl ") + 1)
    part = "usage"
    next
}

part == "usage" && NF {
    sub(/^ */, "")
    usage = usage " " $0
    next
}

part == "usage" {
    verb = usage
    sub(/ .*/, "", verb)
    sub(/^[^ ]* ?/, "", usage)
    print ".It Ic " escape(verb) (usage == "" ? "" : " " words(usage))
    part = "summary"
    next
}

/^options, before or behind the verb:/ {
    end_literal()
    part = ""
}

part == "summary" {
    print toupper(substr($0, 1, 1)) escape(substr($0, 2)) "."
    part = "text"
    next
}

part == "text" && NF {
    if (/^  / && !literal) {
        print ".Bd -literal -offset 2n"
        literal = 1
    } else if (!/^  /) {
        end_literal()
    }
    sub(/^  /, "")
    print literal ? escape($0) : sentences($0)
}
