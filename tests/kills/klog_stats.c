/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "klog_stats.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define TITLE "Memory cgroup stats for "
#define NEWLINE "\\x0a" /* as /dev/kmsg writes one within a record */

/* total_…: cgroup v1 of Linux 6.6 or later, which prints the memcg's own ones, too. */
static const struct {
	const char *key;
	size_t offset;
} keys[] = {
	{ "anon", offsetof(struct klog_stats, anon) },
	{ "total_rss", offsetof(struct klog_stats, anon) },
	{ "file", offsetof(struct klog_stats, file_and_shmem) },
	{ "total_cache", offsetof(struct klog_stats, file_and_shmem) },
	{ "shmem", offsetof(struct klog_stats, shmem) },
	{ "total_shmem", offsetof(struct klog_stats, shmem) },
	{ "kernel", offsetof(struct klog_stats, kernel) },
	{ "kernel_stack", offsetof(struct klog_stats, kernel_stack) },
	{ "pagetables", offsetof(struct klog_stats, pagetables) },
	{ "sock", offsetof(struct klog_stats, sock) },
	{ "slab_reclaimable", offsetof(struct klog_stats, slab_reclaimable) },
	{ "slab_unreclaimable", offsetof(struct klog_stats, slab_unreclaimable) },
	{ "inactive_file", offsetof(struct klog_stats, inactive_file) },
	{ "total_inactive_file", offsetof(struct klog_stats, inactive_file) },
};

void klog_table_init(struct klog_table *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		*(long long *)((char *)&ret->stats + keys[i].offset) = -1;
}

static void read_one(struct klog_stats *stats, const char *text)
{
	char key[32];
	long long value;

	if (sscanf(text, "%31s %lld", key, &value) != 2)
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(key, keys[i].key))
			*(long long *)((char *)stats + keys[i].offset) = value;
}

static void open_table(struct klog_table *table, const char *path)
{
	klog_table_init(table);
	table->open = true;
	snprintf(table->stats.memcg, sizeof(table->stats.memcg), "%.*s",
		 (int)(strchrnul(path, ':') - path), path);
}

void klog_table_read(struct klog_table *table, const char *text)
{
	if (!strncmp(text, TITLE, strlen(TITLE))) {
		open_table(table, text + strlen(TITLE));
		return;
	}
	if (!strncmp(text, "Tasks state", 11))
		table->open = false;
	while (table->open && text) {
		read_one(&table->stats, text);
		text = strstr(text, NEWLINE);
		text = text ? text + strlen(NEWLINE) : NULL;
	}
}
