# SPDX-License-Identifier: GPL-2.0-only
#
# From the lines of tests/bench/guest/overhead to a table, and to the exit status.

function median(key,    i, j, n, value, values) {
    n = count[key]
    for (i = 1; i <= n; i++) {
        value = all[key, i]
        for (j = i - 1; j >= 1 && values[j] > value; j--) values[j + 1] = values[j]
        values[j + 1] = value
    }
    return values[int((n + 1) / 2)]
}

function grouped(number,    text, sign) {
    sign = number < 0 ? "-" : ""
    text = sprintf("%.0f", number < 0 ? -number : number)
    while (match(text, /[0-9][0-9][0-9][0-9](,|$)/))
        text = substr(text, 1, RSTART) "," substr(text, RSTART + 1)
    return sign text
}

# A peer is held to no goal.
function allowed(loop, side, off) {
    if (side !~ /^(fentry|kprobe|tracepoint)$/) return 0
    if (loop == "reclaim") return off / 100 > 300 ? off / 100 : 300
    return loop == "fault" || loop == "charge" ? off / 1000 : 0
}

function cell(loop, side,    off, more, bound, text) {
    off = median(loop SUBSEP "off")
    if (side == "off") return grouped(off)
    if (!off) return grouped(median(loop SUBSEP side))
    more = median(loop SUBSEP side) - off
    if (more < 0.5 && more > -0.5) more = 0
    text = sprintf("%s%s (%.2f%%)", more < 0 ? "" : "+", grouped(more), 100 * more / off)
    bound = allowed(loop, side, off)
    if (bound && more > bound) {
        missed++
        text = text " MISSED"
    }
    return text
}

function row(loop, name,    i) {
    if (!count[loop, "off"]) return
    printf "| %s |", name
    for (i = 1; i <= sides; i++) printf " %s |", cell(loop, side[i])
    printf "\n"
}

BEGIN { sides = split(order, side, " ") }

NF == 4 && $3 > 0 && $4 ~ /^[0-9.]+$/ { all[$1, $2, ++count[$1, $2]] = $4 / $3; next }
{ print "overhead: what is \"" $0 "\"?" > "/dev/stderr"; broken = 1 }

END {
    for (i = 1; i <= sides; i++)
        if (!count["reclaim", side[i]] || !count["fault", side[i]] || !count["charge", side[i]]) broken = 1
    if (broken) exit 2
    printf "| Linux %s |", kernel
    for (i = 1; i <= sides; i++) printf " %s |", side[i]
    printf "\n|---|"
    for (i = 1; i <= sides; i++) printf "---|"
    printf "\n"
    row("reclaim", "a pass of reclaim, with the faults that led to it")
    row("fault", "a page fault")
    row("charge", "a page charged by `write()`")
    row("path", "a kill: the kernel's `mem_cgroup_out_of_memory()`")
    row("told", "a kill: the tracer's threads")
    if (missed) print missed " of these miss the goal"
    exit missed > 0
}
