/* SPDX-License-Identifier: GPL-2.0-only */
/* log: diagnostics, to stderr only, one line each; data goes to stdout and is a sink's work. */
#ifndef OOMWHY_LOG_H
#define OOMWHY_LOG_H

#include <stdbool.h>

extern bool log_is_verbose;

/* "oomwhy: …"; control bytes in what is formatted are escaped. Keeps errno. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* with --verbose */

#endif
