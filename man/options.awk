# SPDX-License-Identifier: GPL-2.0-or-later
#
# mxdp.conf, the one place where the meaning of options stands, as a part of a page in mdoc(7):
# first the options outside of sections, then each section. What is commented out there, to be taken
# into use, is shown as the rest. Wants text.awk.

function put(line)
{
    if (section == "")
        top = top line "\n"
    else
        rest = rest line "\n"
}

# The comment that was gathered: paragraphs, and what is indented as it stands.
function put_comment(    i, literal, text, gap)
{
    for (i = 1; i <= lines; i++) {
        text = comment[i]
        if (text == "") {
            gap = 1
            continue
        }
        if (text ~ /^  / && !literal) {
            put(".Bd -literal -offset 2n")
            literal = 1
        } else if (text !~ /^  / && literal) {
            put(".Ed")
            literal = 0
            gap = 1
        }
        if (gap)
            put(literal ? "" : ".Pp")
        gap = 0
        put(literal ? escape(text) : sentences(text))
    }
    if (literal)
        put(".Ed")
    lines = 0
}

# What is commented out begins with its section, and ends with its brace.
/^#[a-z]+ .*\{$/ { inside = 1 }
inside { end = /^#\}/; sub(/^#/, ""); if (end) inside = 0 }

/^[ \t]*#/ {
    sub(/^[ \t]*# ?/, "")
    comment[++lines] = $0
    next
}

# The head of the file is no option's.
/^[ \t]*$/ {
    if (!begun)
        lines = 0
    begun = 1
    next
}

/\{$/ {
    section = $1
    title = /"/ ? " \"TITLE\"" : ""
    put(".Ss The section " section)
    put(".Bd -literal -compact")
    put(escape(section title) " { ... }")
    put(".Ed")
    put(".Pp")
    put_comment()
    put(".Bl -tag -width Ds")
    next
}

/^\}/ {
    put(".El")
    section = ""
    next
}

{
    name = $1
    value = $0
    sub(/^[ \t]*[a-z_0-9]+ */, "", value)
    put(".It Va " name " " words(value))
    put_comment()
}

END {
    printf ".Ss Options outside of sections\n.Bl -tag -width Ds\n%s.El\n%s", top, rest
}
