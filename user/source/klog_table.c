// SPDX-License-Identifier: GPL-2.0-only
/* klog_table: the tables of a report: memory, Mem-Info, tasks. */
#include <string.h>

#include "source/klog_report.h"
#include "source/klog_time.h"

#define UNLIMITED (1ULL << 62) /* PAGE_COUNTER_MAX in bytes is just below 2^63 */

enum column {
	COLUMN_IGNORED,
	COLUMN_UID,
	COLUMN_TGID,
	COLUMN_TOTAL_VM,
	COLUMN_RSS,
	COLUMN_ANON,
	COLUMN_FILE,
	COLUMN_SHMEM,
	COLUMN_PAGETABLES_BYTES,
	COLUMN_PAGETABLES_PAGES,
	COLUMN_SWAP,
	COLUMN_ADJ,
	COLUMN_NAME,
};

static bool read_counter(const char *text, size_t len, struct klog_counter *ret)
{
	if (!klog_value(text, len, ": usage ", &ret->usage) ||
	    !klog_value(text, len, ", limit ", &ret->limit))
		return false;
	if (ret->limit >= UNLIMITED)
		ret->limit = NO_LIMIT;
	return true;
}

void klog_table_counter(struct klog_report *report, const char *text, size_t len)
{
	struct klog_counter counter;

	if (!read_counter(text, len, &counter))
		return;
	if (klog_begins(text, len, "memory: ")) {
		report->parts |= KLOG_HAS_MEMORY;
		report->memory = counter;
		report->memory_line = report->latest;
	} else if (klog_begins(text, len, "memory+swap: ")) {
		report->memory_and_swap = counter;
	} else if (klog_begins(text, len, "swap: ")) {
		report->swap = counter;
	} else if (klog_begins(text, len, "kmem: ")) {
		report->kmem = true;
		report->kmem_usage = counter.usage;
	}
}

static void add(__u64 *sum, __u64 bytes)
{
	if (*sum == NOT_KNOWN)
		*sum = bytes;
	else if (bytes <= KLOG_NUMBER_MAX - *sum)
		*sum += bytes;
}

/* Before 5.3: " cache:108KB rss:197168KB …" of one cgroup, without those below it. */
static void sum_stats(struct klog_report *report, const char *text, size_t len)
{
	static const char *const keys[] = { " rss:", " cache:", " shmem:", " inactive_file:",
					    " swap:" };
	struct klog_figures *stats = &report->stats;
	__u64 *const sums[] = { &stats->anon, &stats->file, &stats->shmem, &stats->inactive_file,
				&stats->swap };
	__u64 bytes;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (klog_value(text, len, keys[i], &bytes))
			add(sums[i], bytes);
	report->stats_sum = true;
}

void klog_table_stats_of(struct klog_report *report, const char *text, size_t len)
{
	static const char word[] = "Memory cgroup stats for ";
	const char *end;

	report->parts |= KLOG_HAS_STATS;
	report->stats_line = report->latest;
	if (!klog_begins(text, len, word)) /* "Memory cgroup stats:", or nobody could be chosen */
		return;
	for (end = text + len; end > text && end[-1] != ':'; end--)
		;
	if (end == text + len) {
		text += strlen(word);
		report->stats_path =
			klog_report_path(report, (struct span){ text, (size_t)(end - 1 - text) });
		return;
	}
	sum_stats(report, text, len);
}

void klog_table_stat(struct klog_report *report, const char *text, size_t len)
{
	struct klog_figures *stats = &report->stats;
	const struct {
		const char *key;
		__u64 *value;
	} rows[] = {
		{ "anon ", &stats->anon },
		{ "file ", &stats->file },
		{ "shmem ", &stats->shmem },
		{ "slab_reclaimable ", &stats->slab_reclaimable },
		{ "slab_unreclaimable ", &stats->slab_unreclaimable },
		{ "pagetables ", &stats->pagetables },
		{ "kernel_stack ", &stats->kernel_stack },
		{ "sock ", &stats->sock },
		{ "kernel ", &stats->kernel },
		{ "percpu ", &stats->percpu },
		{ "vmalloc ", &stats->vmalloc },
		{ "inactive_file ", &stats->inactive_file },
		/* cgroup v1 from 6.12 on */
		{ "total_rss ", &stats->anon },
		{ "total_cache ", &stats->file },
		{ "total_shmem ", &stats->shmem },
		{ "total_inactive_file ", &stats->inactive_file },
		{ "total_swap ", &stats->swap },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (*text == *rows[i].key && klog_begins(text, len, rows[i].key)) {
			klog_value(text, len, rows[i].key, rows[i].value);
			return;
		}
	}
	if (*text == ' ')
		sum_stats(report, text, len);
}

void klog_table_memory_info(struct klog_report *report, enum klog_kind kind, const char *text,
			    size_t len)
{
	__u64 value;

	if (kind == KLOG_PAGES && klog_value(text, len, " free:", &value)) {
		report->free_pages = value;
	} else if (kind == KLOG_ZONE && klog_value(text, len, " high:", &value)) {
		add(&report->high_bytes, value);
	} else if (kind == KLOG_RAM) {
		struct cursor c = { text, text + len };

		if (!cursor_number(&c, 18, &value))
			return;
		if (cursor_skip(&c, " pages RAM"))
			report->ram_pages = value;
		else if (cursor_skip(&c, " pages reserved"))
			report->reserved_pages = value;
	}
}

