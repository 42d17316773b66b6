// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "source/bpf_baseline.h"
#include "source/bpf_direct.h"

#include "oomwhy.skel.h"

static int read_records(const struct bpf_handlers *handlers, int fd)
{
	struct oomwhy_baseline records[256];
	size_t have = 0;
	ssize_t len;

	/* A read may end within a record. */
	while ((len = read(fd, (char *)records + have, sizeof(records) - have)) != 0) {
		size_t count;

		if (len < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (len < 0)
			return -errno;
		have += len;
		count = have / sizeof(*records);
		for (size_t i = 0; i < count; i++)
			handlers->baseline(handlers->baseline_context, records[i].id,
					   records[i].oom_events);
		have -= count * sizeof(*records);
		memmove(records, records + count, have);
	}
	return 0;
}

int bpf_baseline_take(const struct oomwhy_bpf *skel, const struct bpf_handlers *handlers)
{
	const struct bpf_program *program = bpf_direct_baseline(skel);
	struct bpf_link *link;
	int fd, err;

	if (!program)
		return 0;
	link = bpf_program__attach_iter(program, NULL);
	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	err = fd < 0 ? -errno : read_records(handlers, fd);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return err;
}
