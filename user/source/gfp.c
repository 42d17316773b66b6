// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/btf.h>

#include "source/gfp.h"

#define PREFIX "___GFP_"
#define SUFFIX "_BIT"

/* include/linux/gfp.h of Linux 5.10. */
static const char *const before_v69[] = {
	"DMA",	 "HIGHMEM",    "DMA32",		"MOVABLE",  "RECLAIMABLE",    "HIGH",
	"IO",	 "FS",	       "ZERO",		"ATOMIC",   "DIRECT_RECLAIM", "KSWAPD_RECLAIM",
	"WRITE", "NOWARN",     "RETRY_MAYFAIL", "NOFAIL",   "NORETRY",	      "MEMALLOC",
	"COMP",	 "NOMEMALLOC", "HARDWALL",	"THISNODE", "ACCOUNT",
};

static bool is_bit(const char *name)
{
	size_t len = strlen(name);

	return len > strlen(PREFIX SUFFIX) && !strncmp(name, PREFIX, strlen(PREFIX)) &&
	       !strcmp(name + len - strlen(SUFFIX), SUFFIX);
}

static bool take_enum(struct gfp_bits *ret, const struct btf *btf, const struct btf_type *type)
{
	const struct btf_enum *value = btf_enum(type);
	bool found = false;

	for (int i = 0; i < btf_vlen(type); i++, value++) {
		const char *name = btf__name_by_offset(btf, value->name_off);

		if (!name || !is_bit(name) || value->val < 0 || value->val >= GFP_BITS)
			continue;
		found = true;
		if (strcmp(name, PREFIX "LAST" SUFFIX) && strcmp(name, PREFIX "UNUSED" SUFFIX))
			snprintf(ret->name[value->val], GFP_NAME_SIZE, "%.*s",
				 (int)(strlen(name) - strlen(PREFIX SUFFIX)),
				 name + strlen(PREFIX));
	}
	return found;
}

void gfp_bits_find(struct gfp_bits *ret, const struct btf *btf)
{
	__u32 types = btf ? btf__type_cnt(btf) : 0;

	memset(ret, 0, sizeof(*ret));
	for (__u32 id = 1; id < types; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_enum(type) && take_enum(ret, btf, type))
			return;
	}
	for (size_t i = 0; i < sizeof(before_v69) / sizeof(before_v69[0]); i++)
		snprintf(ret->name[i], GFP_NAME_SIZE, "%s", before_v69[i]);
}

/* As the kernel's own log puts them together, the longest first. */
static const struct {
	const char *name;
	const char *bits;
} composites[] = {
	{ "GFP_TRANSHUGE", "DIRECT_RECLAIM IO FS HARDWALL HIGHMEM MOVABLE COMP NOMEMALLOC NOWARN" },
	{ "GFP_TRANSHUGE_LIGHT", "IO FS HARDWALL HIGHMEM MOVABLE COMP NOMEMALLOC NOWARN" },
	{ "GFP_HIGHUSER_MOVABLE", "DIRECT_RECLAIM KSWAPD_RECLAIM IO FS HARDWALL HIGHMEM MOVABLE" },
	{ "GFP_HIGHUSER", "DIRECT_RECLAIM KSWAPD_RECLAIM IO FS HARDWALL HIGHMEM" },
	{ "GFP_USER", "DIRECT_RECLAIM KSWAPD_RECLAIM IO FS HARDWALL" },
	{ "GFP_KERNEL_ACCOUNT", "DIRECT_RECLAIM KSWAPD_RECLAIM IO FS ACCOUNT" },
	{ "GFP_KERNEL", "DIRECT_RECLAIM KSWAPD_RECLAIM IO FS" },
	{ "GFP_NOFS", "DIRECT_RECLAIM KSWAPD_RECLAIM IO" },
	{ "GFP_NOIO", "DIRECT_RECLAIM KSWAPD_RECLAIM" },
};

/* 0: one of the names is not known here. */
static __u64 mask_of(const struct gfp_bits *bits, const char *names)
{
	__u64 mask = 0;

	while (*names) {
		size_t len = strcspn(names, " ");
		int bit = 0;

		while (bit < GFP_BITS &&
		       (strncmp(bits->name[bit], names, len) != 0 || bits->name[bit][len] != '\0'))
			bit++;
		if (bit == GFP_BITS)
			return 0;
		mask |= 1ULL << bit;
		names += len + (names[len] == ' ');
	}
	return mask;
}

__attribute__((format(printf, 3, 4))) static void add(char *buf, size_t size, const char *fmt, ...)
{
	size_t len = strnlen(buf, size);
	va_list args;

	if (len && len + 1 < size) {
		buf[len++] = '|';
		buf[len] = '\0';
	}
	va_start(args, fmt);
	vsnprintf(buf + len, size - len, fmt, args);
	va_end(args);
}

char *gfp_words(const struct gfp_bits *bits, __u64 mask, char *buf, size_t size)
{
	__u64 unnamed = mask;

	buf[0] = '\0';
	if (!mask)
		add(buf, size, "0");
	for (size_t i = 0; i < sizeof(composites) / sizeof(composites[0]); i++) {
		__u64 all = mask_of(bits, composites[i].bits);

		if (!all || (mask & all) != all)
			continue;
		add(buf, size, "%s", composites[i].name);
		mask &= ~all;
		unnamed &= ~all;
		break;
	}
	for (int bit = 0; bit < GFP_BITS; bit++) {
		if (!(mask & 1ULL << bit) || !bits->name[bit][0])
			continue;
		add(buf, size, "__GFP_%s", bits->name[bit]);
		unnamed &= ~(1ULL << bit);
	}
	if (unnamed)
		add(buf, size, "0x%llx", unnamed);
	return buf;
}

void gfp_complete(const struct gfp_bits *bits, struct event *ev)
{
	struct allocation *allocation = &ev->incident.allocation;
	char words[GFP_WORDS_MAX];

	if (!event_has_incident(ev) || allocation->gfp_mask == NOT_KNOWN)
		return;
	gfp_words(bits, allocation->gfp_mask, words, sizeof(words));
	allocation->gfp_flags = event_text(ev, words, strlen(words));
}
