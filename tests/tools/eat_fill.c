/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "eat_fill.h"

#include <err.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define TCP_BUFFER (2 << 20)
#define INODE 1024 /* about what an empty file in tmpfs costs: its inode and its name */

/* clang-format off */
static const char *const kind_names[] = {
	"anon", "file", "shmem", "pagetables", "mixed", "dentries", "sockets", "tcp", "cache",
};
/* clang-format on */

bool fill_kind(struct fill *f, const char *name)
{
	for (size_t i = 0; i < sizeof(kind_names) / sizeof(kind_names[0]); i++)
		if (!strcmp(name, kind_names[i])) {
			f->kind = i;
			return true;
		}
	return false;
}

/* A shmem file ends with its eater; "file" stays with the folder, as in a tmpfs volume. */
int fill_open(const struct fill *f)
{
	char path[512];
	int fd = -1;

	if (!f->dir || f->kind == DENTRIES || f->kind == CACHE)
		return -1;
	snprintf(path, sizeof(path), "%s/eat-XXXXXX", f->dir);
	if ((fd = mkstemp(path)) < 0)
		err(2, "%s", f->dir);
	if (f->kind != FILE_CACHE)
		unlink(path);
	return fd;
}

void *fill_map(unsigned long bytes, int prot, int flags, int fd, off_t offset)
{
	void *p = mmap(NULL, bytes, prot, flags, fd, offset);

	if (p == MAP_FAILED)
		err(2, "mmap of %lu bytes", bytes);
	madvise(p, bytes, MADV_NOHUGEPAGE); /* else one touch would be 2 MiB */
	return p;
}

static void touch(const struct fill *f, volatile char *p, unsigned long bytes)
{
	for (unsigned long i = 0; i < bytes; i += PAGE) {
		p[i] = 1;
		atomic_fetch_add(f->touched, PAGE);
	}
}

static void eat_map(const struct fill *f, int flags, int fd, off_t offset, unsigned long bytes)
{
	touch(f, fill_map(bytes, PROT_READ | PROT_WRITE, flags, fd, offset), bytes);
}

/*
 * Where the size is known it is mapped at once: at a limit where nobody may be killed a fault is
 * tried again and again, but a call of mmap() fails.
 */
static void eat_anon(const struct fill *f, unsigned long eaten, unsigned long bytes)
{
	static __thread char *all;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;

	if (eaten + bytes > f->size) {
		eat_map(f, flags, -1, 0, bytes);
		return;
	}
	if (!all)
		all = fill_map(f->size, PROT_READ | PROT_WRITE, flags, -1, 0);
	touch(f, all + eaten, bytes);
}

static void eat_file(int fd, unsigned long bytes)
{
	static const char block[PAGE] = "eat";

	if (fd < 0)
		errx(2, "--kind file needs --dir");
	for (unsigned long i = 0; i < bytes; i += PAGE)
		if (write(fd, block, PAGE) != (ssize_t)PAGE)
			err(2, "write");
}

static void eat_shmem(const struct fill *f, int fd, unsigned long eaten, unsigned long bytes)
{
	int flags = fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;

	if (fd >= 0 && ftruncate(fd, eaten + bytes))
		err(2, "ftruncate");
	eat_map(f, flags, fd, fd < 0 ? 0 : (off_t)eaten, bytes);
}

unsigned long table_span(void)
{
	unsigned long page = sysconf(_SC_PAGESIZE);

	return page / sizeof(void *) * page;
}

/* Reading maps the shared zero page: only the page tables are charged. */
static void eat_pagetables(unsigned long bytes)
{
	unsigned long tables = bytes / sysconf(_SC_PAGESIZE) ?: 1;
	unsigned long step = table_span(), span = tables * step;
	volatile char *p = fill_map(span, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (unsigned long i = 0; i < span; i += step)
		(void)p[i];
}

/* Kernel memory that nothing but removing the files gives back. */
static void eat_dentries(const struct fill *f, unsigned long eaten, unsigned long bytes)
{
	char path[512];

	for (unsigned long i = 0; i < bytes; i += INODE) {
		snprintf(path, sizeof(path), "%s/%d-%lu", f->dir ?: ".", getpid(), eaten + i);
		if (mknod(path, S_IFREG, 0))
			err(2, "%s", path);
	}
}

/* What was sent and is not received. */
static void eat_sockets(unsigned long bytes)
{
	static const char block[PAGE] = "eat";
	static int fds[2] = { -1, -1 };
	unsigned long sent = 0;

	while (sent < bytes) {
		ssize_t n = fds[0] < 0 ? -1 : send(fds[0], block, sizeof(block), MSG_DONTWAIT);

		if (n > 0)
			sent += n;
		else if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
			err(2, "socketpair");
	}
}

/* A loopback device of its own: the machine's may be down. */
static void own_network(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWNET) || (fd = socket(AF_INET, SOCK_DGRAM, 0)) < 0 ||
	    ioctl(fd, SIOCSIFFLAGS, &lo))
		err(2, "a network of its own");
	close(fd);
}

static int tcp_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), bytes = TCP_BUFFER;

	if (fd < 0)
		err(2, "socket");
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	return fd;
}

/* Returns the end to send to; the other stays open, and nobody reads there. */
static int tcp_pair(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = tcp_socket(), sender = tcp_socket();
	socklen_t len = sizeof(at);

	if (bind(listener, (void *)&at, len) || getsockname(listener, (void *)&at, &len) ||
	    listen(listener, 1) || connect(sender, (void *)&at, len) ||
	    accept(listener, NULL, NULL) < 0)
		err(2, "a TCP connection");
	close(listener);
	return sender;
}

static void eat_tcp(unsigned long bytes)
{
	static const char block[16 * PAGE] = "eat";
	static int sender = -1;
	unsigned long sent = 0;

	if (sender < 0)
		own_network();
	while (sent < bytes) {
		ssize_t n = sender < 0 ? -1 : send(sender, block, sizeof(block), MSG_DONTWAIT);

		if (n > 0)
			sent += n;
		else
			sender = tcp_pair();
	}
}

/* Page cache that the kernel can take back: the limit is touched, and nobody has to die. */
static void read_cache(const struct fill *f, unsigned long bytes)
{
	static __thread char block[PAGE];
	static __thread int fd = -1;
	ssize_t n;

	if (fd < 0 && (fd = open(f->dir ?: "", O_RDONLY | O_CLOEXEC)) < 0)
		err(2, "--kind cache reads --dir FILE");
	for (unsigned long i = 0; i < bytes; i += PAGE) {
		n = read(fd, block, sizeof(block));
		if (n < 0)
			err(2, "%s", f->dir);
		if (!n)
			lseek(fd, 0, SEEK_SET);
	}
}

void fill_step(const struct fill *f, int fd, unsigned long eaten, unsigned long bytes)
{
	enum kind kind = f->kind;

	if (kind == MIXED)
		kind = (eaten / f->step) % 2 ? SHMEM : ANON;
	switch (kind) {
	case FILE_CACHE:
		eat_file(fd, bytes);
		break;
	case SHMEM:
		eat_shmem(f, f->kind == MIXED ? -1 : fd, eaten, bytes);
		break;
	case PAGETABLES:
		eat_pagetables(bytes);
		break;
	case DENTRIES:
		eat_dentries(f, eaten, bytes);
		break;
	case SOCKETS:
		eat_sockets(bytes);
		break;
	case TCP:
		eat_tcp(bytes);
		break;
	case CACHE:
		read_cache(f, bytes);
		break;
	default:
		eat_anon(f, eaten, bytes);
	}
}