static enum column column_of(const char *word, size_t len)
{
	static const struct {
		const char *name;
		enum column column;
	} names[] = {
		{ "uid", COLUMN_UID },
		{ "tgid", COLUMN_TGID },
		{ "total_vm", COLUMN_TOTAL_VM },
		{ "rss", COLUMN_RSS },
		{ "rss_anon", COLUMN_ANON },
		{ "rss_file", COLUMN_FILE },
		{ "rss_shmem", COLUMN_SHMEM },
		{ "pgtables_bytes", COLUMN_PAGETABLES_BYTES },
		{ "nr_ptes", COLUMN_PAGETABLES_PAGES },
		{ "nr_pmds", COLUMN_PAGETABLES_PAGES },
		{ "nr_puds", COLUMN_PAGETABLES_PAGES },
		{ "swapents", COLUMN_SWAP },
		{ "oom_score_adj", COLUMN_ADJ },
		{ "name", COLUMN_NAME },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (len == strlen(names[i].name) && !memcmp(word, names[i].name, len))
			return names[i].column;
	return COLUMN_IGNORED;
}

void klog_table_columns(struct klog_report *report, const char *text, size_t len)
{
	const char *bracket = memchr(text, ']', len);
	struct cursor c;
	const char *word;
	size_t n;

	if (!bracket)
		return;
	report->parts |= KLOG_HAS_TASKS;
	report->columns = 0;
	c = (struct cursor){ bracket + 1, text + len };
	while (cursor_at(&c, ' '))
		c.at++;
	while (c.at < c.end && report->columns < KLOG_COLUMNS_MAX) {
		n = cursor_token(&c, &word);
		report->column[report->columns++] = (__u8)column_of(word, n);
	}
}

static void put_column(struct klog_task *task, enum column column, __u64 value, bool minus)
{
	__u64 *const places[] = {
		[COLUMN_UID] = &task->uid,
		[COLUMN_TGID] = &task->tgid,
		[COLUMN_TOTAL_VM] = &task->total_vm,
		[COLUMN_RSS] = &task->rss,
		[COLUMN_ANON] = &task->anon,
		[COLUMN_FILE] = &task->file,
		[COLUMN_SHMEM] = &task->shmem,
		[COLUMN_PAGETABLES_BYTES] = &task->pagetables_bytes,
		[COLUMN_SWAP] = &task->swap,
	};

	if (column == COLUMN_ADJ)
		task->oom_score_adj = minus ? -(__s64)value : (__s64)value;
	else if (column == COLUMN_PAGETABLES_PAGES)
		add(&task->pagetables_pages, value);
	else if (column != COLUMN_IGNORED && !minus)
		*places[column] = value;
}

static bool read_task(const struct klog_report *report, const char *text, size_t len,
		      struct klog_task *task)
{
	struct cursor c = { text + 1, text + len };
	bool minus;
	__u64 value;

	memset(task, 0xff, sizeof(*task)); /* NOT_KNOWN */
	task->oom_score_adj = NOT_KNOWN_SIGNED;
	while (cursor_at(&c, ' '))
		c.at++;
	if (!cursor_number(&c, 10, &task->pid) || !cursor_skip(&c, "]"))
		return false;
	for (int i = 0; i < report->columns; i++) {
		while (cursor_at(&c, ' ') && report->column[i] != COLUMN_NAME)
			c.at++;
		if (report->column[i] == COLUMN_NAME) {
			cursor_skip(&c, " "); /* a name may begin with spaces of its own */
			task->comm = klog_comm_of((struct span){ c.at, cursor_left(&c) });
			return true;
		}
		minus = cursor_skip(&c, "-");
		if (!cursor_number(&c, 18, &value))
			return false;
		put_column(task, report->column[i], value, minus);
	}
	return false;
}

/* Bigger first matters: who was killed is among them, unless oom_score_adj alone decided. */
static __u64 weight(const struct klog_task *task)
{
	__u64 pages = task->rss == NOT_KNOWN ? 0 : task->rss;

	return pages + (task->swap == NOT_KNOWN ? 0 : task->swap);
}

/* The array is a heap once it is full, the smallest on top. */
static void sift_down(struct klog_report *report, int at)
{
	for (;;) {
		int least = at, left = 2 * at + 1, right = left + 1;
		struct klog_task moved;

		if (left < report->tasks &&
		    weight(&report->task[left]) < weight(&report->task[least]))
			least = left;
		if (right < report->tasks &&
		    weight(&report->task[right]) < weight(&report->task[least]))
			least = right;
		if (least == at)
			return;
		moved = report->task[at];
		report->task[at] = report->task[least];
		report->task[least] = moved;
		at = least;
	}
}

void klog_table_task(struct klog_report *report, const char *text, size_t len)
{
	struct klog_task task;

	if (!report->columns || !read_task(report, text, len, &task))
		return;
	if (report->tasks < KLOG_TASKS_MAX) {
		report->task[report->tasks++] = task;
		if (report->tasks == KLOG_TASKS_MAX)
			for (int i = KLOG_TASKS_MAX / 2; i-- > 0;)
				sift_down(report, i);
		return;
	}
	report->tasks_left_out++;
	if (weight(&task) <= weight(&report->task[0]))
		return;
	report->task[0] = task;
	sift_down(report, 0);
}
