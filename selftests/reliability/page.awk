# SPDX-License-Identifier: GPL-2.0-or-later
#
# See page.sh. Files of results are read first, then the page, which is named by the variable `page'.

function grouped(n,    text)
{
    if (n !~ /^[0-9]+$/)
        return n
    text = ""
    while (length(n) > 3) {
        text = "," substr(n, length(n) - 2) text
        n = substr(n, 1, length(n) - 3)
    }
    return n text
}

function ended(passed, failed, skipped, what)
{
    if (failed)
        return "**" failed " of " passed + failed " failed**"
    if (!passed)
        return "not run"
    return grouped(passed "") " " what (passed == 1 ? "" : "s") " passed" \
        (skipped ? ", " skipped " skipped" : "")
}

function test_words(name)
{
    if (!(name in passed))
        return "not run"
    return ended(passed[name], failed[name], skipped[name], "check") \
        (told[name] == "" ? "" : ": " told[name])
}

# Some tests by their names.
function tests_words(part, n,    i, name, text)
{
    for (i = 2; i <= n; i++) {
        name = part[i]
        sub(/.*\//, "", name)
        text = text (i > 2 ? "; " : "") "`" name "` " test_words(part[i])
    }
    return text
}

function suite_words(suite, part,    i, name, p, f, s)
{
    for (i = 1; i <= tests; i++) {
        name = order[i]
        if (index(name, suite "/" part) == 1) {
            p += passed[name]
            f += failed[name]
            s += skipped[name]
        }
    }
    return ended(p, f, s, "check")
}

function sum_words(name)
{
    return name in sum ? grouped(sprintf("%d", sum[name])) " " unit[name] : "not run"
}

function about(    i, suite, name, seen, count, p, f, s, when_, mxdp_, kernel_, time)
{
    print "| suite | tests | checks | failed | skipped | seconds | last run | mxdp | kernel |"
    print "| --- | ---: | ---: | ---: | ---: | ---: | --- | --- | --- |"
    for (i = 1; i <= tests; i++) {
        name = order[i]
        suite = name
        sub(/\/.*/, "", suite)
        if (!(suite in count))
            seen[++suites] = suite
        count[suite]++
        p[suite] += passed[name]
        f[suite] += failed[name]
        s[suite] += skipped[name]
        time[suite] += seconds[name]
        if (when[name] > when_[suite]) {
            when_[suite] = when[name]
            mxdp_[suite] = mxdp[name]
            kernel_[suite] = kernel[name]
        }
    }
    for (i = 1; i <= suites; i++) {
        suite = seen[i]
        printf "| %s | %d | %s | %d | %d | %d | %s | %s | %s |\n", suite, count[suite],
            grouped(p[suite] ""), f[suite], s[suite], time[suite], when_[suite], mxdp_[suite],
            kernel_[suite]
    }
}

function all_tests(    i, name)
{
    print "| test | result |"
    print "| --- | --- |"
    for (i = 1; i <= tests; i++) {
        name = order[i]
        print "| " name " | " test_words(name) " |"
    }
}

# One token, without its @s.
function words_of(token,    part, n)
{
    n = split(token, part, " ")
    if (part[1] == "TEST")
        return tests_words(part, n)
    if (part[1] == "SUITE")
        return suite_words(part[2], n > 2 ? part[3] : "")
    if (part[1] == "SUM")
        return sum_words(part[2])
    if (part[1] == "SOAK")
        return soak
    print "page.awk: @" token "@ is nothing that it knows" >"/dev/stderr"
    exit wrong = 1
}

FNR == 1 {
    name = FILENAME
    order[++tests] = name
    passed[name] = failed[name] = skipped[name] = seconds[name] = 0
    when[name] = mxdp[name] = kernel[name] = told[name] = ""
}
$1 == "passed" { passed[name] = $2 + 0 }
$1 == "failed" { failed[name] = $2 + 0 }
$1 == "skipped" { skipped[name] = $2 + 0 }
$1 == "seconds" { seconds[name] = $2 + 0 }
$1 == "when" { when[name] = $2 }
$1 == "mxdp" { mxdp[name] = $2 }
$1 == "kernel" { kernel[name] = $2 }
$1 == "figure" {
    unit[$2] = $4
    sum[$2] += $3
    gsub(/_/, " ", $2)
    told[name] = told[name] (told[name] == "" ? "" : ", ") $2 " " grouped($3) \
        (index($2 " ", $4 " ") ? "" : " " $4)
}

END {
    if (wrong)
        exit 1
    while ((getline line <page) > 0) {
        if (line == "@ABOUT@")
            about()
        else if (line == "@TESTS@")
            all_tests()
        else {
            while (match(line, /@[A-Z][^@]*@/))
                line = substr(line, 1, RSTART - 1) words_of(substr(line, RSTART + 1, RLENGTH - 2)) \
                    substr(line, RSTART + RLENGTH)
            print line
        }
    }
}
