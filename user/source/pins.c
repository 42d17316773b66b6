// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>
#include <bpf/bpf.h>

#include "base/clock.h"
#include "base/log.h"
#include "source/pins.h"

#define UNFINISHED "new" /* the folder of a set that is being made */

/* ---- the folder ---- */

bool pins_dir_is_sound(const char *dir)
{
	return *dir == '/' && dir[strlen(dir) - 1] != '/';
}

static bool is_bpffs(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && (__u32)fs.f_type == BPF_FS_MAGIC;
}

/* Others might put things there that we would read as the kernel's. */
static bool is_ours(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_uid == geteuid() && !(st.st_mode & 022);
}

/* Returns a descriptor or -errno. -EMEDIUMTYPE: it is in no BPF file system. */
static int open_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (!is_bpffs(fd))
		err = -EMEDIUMTYPE;
	else if (!is_ours(fd))
		err = -EACCES;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* The folder of the folder: it has to be there, and a BPF file system. */
static int look_at_parent(const char *path)
{
	char parent[256];
	const char *slash = strrchr(path, '/');
	int fd, err;

	snprintf(parent, sizeof(parent), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -EMEDIUMTYPE : -errno;
	err = is_bpffs(fd) ? 0 : -EMEDIUMTYPE;
	close(fd);
	return err;
}

static int make_folder(const char *path)
{
	int err = look_at_parent(path);

	if (err)
		return err;
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

static void tell(const char *path, int err)
{
	switch (err) {
	case -EMEDIUMTYPE:
		log_error(
			"--pin: there is no BPF file system at %s: 'mount -t bpf bpf /sys/fs/bpf' makes one; "
			"a pod needs the host's /sys/fs/bpf mounted there",
			path);
		break;
	case -EBUSY:
		log_error(
			"--pin: another oomwhy reads what is pinned in %s: one at a time, or give this "
			"one a folder of its own (--pin=DIR)",
			path);
		break;
	case -EACCES:
		log_error(
			"--pin: %s is not ours alone: it has to belong to the user who runs oomwhy, "
			"and be writable for nobody else",
			path);
		break;
	default:
		log_error("--pin: %s: %s%s", path, strerror(-err),
			  err == -EPERM ? " (a BPF file system takes no name with a dot)" : "");
	}
}

/* ---- what is in it ---- */

static bool is_number(const char *name)
{
	size_t len = strlen(name);

	return len && len < 10 && strspn(name, "0123456789") == len;
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	long left = atol((*a)->d_name), right = atol((*b)->d_name);

	return (left > right) - (left < right);
}

static int is_set(const struct dirent *entry)
{
	return is_number(entry->d_name);
}

/* Records of a version that we do not know: its victims are counted, the rest is passed over. */
static void pass_over(struct pins *pins, struct pin_set *set)
{
	const struct oomwhy_header *header;
	size_t size;

	while ((header = ring_next(&set->ring, &size)))
		pins->unread += size >= sizeof(*header) && header->kind == OOMWHY_VICTIM;
}

static int take_set(struct pins *pins, const char *name)
{
	struct pin_set *set = &pins->sets[pins->count];
	int err = pin_set_open(pins->fd, pins->path, name, set);

	if (err == -EPERM || err == -EACCES)
		return err;
	if (err) {
		log_error("--pin: what is in %s/%s is no whole set (%s): it is removed", pins->path,
			  name, strerror(-err));
		return pin_set_remove_at(pins->fd, name);
	}
	pins->was_writing |= set->state->writing == 1;
	pins->count++;
	return 0;
}

/* Where a set was read all before it was told. */
static void forget_told_sets(struct pins *pins)
{
	__u32 first = pins->count ? pins->count - 1 : 0;

	while (first && !pins->sets[first].saved)
		first--;
	for (__u32 i = 0; i < first; i++) {
		pin_set_remove(&pins->sets[i]);
		pin_set_close(&pins->sets[i]);
	}
	pins->count -= first;
	memmove(pins->sets, pins->sets + first, pins->count * sizeof(*pins->sets));
}

static int take_sets(struct pins *pins)
{
	struct dirent **entries;
	int count = scandirat(pins->fd, ".", &entries, is_set, by_number), err = 0;

	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		/* One place is for the set that we may make. */
		if (!err && pins->count + 1 == PINS_SETS_MAX)
			err = -E2BIG;
		if (!err)
			err = take_set(pins, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	if (!err)
		forget_told_sets(pins);
	return err;
}

static int open_pins(struct pins *pins)
{
	int err = make_folder(pins->path);

	if (err)
		return err;
	pins->fd = open_folder(pins->path);
	if (pins->fd < 0)
		return pins->fd;
	if (flock(pins->fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	err = pin_set_remove_at(pins->fd, UNFINISHED);
	return err && err != -ENOENT ? err : take_sets(pins);
}

int pins_open(const char *dir, struct pins **ret)
{
	struct pins *pins = calloc(1, sizeof(*pins));
	int err = -ENOMEM;

	if (pins) {
		pins->fd = -1;
		err = 0;
	}
	if (!err && (size_t)snprintf(pins->path, sizeof(pins->path), "%s", dir) >= 200)
		err = -ENAMETOOLONG;
	err = err ? err : open_pins(pins);
	if (!err) {
		*ret = pins;
		return 0;
	}
	tell(dir, err);
	pins_close(pins);
	return err;
}

/* Its sets stay: only we close. */
void pins_close(struct pins *pins)
{
	if (!pins)
		return;
	for (__u32 i = 0; i < pins->count; i++)
		pin_set_close(&pins->sets[i]);
	if (pins->fd >= 0)
		close(pins->fd);
	free(pins);
}

const struct pin_set *pins_adopt(struct pins *pins, __u64 fingerprint)
{
	const struct pin_set *set = pins->count ? &pins->sets[pins->count - 1] : NULL;

	if (!set || set->state->fingerprint != fingerprint ||
	    set->state->record_version != OOMWHY_RECORD_VERSION ||
	    set->state->size != sizeof(*set->state) || set->links != set->state->links)
		return NULL;
	pins->is_adopted = true;
	return set;
}

void pins_settle(struct pins *pins)
{
	for (__u32 i = 0; i + 1 < pins->count; i++) {
		struct pin_set *set = &pins->sets[i];

		pin_set_detach(set);
		pin_set_count(set);
		pins->has_replaced = true;
		if (set->state->record_version != OOMWHY_RECORD_VERSION)
			pass_over(pins, set);
	}
}

/* ---- a new set ---- */

static int make_state(const struct pin_content *content, int *ret_fd)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "oomwhy_state", sizeof(__u32),
				sizeof(struct pin_state), 1, &opts);
	struct pin_state *state;

	if (fd < 0)
		return -errno;
	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (state == MAP_FAILED) {
		int err = -errno;

		close(fd);
		return err;
	}
	state->magic = PIN_STATE_MAGIC;
	state->size = sizeof(*state);
	state->fingerprint = content->fingerprint;
	state->record_version = OOMWHY_RECORD_VERSION;
	state->attach = content->attach;
	state->links = (__u64)content->links;
	state->made_ns = clock_boot_ns();
	snprintf(state->version, sizeof(state->version), "%s", content->version);
	munmap(state, sizeof(*state));
	*ret_fd = fd;
	return 0;
}

static int pin(const struct pins *pins, int fd, const char *prefix, const char *name)
{
	char path[512];

	if (strlen(prefix) + strlen(name) >= PIN_NAME_MAX)
		return -ENAMETOOLONG;
	snprintf(path, sizeof(path), "%s/" UNFINISHED "/%s%s", pins->path, prefix, name);
	return bpf_obj_pin(fd, path) ? -errno : 0;
}

static int pin_all(const struct pins *pins, const struct pin_content *content, int state)
{
	int err = pin(pins, content->kill_ring, "", "kill_ring");

	err = err ? err : pin(pins, content->cgroup_ring, "", "cgroup_ring");
	err = err ? err : pin(pins, content->counters, "", "counters");
	err = err ? err : pin(pins, content->attempts, "", "attempts");
	if (!err && content->candidates >= 0)
		err = pin(pins, content->candidates, "", "candidates");
	err = err ? err : pin(pins, state, "", "state");
	for (int i = 0; !err && i < content->links; i++) {
		err = pin(pins, content->link[i].fd, "link_", content->link[i].name);
		if (err == -EINVAL)
			err = -EOPNOTSUPP; /* a descriptor of something that is no link */
	}
	return err;
}

static int finish_set(struct pins *pins)
{
	const struct pin_set *before = pins->count ? &pins->sets[pins->count - 1] : NULL;
	struct pin_set *set = &pins->sets[pins->count];
	char name[sizeof(set->name)];
	int err;

	snprintf(name, sizeof(name), "%u", before ? (unsigned int)atol(before->name) + 1 : 1);
	if (renameat(pins->fd, UNFINISHED, pins->fd, name))
		return -errno;
	err = pin_set_open(pins->fd, pins->path, name, set);
	if (err)
		return err;
	memset(set->at_start, 0, sizeof(set->at_start)); /* all of it is since we came */
	pins->count++;
	return 0;
}

int pins_add(struct pins *pins, const struct pin_content *content)
{
	int state = -1, err;

	if (pins->count == PINS_SETS_MAX || content->links + 5 > PIN_FILES_MAX)
		return -E2BIG;
	if (mkdirat(pins->fd, UNFINISHED, 0700))
		return -errno;
	err = make_state(content, &state);
	if (!err) {
		err = pin_all(pins, content, state);
		close(state);
	}
	err = err ? err : finish_set(pins);
	if (err)
		pin_set_remove_at(pins->fd, UNFINISHED);
	return err;
}

/* ---- for doctor ---- */

int pins_remove(const char *dir)
{
	struct dirent **entries;
	int fd = open_folder(dir), count, err = 0;

	if (fd < 0)
		return fd;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		err = errno == EWOULDBLOCK ? -EBUSY : -errno;
		close(fd);
		return err;
	}
	count = scandirat(fd, ".", &entries, is_set, by_number);
	for (int i = 0; i < count; i++) {
		int failed = pin_set_remove_at(fd, entries[i]->d_name);

		err = err ? err : failed;
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	pin_set_remove_at(fd, UNFINISHED);
	close(fd);
	return !err && rmdir(dir) ? -errno : err;
}

static void look_at_set(int fd, const char *dir, const char *name, struct pins_look *ret)
{
	static struct pin_set set;

	ret->error = pin_set_open(fd, dir, name, &set);
	if (ret->error)
		return;
	ret->made_ns = set.state->made_ns;
	ret->attach = set.state->attach <= ATTACH_KMSG ? set.state->attach : ATTACH_NONE;
	memcpy(ret->version, set.state->version, sizeof(ret->version));
	ret->waiting_bytes += *set.ring.written - set.ring.position;
	pin_set_close(&set);
}

void pins_look(const char *dir, struct pins_look *ret)
{
	struct dirent **entries;
	int fd = open_folder(dir), count;

	memset(ret, 0, sizeof(*ret));
	ret->error = fd < 0 ? fd : -ENOENT;
	if (fd < 0)
		return;
	ret->is_read = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	count = scandirat(fd, ".", &entries, is_set, by_number);
	for (int i = 0; i < count; i++) {
		look_at_set(fd, dir, entries[i]->d_name, ret);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	close(fd);
}
