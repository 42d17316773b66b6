/* SPDX-License-Identifier: GPL-2.0-only */
/* syslog_actions: of klogctl(2), the SYSLOG_ACTION_... of the kernel, which glibc does not name. */
#ifndef OOMWHY_SYSLOG_ACTIONS_H
#define OOMWHY_SYSLOG_ACTIONS_H

enum {
	SYSLOG_READ_ALL = 3,
	SYSLOG_SIZE_BUFFER = 10,
};

#endif
