// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* memmem() */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names/hostfs.h"
#include "names/kubelet_reserve.h"
#include "names/quantity.h"

#define MIB (1024 * 1024ULL)
#define DEFAULT_BYTES (100 * MIB)
#define CONFIG "/var/lib/kubelet/config.yaml"
#define FILE_MAX (256 * 1024)
#define PROCESSES_MAX 100000
#define HUGEPAGES "/sys/kernel/mm/hugepages"
#define SIGNAL "memory.available"

/* "100Mi", "5%" */
static bool read_threshold(const char *text, size_t len, __u64 memory_total_bytes, __u64 *ret)
{
	char *end, number[32];
	double percent;

	if (!len || text[len - 1] != '%')
		return quantity_read(text, len, ret);
	if (len >= sizeof(number))
		return false;
	snprintf(number, sizeof(number), "%.*s", (int)len - 1, text);
	percent = strtod(number, &end);
	if (*end || end == number || !(percent >= 0 && percent <= 100))
		return false;
	*ret = (__u64)((double)memory_total_bytes * percent / 100);
	return true;
}

/* ---- the configuration ---- */

/* The value after a key: "memory.available": "100Mi", or without any of the quotes. */
static bool read_value(const char *at, const char *end, __u64 memory_total_bytes, __u64 *ret)
{
	const char *stop;

	while (at < end && (*at == '"' || *at == '\'' || *at == ' '))
		at++;
	if (at == end || *at++ != ':')
		return false;
	while (at < end && (*at == '"' || *at == '\'' || *at == ' '))
		at++;
	for (stop = at;
	     stop < end && (isalnum((unsigned char)*stop) || *stop == '.' || *stop == '%');)
		stop++;
	return read_threshold(at, (size_t)(stop - at), memory_total_bytes, ret);
}

/* Where what belongs to a key ends: at a bracket, or at the next line that is not indented more. */
static const char *end_of_map(const char *at)
{
	const char *brace = at + strspn(at, "\"' :");

	if (*brace == '{')
		return brace + strcspn(brace, "}");
	while (*at) {
		at += strcspn(at, "\n");
		if (*at && at[1] != ' ' && at[1] != '#' && at[1] != '\n')
			return at;
		at += *at != '\0';
	}
	return at;
}

/* A key at the top of YAML, or anywhere in JSON: there it has quotes. */
static const char *find_key(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = strstr(text, key); at; at = strstr(at + len, key)) {
		bool quoted = at > text && at[-1] == '"' && at[len] == '"';

		if (quoted || ((at == text || at[-1] == '\n') && at[len] == ':'))
			return at + len;
	}
	return NULL;
}

static bool merges_defaults(const char *text)
{
	const char *at = find_key(text, "mergeDefaultEvictionSettings");

	return at && !strncmp(at + strspn(at, "\"' :"), "true", 4);
}

bool kubelet_config_eviction(const char *text, __u64 memory_total_bytes, __u64 *ret)
{
	const char *map = find_key(text, "evictionHard"), *end, *signal;

	if (!map) {
		*ret = DEFAULT_BYTES;
		return true;
	}
	end = end_of_map(map);
	signal = memmem(map, (size_t)(end - map), SIGNAL, strlen(SIGNAL));
	if (signal)
		return read_value(signal + strlen(SIGNAL), end, memory_total_bytes, ret);
	*ret = merges_defaults(text) ? DEFAULT_BYTES : 0;
	return true;
}

/* ---- the command line ---- */

/* "memory.available<100Mi,nodefs.available<10%" */
static void read_flag(const char *value, __u64 memory_total_bytes, struct kubelet_flags *ret)
{
	const char *at = strstr(value, SIGNAL "<");

	ret->has_eviction = true;
	ret->eviction_bytes = 0;
	if (!at)
		return;
	at += strlen(SIGNAL "<");
	if (!read_threshold(at, strcspn(at, ","), memory_total_bytes, &ret->eviction_bytes))
		ret->has_eviction = false;
}

/* The value of --NAME=VALUE or of --NAME VALUE; NULL: @arg is another. */
static const char *flag_value(const char *arg, const char *end, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(arg, name, len) != 0)
		return NULL;
	if (arg[len] == '=')
		return arg + len + 1;
	return !arg[len] && arg + len + 1 < end ? arg + len + 1 : NULL;
}

void kubelet_flags_read(const char *cmdline, size_t len, __u64 memory_total_bytes,
			struct kubelet_flags *ret)
{
	const char *end = cmdline + len, *value;

