// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "names/bundle.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define CONFIG_BYTES_MAX (1 << 20)

typedef void (*parse_fn)(const char *text, size_t len, const char *container_id, struct claim *ret);

static void parse_docker(const char *text, size_t len, const char *container_id, struct claim *ret)
{
	(void)container_id;
	docker_parse(text, len, ret);
}

static void parse_docker_host(const char *text, size_t len, const char *container_id,
			      struct claim *ret)
{
	(void)container_id;
	docker_parse_host_config(text, len, ret);
}

static enum bundle read_file(struct reader *reader, const char *path, parse_fn parse,
			     const char *container_id, struct claim *ret)
{
	char *text;
	size_t len;
	int err = reader_read(reader, path, CONFIG_BYTES_MAX, &text, &len);

	if (err)
		return hostfs_is_gone(err) ? BUNDLE_NONE : BUNDLE_REFUSED;
	parse(text, len, container_id, ret);
	free(text);
	if (!ret->refused)
		return BUNDLE_FOUND;
	log_limited(&reader->log, "%s is not believed: %s", path, ret->refused);
	return BUNDLE_REFUSED;
}

static enum bundle read_below(struct reader *reader, const char *root, const char *container_id,
			      const char *file, parse_fn parse, struct claim *ret)
{
	char path[HOSTFS_PATH_MAX];

	claim_init(ret);
	if (!reader_path(path, sizeof(path), "%s/%s/%s", root, container_id, file))
		return BUNDLE_NONE;
	return read_file(reader, path, parse, container_id, ret);
}

static enum bundle read_containerd(struct reader *reader, const char *root,
				   const char *container_id, struct claim *ret)
{
	char tasks[HOSTFS_PATH_MAX];

	if (!reader_path(tasks, sizeof(tasks), "%s/k8s.io", root))
		return BUNDLE_NONE;
	return read_below(reader, tasks, container_id, "config.json", containerd_parse, ret);
}

static enum bundle read_crio(struct reader *reader, const char *root, const char *container_id,
			     struct claim *ret)
{
	return read_below(reader, root, container_id, "userdata/config.json", crio_parse, ret);
}

/* The second file is missing at times, and its absence costs no name. */
static enum bundle read_docker(struct reader *reader, const char *root, const char *container_id,
			       struct claim *ret)
{
	struct claim host;
	enum bundle bundle =
		read_below(reader, root, container_id, "config.v2.json", parse_docker, ret);

	if (bundle != BUNDLE_FOUND || read_below(reader, root, container_id, "hostconfig.json",
						 parse_docker_host, &host) != BUNDLE_FOUND)
		return bundle;
	ret->names.oom_score_adj = host.names.oom_score_adj;
	ret->limit_bytes = host.limit_bytes;
	return bundle;
}

/* In the order in which a bare ID, that does not tell its runtime, is looked for. */
static const struct {
	enum runtime runtime;
	enum bundle (*read)(struct reader *reader, const char *root, const char *container_id,
			    struct claim *ret);
	size_t roots; /* offset in struct reader */
} runtimes[] = {
	{ RUNTIME_CONTAINERD, read_containerd, offsetof(struct reader, containerd) },
	{ RUNTIME_DOCKER, read_docker, offsetof(struct reader, docker) },
	{ RUNTIME_CRIO, read_crio, offsetof(struct reader, crio) },
};

/* The next of the folders in which the container may be; begins with @i 0 and @root NULL. */
static const char *next_root(const struct reader *reader, const struct place *place, size_t *i,
			     const char *root)
{
	for (; *i < ARRAY_SIZE(runtimes); (*i)++, root = NULL) {
		if (place->runtime != RUNTIME_NONE && place->runtime != runtimes[*i].runtime)
			continue;
		root = roots_next((const struct roots *)((const char *)reader + runtimes[*i].roots),
				  root);
		if (root)
			return root;
	}
	return NULL;
}

enum bundle bundle_look_up(struct reader *reader, const struct place *place, struct claim *ret)
{
	enum bundle worst = BUNDLE_NONE;
	const char *root = NULL;
	size_t i = 0;

	while ((root = next_root(reader, place, &i, root))) {
		enum bundle bundle = runtimes[i].read(reader, root, place->container_id, ret);

		if (bundle == BUNDLE_FOUND)
			return bundle;
		if (bundle == BUNDLE_REFUSED)
			worst = bundle;
	}
	claim_init(ret);
	return worst;
}

bool bundle_roots_exist(struct reader *reader, const struct place *place)
{
	const char *root = NULL;
	size_t i = 0;

	while ((root = next_root(reader, place, &i, root)))
		if (hostfs_is_folder(&reader->fs, root))
			return true;
	return false;
}
