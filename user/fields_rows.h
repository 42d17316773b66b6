/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fields_rows: how the rows of the field table are written. IN is the struct whose fields they
 * describe. Each macro checks that the member has the C type which the row's type says.
 */
#ifndef OOMWHY_FIELDS_ROWS_H
#define OOMWHY_FIELDS_ROWS_H

#include "fields.h"

#define ROW(type_, ctype, member, key_, help_, ...)                                      \
	{                                                                                \
		.key = (key_), .help = (help_), .type = (type_),                         \
		.offset = offsetof(IN, member) + _Generic(((IN *)0)->member, ctype : 0), \
		__VA_ARGS__                                                              \
	}
#define U64(member, key, help) ROW(FIELD_U64, __u64, member, key, help)
#define S64(member, key, help) ROW(FIELD_S64, __s64, member, key, help)
#define LIMIT(member, key, help) ROW(FIELD_LIMIT, __u64, member, key, help)
#define BOOL(member, key, help) ROW(FIELD_BOOL, __u64, member, key, help)
#define TIME(member, key, help) ROW(FIELD_TIME, __u64, member, key, help)
#define TEXT(member, key, help) ROW(FIELD_TEXT, struct text, member, key, help)
#define CHARS(member, key, help) \
	ROW(FIELD_CHARS, char *, member, key, help, .max = sizeof(((IN *)0)->member))
#define ENUM(member, key, names_, help) ROW(FIELD_ENUM, __u64, member, key, help, .names = (names_))
#define DERIVED(member, key, names_, help) \
	ROW(FIELD_DERIVED, __u64, member, key, help, .names = (names_))
#define TABLE(member, key, ctype, table_, help) \
	ROW(FIELD_TABLE, ctype, member, key, help, .table = &(table_))
#define LIST(member, key, ctype, table_, help)                          \
	ROW(FIELD_LIST, ctype *, member, key, help, .table = &(table_), \
	    .count_offset = offsetof(IN, member##_count),               \
	    .omitted_offset = offsetof(IN, member##_omitted),           \
	    .max = sizeof(((IN *)0)->member) / sizeof(((IN *)0)->member[0]))
#define DEFINE(table_, rows)                                    \
	const struct field_table table_ = { .name = #table_,    \
					    .size = sizeof(IN), \
					    .fields = (rows),   \
					    .count = sizeof(rows) / sizeof((rows)[0]) }

/* Rows that several structs have alike. */
#define REQUEST(request, whose)                                                                                \
	U64(request.bytes, "request_bytes", whose " memory request in bytes; 0: none is set."),                \
		ENUM(request.source, "request_source", request_source_names,                                   \
		     "Where the request is known from: kubelet's own file, oom_score_adj, or the QoS class."), \
		U64(request.error_bytes, "request_error_bytes",                                                \
		    "The request is at most this away, in bytes; 0: it is exact.")
#define IDENTITY_OF(who, whose)                                                                        \
	TEXT(who.namespace_name, "k8s.namespace.name", "Namespace of its pod."),                       \
		TEXT(who.pod_name, "k8s.pod.name", "Name of its pod."),                                \
		TEXT(who.pod_uid, "k8s.pod.uid", "UID of its pod; not known for static pods."),        \
		TEXT(who.container_name, "k8s.container.name",                                         \
		     "Name of its container in the pod."),                                             \
		U64(who.restarts, "k8s.container.restart_count",                                       \
		    "How often this container of the pod had been started before."),                   \
		TEXT(who.container_id, "container.id",                                                 \
		     "ID of its container, as the runtime gave it."),                                  \
		TEXT(who.image, "container.image.name",                                                \
		     "Image of its container, as the runtime was told it."),                           \
		ENUM(who.runtime, "container.runtime.name", runtime_names,                             \
		     "Container runtime, where the cgroup's path tells it."),                          \
		ENUM(who.qos, "qos_class", qos_class_names,                                            \
		     "QoS class of its pod, from the cgroup's path."),                                 \
		TEXT(who.static_pod_hash, "static_pod_hash",                                           \
		     "Static pods: the hash of the manifest, which stands in the path for the UID."),  \
		BOOL(who.is_sandbox, "is_sandbox",                                                     \
		     "True: its container is the pod's own sandbox (pause)."),                         \
		ENUM(who.source, "identity_source", identity_source_names,                             \
		     "Where the names come from: the runtime's folder of the container, the link in "  \
		     "/var/log/containers, the pod's folder in /var/log/pods, or none but the path."), \
		REQUEST(who.request, whose)
#define IDENTITY(who) IDENTITY_OF(who, "Its container's")

/* Parts of the table that stand in a file of their own. */
extern const struct field_table cgroup_table, trend_table, pod_table, repeat_table;
extern const struct field_table storm_table, after_table, candidate_table;

/* Names that only the table needs. */
extern const char *const cause_names[];

#endif
