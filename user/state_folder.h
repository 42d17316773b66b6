/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * state_folder: the lines that outlive the program: some files in one folder, the newest of which
 * grows until it is full; then the oldest goes. Lines are whole, or passed over by who reads them.
 *
 * The folder is its owner's alone (0700), and so are the files: links are not followed, and what is
 * somebody else's is not used. Several programs may write at once, each line under a lock (flock):
 * who reads tells a kill that two have written once, by its id.
 *
 * Errors are negative errno; nothing is logged.
 */
#ifndef OOMWHY_STATE_FOLDER_H
#define OOMWHY_STATE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#define STATE_DEFAULT_DIR "/var/lib/oomwhy"
#define STATE_FILES 4
#define STATE_FILE_BYTES (1024 * 1024) /* so many in each: between 3 and 4 MiB are kept */

struct state_folder {
	int dir_fd; /* -1: not open */
	int fd; /* the file that grows; -1: not open yet */
};

/*
 * state_folder_open() - for writing; it may be made, but not its parent.
 * -ENOENT: it is not there and not @may_make; -EPERM: somebody else's, or others may write there.
 */
int state_folder_open(struct state_folder *folder, const char *path, bool may_make);
void state_folder_close(struct state_folder *folder);

/*
 * state_folder_append() - one line, @len bytes with its newline; all of it or nothing. Waits for
 * others that write there. Not on the disk before state_folder_sync().
 */
int state_folder_append(struct state_folder *folder, const char *line, size_t len);
int state_folder_sync(struct state_folder *folder);

/*
 * state_folder_read() - the files as they are now, oldest first, to be closed.
 * Returns how many there are, or -errno of the folder.
 */
int state_folder_read(const char *path, int ret_fds[STATE_FILES]);

#endif
