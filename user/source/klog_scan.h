/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * klog_scan: where in many bytes a report of the OOM killer may begin, fast. Each line that begins
 * or ends one has "kill" or "Kill" in it, which few others have.
 */
#ifndef OOMWHY_KLOG_SCAN_H
#define OOMWHY_KLOG_SCAN_H

/*
 * klog_scan() - the first place from @at on whose words are those of a report. Returns a place
 * inside of that line, or NULL. The words that decide are looked for within [@at, @end): give whole
 * lines, or scan again with the rest of the last one.
 */
const char *klog_scan(const char *at, const char *end);

#endif
