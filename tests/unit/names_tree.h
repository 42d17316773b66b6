/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * names_tree: a host's files in a temporary folder, for the tests of names/. One at a time. What
 * fails here ends the test.
 */
#ifndef OOMWHY_TESTS_NAMES_TREE_H
#define OOMWHY_TESTS_NAMES_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "names/names.h"

#define TREE_MEMORY (16ULL << 30) /* MemTotal of the host, in bytes */

#define UID_CART "0f1b4c52-8a3e-4d67-9b20-5c6d7e8f9a01"
#define UID_OTHER "17efb6ec-09ab-4eec-8ad6-f953eb1a7466"
#define UID_STATIC "9692aa0e748e11e88dfa76d458035df6" /* a config hash */
#define CID_CART "d0f631ca1ddba8db3bcfcb9e057cdc98d0379f1bee00e75a545147a27dadd982"
#define CID_PAUSE "4e8a1e209b2f01b65307c1d944c45ef50fdb244a99226d0ea459bf6e2fe35f10"
#define CID_OTHER "a8e046b4276768fcd434fa8c36ff2291650896b617989493d30fb1a29610f2a7"

/* The cgroup of a container of a Burstable pod, as the cgroupfs driver makes it. */
#define CGROUP(uid, cid) "/kubepods/burstable/pod" uid "/" cid

/* An empty folder, in which nothing is; tree_end() removes it. Both for cmocka's setup. */
int tree_begin(void **state);
int tree_end(void **state);

/* Below the folder; parents are made. @text may hold NULs. */
void tree_file(const char *path, const char *text);
void tree_bytes(const char *path, const void *bytes, size_t len);
void tree_folder(const char *path);
void tree_link(const char *path, const char *target);
void tree_fifo(const char *path);
void tree_remove(const char *path);

/* The whole path, outside; valid until the next call. */
const char *tree_path(const char *path);

/*
 * tree_look_up() - who the cgroup of that path is, with names opened for just this.
 * Returns what names_look_up() does.
 */
bool tree_look_up(const char *cgroup, struct container_names *ret);
bool tree_look_up_in(const struct names_roots *roots, const char *cgroup,
		     struct container_names *ret);

/* The same with names that stay open. */
bool tree_ask(struct names *names, const char *cgroup, struct container_names *ret);

#define TREE_TEST(test) cmocka_unit_test_setup_teardown(test, tree_begin, tree_end)

/* What was written to stderr since tree_begin() or the last call. */
const char *tree_stderr(void);

#endif
