# SPDX-License-Identifier: GPL-2.0-or-later
#
# Exim's main log in, lines for `mxdpctl outcome -' out:
#
#   tail -n 0 -F /var/log/exim4/mainlog | awk -f outcome-exim.awk | mxdpctl outcome -
#
# Only what Exim itself wrote counts: a sender in quotes may hold anything, so it is skipped as a
# whole, and the address of the host stands at its place behind H=: a name, a HELO in parentheses,
# the address in brackets, the first two only where they are known. A HELO holds no blank unless
# helo_accept_junk_hosts lets it.

function client(text,    address)
{
	if (!match(text, /^ H=([^][() ]+ )?(\([^ ]*\) )?\[[0-9A-Fa-f.:]+\]/))
		return ""
	address = substr(text, 1, RLENGTH - 1)
	sub(/.*\[/, "", address)
	return address ~ /^(127\.|::1$)/ ? "" : address
}

function tell(address, outcome)
{
	if (address == "")
		return
	print address " " outcome
	fflush()
}

# Behind the sender: DATE TIME [ZONE] [PID] ID <= SENDER H=...
match($0, /^[0-9-]+ [0-9:.]+ ([-+][0-9]+ )?(\[[0-9]+\] )?[0-9A-Za-z]+-[0-9A-Za-z]+-[0-9A-Za-z]+ <= /) {
	rest = substr($0, RLENGTH + 1)
	if (substr(rest, 1, 1) == "\"") {
		if (!match(rest, /^"([^"\\]|\\.)*"/))
			next
		rest = substr(rest, RLENGTH + 1)
	}
	if (!match(rest, /^[^ ]* /))
		next
	rest = substr(rest, RLENGTH)
	# Users that logged in say nothing of a mail server.
	if (rest ~ /^ H=/ && rest !~ / A=[a-z_]+:[^ ]* /)
		tell(client(rest), "accepted")
	next
}

match($0, /^[0-9-]+ [0-9:.]+ ([-+][0-9]+ )?(\[[0-9]+\] )?([0-9A-Za-z]+-[0-9A-Za-z]+-[0-9A-Za-z]+ )?H=/) {
	rest = " " substr($0, RLENGTH - 1)
	if (rest ~ / (temporarily )?rejected (RCPT|MAIL|EHLO|HELO|DATA|connection|after DATA|by )/)
		tell(client(rest), "refused")
}
