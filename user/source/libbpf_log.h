/* SPDX-License-Identifier: GPL-2.0-only */
/* libbpf_log: what libbpf has to say goes to our own log, with --verbose only: we tell errors in
 * our own words. */
#ifndef OOMWHY_LIBBPF_LOG_H
#define OOMWHY_LIBBPF_LOG_H

void libbpf_log_set(void);

#endif
