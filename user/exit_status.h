/* SPDX-License-Identifier: GPL-2.0-only */
/* The exit statuses, as README.md and --help tell them. */
#ifndef OOMWHY_EXIT_STATUS_H
#define OOMWHY_EXIT_STATUS_H

enum exit_status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_NOT_POSSIBLE = 3, /* this kernel, or these privileges, do not allow it */
	STATUS_NOT_FOUND = 4,
};

#endif
