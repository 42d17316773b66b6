// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/ksyms.h"

#define NAME_MAX_BYTES 127
#define STACK_MAX_BYTES 4096
#define OURS_MAX 8

static int by_address(const void *a, const void *b)
{
	const struct ksym *first = a, *second = b;

	return first->address < second->address ? -1 : first->address > second->address;
}

/* Returns 0 or -ENOMEM. Room doubles when a power of two is reached. */
static int grow(void **array, size_t used, size_t more, size_t size)
{
	size_t room = 4096;
	void *bigger;

	while (room < used)
		room *= 2;
	if (*array && used + more <= room)
		return 0;
	while (room < used + more)
		room *= 2;
	bigger = realloc(*array, room * size);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	return 0;
}

static int add(struct ksyms *ksyms, __u64 address, const char *name)
{
	size_t len = strlen(name) + 1;
	int err = grow((void **)&ksyms->symbols, ksyms->count, 1, sizeof(*ksyms->symbols));

	err = err ? err : grow((void **)&ksyms->names, ksyms->names_len, len, 1);
	if (err)
		return err;
	ksyms->symbols[ksyms->count++] = (struct ksym){ address, (__u32)ksyms->names_len };
	memcpy(ksyms->names + ksyms->names_len, name, len);
	ksyms->names_len += len;
	return 0;
}

static int read_lines(struct ksyms *ksyms, FILE *file)
{
	char line[512], name[NAME_MAX_BYTES + 1], type;
	unsigned long long address;
	int err = 0;

	while (!err && fgets(line, sizeof(line), file)) {
		/* Functions only; one that comes from BPF is ours or somebody's, not the kernel's.
		 */
		if (sscanf(line, "%llx %c %127s", &address, &type, name) != 3 || !address ||
		    !strchr("tTwW", type) || strstr(line, "[bpf]"))
			continue;
		err = add(ksyms, address, name);
	}
	return err;
}

int ksyms_read(struct ksyms *ret, const char *path)
{
	FILE *file = fopen(path, "re");
	int err;

	memset(ret, 0, sizeof(*ret));
	if (!file)
		return -errno;
	err = read_lines(ret, file);
	fclose(file);
	if (!err && !ret->count)
		err = -EPERM;
	if (err) {
		ksyms_free(ret);
		return err;
	}
	qsort(ret->symbols, ret->count, sizeof(*ret->symbols), by_address);
	return 0;
}

void ksyms_free(struct ksyms *ksyms)
{
	free(ksyms->symbols);
	free(ksyms->names);
	memset(ksyms, 0, sizeof(*ksyms));
}

/* "ffffffff81000100 D name" */
static void note_address(const char *line, size_t len, const char *const *names, __u64 *ret,
			 size_t count)
{
	const char *name = memchr(line, ' ', len);

	if (!name || name + 3 >= line + len)
		return;
	name += 3;
	len -= (size_t)(name - line);
	for (size_t i = 0; i < count; i++)
		if (strlen(names[i]) == len && !memcmp(name, names[i], len))
			ret[i] = strtoull(line, NULL, 16);
}

/*
 * Thousands of lines for a few names: they are compared where they lie. (libbpf, which finds
 * symbols by itself, takes each line apart, which was a third of the time of a start.)
 */
void ksyms_find(const char *path, const char *const *names, __u64 *ret, size_t count)
{
	char bytes[16384];
	size_t len = 0;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	memset(ret, 0, count * sizeof(*ret));
	if (fd < 0)
		return;
	while ((got = read(fd, bytes + len, sizeof(bytes) - len)) > 0) {
		const char *line = bytes, *end;

		len += (size_t)got;
		while ((end = memchr(line, '\n', len))) {
			note_address(line, (size_t)(end - line), names, ret, count);
			len -= (size_t)(end + 1 - line);
			line = end + 1;
		}
		if (len == sizeof(bytes))
			break; /* no line is so long */
		memmove(bytes, line, len);
	}
	close(fd);
}

const char *ksyms_name(const struct ksyms *ksyms, __u64 address)
{
	size_t low = 0, high = ksyms->count;

	/* The first one above it. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ksyms->symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	/* Above the last one there may be anything, as below the first. */
	return low && low < ksyms->count ? ksyms->names + ksyms->symbols[low - 1].name : NULL;
}

/* What stands between the kernel's own functions and our program: of it nobody wants to know. */
static bool is_ours(const char *name)
{
	static const char *const begins[] = { "bpf_",	    "__bpf_",	    "__traceiter_",
					      "trace_call", "ftrace_",	    "arch_ftrace_",
					      "kprobe_",    "stack_trace_", "_einittext" };

	for (size_t i = 0; name && i < sizeof(begins) / sizeof(begins[0]); i++)
		if (!strncmp(name, begins[i], strlen(begins[i])))
			return true;
	return !name; /* BPF's own code has no name here */
}

/* Up to where frames are ours: at most OURS_MAX of them. */
static size_t skip_ours(const struct ksyms *ksyms, const char *frames)
{
	size_t skip = 0, at = 0;

	for (int i = 0; i < OURS_MAX && frames[at]; i++) {
		const char *name = ksyms_name(ksyms, strtoull(frames + at, NULL, 16));

		at += strcspn(frames + at, ";");
		at += frames[at] == ';';
		if (is_ours(name))
			skip = at;
	}
	return skip;
}

void ksyms_complete(const struct ksyms *ksyms, struct event *ev)
{
	struct text stack = ev->incident.trigger_stack;
	char frames[STACK_MAX_BYTES], names[STACK_MAX_BYTES], *save = NULL, *frame;
	size_t len = 0;

	if (!event_has_incident(ev) || !ksyms->count || !stack.len || stack.len >= sizeof(frames))
		return;
	memcpy(frames, text_bytes(ev, stack), stack.len);
	frames[stack.len] = '\0';
	frame = strtok_r(frames + skip_ours(ksyms, frames), ";", &save);
	for (; frame; frame = strtok_r(NULL, ";", &save)) {
		const char *name = ksyms_name(ksyms, strtoull(frame, NULL, 16));
		const char *word = name ? name : frame;

		if (len + strlen(word) + 2 > sizeof(names))
			break;
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", len ? ";" : "",
					word);
	}
	if (len)
		ev->incident.trigger_stack = event_text(ev, names, len);
}
