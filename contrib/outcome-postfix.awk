# SPDX-License-Identifier: GPL-2.0-or-later
#
# Postfix's log in, lines for `mxdpctl outcome -' out:
#
#   journalctl -f -n 0 -o short-iso -t postfix/smtpd -t postfix/cleanup -t postfix/qmgr |
#       awk -f outcome-postfix.awk | mxdpctl outcome -
#   tail -n 0 -F /var/log/mail.log | awk -f outcome-postfix.awk | mxdpctl outcome -
#
# Port 25 alone: what users submit has tags of its own (postfix/submission/smtpd). Only the words at
# their fixed places count; what strangers say stands behind them.

function client(text)
{
	if (!match(text, /^[^][]*\[[0-9A-Fa-f.:]+\]/))
		return ""
	text = substr(text, 1, RLENGTH - 1)
	sub(/^[^[]*\[/, "", text)
	return text ~ /^(127\.|::1$)/ ? "" : text
}

function tell(address, outcome)
{
	if (address == "")
		return
	print (index($1, "T") ? $1 " " : "") address " " outcome
	fflush()
}

# The tag is the third word with short-iso, the fifth with a classic date.
{
	tag = $3 ~ /^postfix/ ? 3 : 5
	program = $tag
	id = $(tag + 1)
	word = $(tag + 2)
	if (program !~ /^postfix[^\/ ]*\/(smtpd|cleanup|qmgr|postscreen)\[[0-9]+\]:$/ || id !~ /^[0-9A-Za-z]+:$/)
		next
	sub(/^postfix[^\/]*\//, "", program)
	sub(/\[.*/, "", program)
}

program == "smtpd" && id != "NOQUEUE:" && word ~ /^client=/ {
	if (++queued > 100000) { # of mails that were given up: forgotten
		split("", from)
		queued = 1
	}
	from[id] = client(substr(word, 8))
}

program == "qmgr" && id in from && word ~ /^from=/ {
	tell(from[id], "accepted")
	delete from[id]
	queued--
}

program != "qmgr" && word ~ /^(milter-)?reject:$/ {
	tell(client($(tag + 5)), "refused")
}
