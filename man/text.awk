# SPDX-License-Identifier: GPL-2.0-or-later
#
# Plain text as mdoc(7) wants it: what options.awk and verbs.awk share.

# Hyphens, carets and tildes that can be searched for and copied; no line that looks like a macro.
function escape(text)
{
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    gsub(/\^/, "\\(ha", text)
    gsub(/~/, "\\(ti", text)
    return (text ~ /^[.']/ ? "\\&" : "") text
}

# The same as one argument of a macro.
function words(text)
{
    text = escape(text)
    gsub(/"/, "\\(dq", text)
    gsub(/'/, "\\(aq", text)
    return "\"" text "\""
}

# The same with each sentence on a line of its own, so that the gap behind it is set right.
function sentences(text,    lines)
{
    while (match(text, /[.!?][)']* +[^ ]/)) {
        lines = lines escape(substr(text, 1, RSTART + RLENGTH - 2)) "\n"
        text = substr(text, RSTART + RLENGTH - 1)
        gsub(/ +\n$/, "\n", lines)
    }
    return lines escape(text)
}