	memset(ret, 0, sizeof(*ret));
	for (const char *arg = cmdline; arg < end; arg += strlen(arg) + 1) {
		value = flag_value(arg, end, "--eviction-hard");
		if (value)
			read_flag(value, memory_total_bytes, ret);
		value = flag_value(arg, end, "--config");
		if (value)
			ret->config = value;
		if (flag_value(arg, end, "--config-dir"))
			ret->has_drop_ins = true;
	}
}

/* ---- the machine ---- */

struct search {
	const struct hostfs *fs;
	char *cmdline; /* kubelet's; NULL: not found */
	size_t len;
};

static bool see_process(void *context, const char *name, bool may_be_folder)
{
	struct search *search = context;
	char path[64], *comm;
	size_t len;
	bool is_kubelet;

	if (!may_be_folder || !isdigit((unsigned char)*name))
		return true;
	snprintf(path, sizeof(path), "/proc/%.16s/comm", name);
	if (hostfs_read(search->fs, path, 64, &comm, &len))
		return true;
	is_kubelet = !strcmp(comm, "kubelet\n");
	free(comm);
	snprintf(path, sizeof(path), "/proc/%.16s/cmdline", name);
	return !is_kubelet ||
	       hostfs_read(search->fs, path, FILE_MAX, &search->cmdline, &search->len);
}

static void read_config(const struct hostfs *fs, const char *path, __u64 memory_total_bytes,
			__u64 *ret)
{
	char *text;
	size_t len;

	if (hostfs_read(fs, path, FILE_MAX, &text, &len))
		return;
	if (!kubelet_config_eviction(text, memory_total_bytes, ret))
		*ret = NOT_KNOWN;
	free(text);
}

static void read_eviction(const struct hostfs *fs, __u64 memory_total_bytes, __u64 *ret)
{
	struct search search = { .fs = fs };
	struct kubelet_flags flags = { 0 };

	hostfs_list(fs, "/proc", PROCESSES_MAX, see_process, &search);
	if (search.cmdline)
		kubelet_flags_read(search.cmdline, search.len, memory_total_bytes, &flags);
	if (flags.has_eviction)
		*ret = flags.eviction_bytes;
	else if (search.cmdline && !flags.config && !flags.has_drop_ins)
		*ret = DEFAULT_BYTES;
	else if (!flags.has_drop_ins)
		read_config(fs, flags.config ? flags.config : CONFIG, memory_total_bytes, ret);
	free(search.cmdline);
}

struct hugepages {
	const struct hostfs *fs;
	__u64 bytes;
};

/* hugepages-2048kB */
static bool see_hugepages(void *context, const char *name, bool may_be_folder)
{
	struct hugepages *sum = context;
	unsigned long long kib;
	char path[128], *text;
	size_t len;

	if (!may_be_folder || sscanf(name, "hugepages-%llukB", &kib) != 1)
		return true;
	snprintf(path, sizeof(path), HUGEPAGES "/hugepages-%llukB/nr_hugepages", kib);
	if (hostfs_read(sum->fs, path, 8192, &text, &len))
		return true;
	sum->bytes += strtoull(text, NULL, 10) * kib * 1024;
	free(text);
	return true;
}

void kubelet_reserve_read(const char *host_root, __u64 memory_total_bytes,
			  struct kubelet_reserve *ret)
{
	struct hugepages sum = { 0 };
	struct hostfs fs;

	ret->eviction_bytes = ret->hugepages_bytes = NOT_KNOWN;
	if (hostfs_open(&fs, host_root))
		return;
	read_eviction(&fs, memory_total_bytes, &ret->eviction_bytes);
	sum.fs = &fs;
	if (!hostfs_list(&fs, HUGEPAGES, 64, see_hugepages, &sum))
		ret->hugepages_bytes = sum.bytes;
	hostfs_close(&fs);
}

/* Where the limit is all of the machine's memory nothing is enforced, and it is another number. */
void kubelet_reserve_complete(const struct kubelet_reserve *reserve, __u64 memory_total_bytes,
			      struct event *ev)
{
	struct incident *incident = &ev->incident;
	__u64 limit_bytes, beside;

	if (!event_has_incident(ev) || incident->limits.node.limit_bytes >= NO_LIMIT)
		return;
	limit_bytes = incident->limits.node.limit_bytes;
	incident->node_reserve.eviction_bytes = reserve->eviction_bytes;
	incident->node_reserve.hugepages_bytes = reserve->hugepages_bytes;
	if (reserve->eviction_bytes == NOT_KNOWN || reserve->hugepages_bytes == NOT_KNOWN)
		return;
	beside = reserve->eviction_bytes + reserve->hugepages_bytes;
	if (limit_bytes < memory_total_bytes && beside < limit_bytes)
		incident->node_reserve.allocatable_bytes = limit_bytes - beside;
}
