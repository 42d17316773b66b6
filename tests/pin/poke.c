// SPDX-License-Identifier: GPL-2.0-only
/*
 * poke FILE FIELD: change a field of a pinned state, as another version of oomwhy, or a process
 *that was killed amid a line, would have left it.
 *
 *	record_version	records that this version cannot read
 *	size		a state that this version cannot read
 *	magic		no state at all
 *	writing		a line was being written
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <bpf/bpf.h>

#include "source/pin_set.h"

static int poke(struct pin_state *state, const char *field)
{
	if (!strcmp(field, "record_version"))
		state->record_version++;
	else if (!strcmp(field, "size"))
		state->size++;
	else if (!strcmp(field, "magic"))
		state->magic++;
	else if (!strcmp(field, "writing"))
		state->writing = 1;
	else
		return 2;
	return 0;
}

int main(int argc, char **argv)
{
	struct pin_state *state;
	int fd;

	if (argc != 3)
		return 2;
	fd = bpf_obj_get(argv[1]);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (state == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	return poke(state, argv[2]);
}
