/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * jsonw: a strict streaming JSON writer into a fixed buffer. It allocates nothing.
 *
 * The caller says where a value stands, by dotted keys; the writer opens and closes the objects on
 * the way. So an object without a value is never written, and whatever the caller does, what
 * jsonw_end() accepts is one well-formed object in valid UTF-8. Keys that share a prefix must come
 * in one go: an object that was closed would come twice.
 */
#ifndef OOMWHY_JSONW_H
#define OOMWHY_JSONW_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#define JSONW_DEPTH_MAX 12
#define JSONW_NAME_MAX 32 /* one component of a key, with NUL */

struct jsonw_step {
	char name[JSONW_NAME_MAX];
	char opens; /* '{', '[', or 0: an item of a list, an object without a name */
};

struct jsonw {
	char *buf;
	size_t size, len;
	bool failed; /* too long, too deep, a value without a name: nothing counts any more */
	bool first; /* nothing stands in the innermost open object or list yet */
	unsigned int open_depth, want_depth;
	struct jsonw_step open[JSONW_DEPTH_MAX]; /* what is open in the text */
	struct jsonw_step want[JSONW_DEPTH_MAX]; /* where the next value is to stand */
};

void jsonw_begin(struct jsonw *w, char *buf, size_t size);

/* jsonw_end() - close everything. Returns the length, '\n' included, or -E2BIG. */
int jsonw_end(struct jsonw *w);

/* jsonw_enter() - the values that follow stand in @key. Returns what jsonw_leave() wants. */
unsigned int jsonw_enter(struct jsonw *w, const char *key);

/* jsonw_list() - the same with a list; each jsonw_item() begins an object in it. */
unsigned int jsonw_list(struct jsonw *w, const char *key);
void jsonw_item(struct jsonw *w);

void jsonw_leave(struct jsonw *w, unsigned int mark);

void jsonw_u64(struct jsonw *w, const char *key, __u64 value);
void jsonw_s64(struct jsonw *w, const char *key, __s64 value);
void jsonw_bool(struct jsonw *w, const char *key, bool value);
void jsonw_null(struct jsonw *w, const char *key);

/*
 * jsonw_string() - write any bytes. What cannot be seen is escaped, each invalid byte becomes
 * U+FFFD; then the return value is false: it does not say all of them.
 */
bool jsonw_string(struct jsonw *w, const char *key, const char *bytes, size_t len);

/* jsonw_hex() - the bytes as a string of lower-case hex digits. */
void jsonw_hex(struct jsonw *w, const char *key, const char *bytes, size_t len);

#endif
