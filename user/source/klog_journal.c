// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include <jansson.h>

#include "event.h"
#include "source/klog_journal.h"
#include "source/klog_time.h"

static bool is(const char *key, size_t len, const char *name)
{
	return len == strlen(name) && !memcmp(key, name, len);
}

/* A number of microseconds, as a string. */
static __u64 read_us(const char *value, size_t len)
{
	struct cursor c = { value, value + len };
	__u64 us;

	return cursor_number(&c, 16, &us) && c.at == c.end ? us * 1000 : NOT_KNOWN;
}

static void keep_host(struct klog_reader *reader, struct klog_line *line, const char *value,
		      size_t len)
{
	if (!len || len >= sizeof(reader->host))
		return;
	memcpy(reader->host, value, len);
	line->host = reader->host;
	line->host_len = len;
}

static void keep_boot_id(struct klog_reader *reader, struct klog_line *line, const char *value,
			 size_t len)
{
	if (len != 32 || strspn(value, "0123456789abcdef") < 32)
		return;
	memcpy(reader->boot_id, value, 32);
	line->boot_id = reader->boot_id;
}

void journal_field(struct klog_reader *reader, struct journal_entry *entry, struct klog_line *line,
		   const char *key, size_t key_len, const char *value, size_t len)
{
	if (is(key, key_len, "MESSAGE")) {
		line->text = value;
		line->len = len;
		entry->has_message = true;
	} else if (is(key, key_len, "_TRANSPORT")) {
		entry->kernel = is(value, len, "kernel");
		entry->foreign = !entry->kernel;
	} else if (is(key, key_len, "SYSLOG_IDENTIFIER")) {
		entry->kernel = entry->kernel || (is(value, len, "kernel") && !entry->foreign);
	} else if (is(key, key_len, "SYSLOG_FACILITY")) {
		entry->foreign = entry->foreign || !is(value, len, "0");
	} else if (is(key, key_len, "_SOURCE_MONOTONIC_TIMESTAMP")) {
		entry->source_monotonic_ns = read_us(value, len);
	} else if (is(key, key_len, "__MONOTONIC_TIMESTAMP")) {
		entry->monotonic_ns = read_us(value, len);
	} else if (is(key, key_len, "_SOURCE_REALTIME_TIMESTAMP")) {
		entry->source_realtime_ns = read_us(value, len);
	} else if (is(key, key_len, "__REALTIME_TIMESTAMP")) {
		entry->realtime_ns = read_us(value, len);
	} else if (is(key, key_len, "_HOSTNAME")) {
		keep_host(reader, line, value, len);
	} else if (is(key, key_len, "_BOOT_ID")) {
		keep_boot_id(reader, line, value, len);
	}
}

bool journal_end(const struct journal_entry *entry, struct klog_line *line)
{
	line->prefixed = true;
	line->boot_ns = entry->source_monotonic_ns != NOT_KNOWN ? entry->source_monotonic_ns :
								  entry->monotonic_ns;
	line->time_ns = entry->source_realtime_ns != NOT_KNOWN ? entry->source_realtime_ns :
								 entry->realtime_ns;
	return entry->has_message && entry->kernel && !entry->foreign;
}

/* The journal writes what is not UTF-8 as a list of bytes. */
static bool message_of_bytes(struct klog_reader *reader, json_t *list, struct klog_line *line)
{
	size_t i, len = 0;
	json_t *byte;

	json_array_foreach(list, i, byte)
	{
		json_int_t value = json_integer_value(byte);

		if (!json_is_integer(byte) || value < 0 || value > 255 || len == KLOG_LINE_MAX)
			return false;
		reader->scratch[len++] = (char)value;
	}
	line->text = reader->scratch;
	line->len = len;
	return true;
}

static void keep_text(struct klog_reader *reader, struct klog_line *line, const char *value,
		      size_t len)
{
	line->len = len < KLOG_LINE_MAX ? len : KLOG_LINE_MAX;
	memcpy(reader->scratch, value, line->len);
	line->text = reader->scratch;
}

static enum json_line read_entry(struct klog_reader *reader, json_t *root, struct klog_line *ret)
{
	struct journal_entry entry = { .monotonic_ns = NOT_KNOWN,
				       .source_monotonic_ns = NOT_KNOWN,
				       .realtime_ns = NOT_KNOWN,
				       .source_realtime_ns = NOT_KNOWN };
	const char *key;
	json_t *value;

	json_object_foreach(root, key, value) if (json_is_string(value))
		journal_field(reader, &entry, ret, key, strlen(key), json_string_value(value),
			      json_string_length(value));
	value = json_object_get(root, "MESSAGE");
	if (json_is_array(value)) {
		entry.has_message = message_of_bytes(reader, value, ret);
	} else if (entry.has_message) {
		keep_text(reader, ret, ret->text, ret->len); /* the tree goes */
	}
	return journal_end(&entry, ret) ? JSON_KERNEL : JSON_FOREIGN;
}

static enum json_line read_wrapped(struct klog_reader *reader, json_t *root, struct klog_line *ret)
{
	json_t *log = json_object_get(root, "log"), *time = json_object_get(root, "time");
	struct cursor c;
	bool comma;

	if (!json_is_string(log))
		return JSON_NOT;
	keep_text(reader, ret, json_string_value(log), json_string_length(log));
	while (ret->len && (ret->text[ret->len - 1] == '\n' || ret->text[ret->len - 1] == '\r'))
		ret->len--;
	if (json_is_string(time)) {
		c.at = json_string_value(time);
		c.end = c.at + json_string_length(time);
		klog_time_iso(reader, &c, &ret->time_ns, &comma);
	}
	return JSON_WRAPPED;
}

enum json_line klog_read_json(struct klog_reader *reader, const char *bytes, size_t len,
			      struct klog_line *ret)
{
	json_t *root = json_loadb(bytes, len, JSON_ALLOW_NUL, NULL);
	enum json_line kind = JSON_NOT;

	if (json_object_get(root, "MESSAGE"))
		kind = read_entry(reader, root, ret);
	else if (json_is_object(root))
		kind = read_wrapped(reader, root, ret);
	json_decref(root);
	return kind;
}
