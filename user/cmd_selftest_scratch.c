// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd_selftest_scratch.h"
#include "exit_status.h"
#include "names/walk.h"

#define ROOT_INODE 1 /* of the root of a hierarchy, but of no cgroup that is mounted as one */
#define EAT_BYTES (4 * SCRATCH_LIMIT_BYTES) /* then the limit does not hold */
#define SPARE_KIB (256ULL << 10)
#define TRIES 50

static bool write_file(const char *folder, const char *name, const char *text)
{
	char path[640];
	ssize_t len = -1;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = write(fd, text, strlen(text));
		close(fd);
	}
	return len == (ssize_t)strlen(text);
}

/* Whether a word stands in the one line of the file. */
static bool has_word(const char *folder, const char *name, const char *word)
{
	char path[640], line[512] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	if (file) {
		if (!fgets(line, sizeof(line), file))
			line[0] = 0;
		fclose(file);
	}
	for (char *at = strtok(line, " \n"); at; at = strtok(NULL, " \n"))
		if (!strcmp(at, word))
			return true;
	return false;
}

static unsigned long long available_kib(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	unsigned long long kib = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

/* What speaks against a kill below @root; NULL: nothing. */
static const char *obstacle(const char *root, bool is_v1)
{
	struct statvfs fs;
	struct stat st;

	if (statvfs(root, &fs) || stat(root, &st))
		return strerror(errno);
	if (fs.f_flag & ST_RDONLY)
		return "it is mounted read-only: run it on the node itself";
	if (st.st_ino != ROOT_INODE)
		return "it is not the machine's root cgroup, and whose limits are above it is not "
		       "visible";
	if (!is_v1 && !has_word(root, "cgroup.subtree_control", "memory"))
		return "the memory controller is not handed down there (cgroup.subtree_control)";
	if (has_word("/proc/sys/vm", "panic_on_oom", "2"))
		return "vm.panic_on_oom is 2: any OOM kill stops the machine";
	if (available_kib() < SPARE_KIB)
		return "the machine has less than 256Mi of memory available";
	return NULL;
}

/* The second limit is for swap, which not every kernel counts. */
static bool set_limits(const char *folder, bool is_v1)
{
	char limit[24];

	snprintf(limit, sizeof(limit), "%llu", SCRATCH_LIMIT_BYTES);
	if (!write_file(folder, is_v1 ? "memory.limit_in_bytes" : "memory.max", limit))
		return false;
	if (is_v1)
		return write_file(folder, "memory.memsw.limit_in_bytes", limit) || errno == ENOENT;
	return write_file(folder, "memory.swap.max", "0") || errno == ENOENT;
}

int scratch_open(struct scratch *scratch, const char *host_root)
{
	char root[256];
	const char *why;
	bool is_v1 = !walk_find_root(host_root, true, root, sizeof(root));

	scratch->folder[0] = 0;
	if (!is_v1 && walk_find_root(host_root, false, root, sizeof(root))) {
		log_error("selftest: no memory hierarchy is mounted below %s/sys/fs/cgroup",
			  host_root);
		return STATUS_NOT_POSSIBLE;
	}
	why = obstacle(root, is_v1);
	if (why) {
		log_error("selftest: no kill is made in %s: %s", root, why);
		return STATUS_NOT_POSSIBLE;
	}
	snprintf(scratch->folder, sizeof(scratch->folder), "%s/%s-%d", root, SCRATCH_COMM,
		 (int)getpid());
	scratch->name = strrchr(scratch->folder, '/') + 1;
	if (mkdir(scratch->folder, 0755)) {
		log_error("selftest: %s: %s", scratch->folder, strerror(errno));
		scratch->folder[0] = 0;
		return STATUS_NOT_POSSIBLE;
	}
	if (!set_limits(scratch->folder, is_v1)) {
		log_error("selftest: no limit can be set in %s: %s", scratch->folder,
			  strerror(errno));
		scratch_close(scratch);
		return STATUS_NOT_POSSIBLE;
	}
	return STATUS_DONE;
}

/* Nothing is touched before it is in the cgroup, and all of it is the first that anybody chooses.
 */
static void be_victim(const struct scratch *scratch, pid_t parent)
{
	volatile char *memory;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, SCRATCH_COMM);
	if (getppid() != parent || !write_file("/proc/self", "oom_score_adj", "1000") ||
	    !write_file(scratch->folder, "cgroup.procs", "0"))
		_exit(2);
	memory = mmap(NULL, EAT_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		_exit(2);
	for (unsigned long long at = 0; at < EAT_BYTES; at += 4096)
		memory[at] = 1;
	_exit(1);
}

pid_t scratch_start_victim(const struct scratch *scratch)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		be_victim(scratch, parent);
	return pid < 0 ? -errno : pid;
}

void scratch_close(struct scratch *scratch)
{
	const struct timespec pause = { .tv_nsec = 20000000 };

	if (!scratch->folder[0])
		return;
	/* A process that was waited for may be in its cgroup a moment longer. */
	for (int i = 0; i < TRIES && rmdir(scratch->folder) && errno == EBUSY; i++)
		nanosleep(&pause, NULL);
	if (access(scratch->folder, F_OK) == 0)
		log_error("selftest: %s is left behind: %s", scratch->folder, strerror(errno));
	scratch->folder[0] = 0;
}
