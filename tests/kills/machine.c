/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* One line without its end; "" when there is none. */
static void read_text(const char *path, char *ret, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);

	if (fd >= 0)
		close(fd);
	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

static void must_write(const char *path, const char *text)
{
	int err = write_text(path, text);

	if (err)
		fail_msg("cannot write \"%s\" to %s: %s", text, path, strerror(-err));
}

void machine_set(struct fixture *fx, const char *path, const char *text)
{
	struct saved *s = &fx->saved[fx->n_saved];

	assert_true(fx->n_saved < COUNT(fx->saved));
	snprintf(s->path, sizeof(s->path), "%s", path);
	read_text(path, s->text, sizeof(s->text));
	must_write(path, text);
	fx->n_saved++;
}

void machine_protect(struct fixture *fx)
{
	char path[64];

	machine_set(fx, "/proc/self/oom_score_adj", "-1000");
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", fx->tracer.pid);
	if (!fx->kernel_only)
		machine_set(fx, path, "-1000");
}

/* ---- swap ---- */

/* The header of swap space as mkswap writes it, in the device's first page. */
static void make_swap(const char *device)
{
	unsigned int page = (unsigned int)sysconf(_SC_PAGESIZE), *info;
	unsigned long long bytes = 0;
	char *header = calloc(1, page);
	int fd = open(device, O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, _IOR(0x12, 114, size_t) /* BLKGETSIZE64 */, &bytes))
		fail_msg("%s: %s", device, strerror(errno));
	assert_non_null(header);
	info = (unsigned int *)(header + 1024);
	info[0] = 1; /* version */
	info[1] = (unsigned int)(bytes / page - 1); /* last page */
	memcpy(header + page - 10, "SWAPSPACE2", 10);
	assert_int_equal(pwrite(fd, header, page, 0), page);
	assert_int_equal(fsync(fd), 0);
	close(fd);
	free(header);
}

void machine_swap_on(struct fixture *fx)
{
	const char *device = getenv("OOMWHY_SWAP_DEVICE");

	assert_non_null(device);
	make_swap(device);
	if (swapon(device, 0))
		fail_msg("swapon %s: %s", device, strerror(errno));
	fx->swap = device;
}

long long machine_stock_bytes(void)
{
	return 64 * sysconf(_SC_NPROCESSORS_ONLN) * sysconf(_SC_PAGESIZE);
}

int machine_nodes(void)
{
	char text[64];

	/* "0-1": the cases need two, and know them by number */
	read_text("/sys/devices/system/node/has_memory", text, sizeof(text));
	return !strcmp(text, "0-1") ? 2 : 1;
}

/* ---- another hierarchy ---- */

bool machine_side(struct fixture *fx, const char *controller)
{
	struct side *side = &fx->side;
	char mount_point[] = "/tmp/oomwhy-XXXXXX";

	mkdir("/tmp", 01777);
	if (!mkdtemp(mount_point))
		fail_msg("/tmp: %s", strerror(errno));
	if (mount(controller, mount_point, "cgroup", 0, controller)) {
		rmdir(mount_point);
		return false;
	}
	snprintf(side->mount, sizeof(side->mount), "%s", mount_point);
	snprintf(side->dir, sizeof(side->dir), "%s/oomwhy-test-%d", side->mount, getpid());
	if (mkdir(side->dir, 0755))
		fail_msg("%s: %s", side->dir, strerror(errno));
	return true;
}

void machine_side_write(const struct fixture *fx, const char *file, const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", fx->side.dir, file);
	must_write(path, text);
}

bool machine_side_reads(const struct fixture *fx, const char *file, const char *text)
{
	char path[160], found[64];

	snprintf(path, sizeof(path), "%s/%s", fx->side.dir, file);
	read_text(path, found, sizeof(found));
	return !strcmp(found, text);
}

void machine_thaw(const struct fixture *fx)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/freezer.state", fx->side.dir);
	if (*fx->side.dir)
		write_text(path, "THAWED");
}

static void remove_side(struct side *side)
{
	if (!*side->mount)
		return;
	for (int i = 0; *side->dir && rmdir(side->dir) && errno == EBUSY && i < 200; i++)
		poll(NULL, 0, 10);
	umount2(side->mount, MNT_DETACH);
	rmdir(side->mount);
	memset(side, 0, sizeof(*side));
}

void machine_restore(struct fixture *fx)
{
	remove_side(&fx->side);
	if (fx->swap)
		swapoff(fx->swap);
	fx->swap = NULL;
	while (fx->n_saved > 0) {
		fx->n_saved--;
		write_text(fx->saved[fx->n_saved].path, fx->saved[fx->n_saved].text);
	}
}

bool machine_may_protect(void)
{
	int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	char now[16] = "";
	bool may = fd >= 0 && read(fd, now, sizeof(now) - 1) > 0 && write(fd, "-1000", 5) == 5;

	if (may && pwrite(fd, now, strlen(now), 0) < 0)
		may = false;
	if (fd >= 0)
		close(fd);
	return may;
}
