// SPDX-License-Identifier: GPL-2.0-only
/*
 * docker: kubelet's labels of a container, as dockershim and cri-dockerd hand them on, in
 * config.v2.json; how it was made to run, in hostconfig.json. A container without them is in no
 * pod; a node of kind or k3d is one. Its name is docker's own.
 */
#include "names/bundle.h"
#include "names/oci.h"
#include "names/json_text.h"

static __u64 is_sandbox(const json_t *labels)
{
	if (oci_is(labels, "io.kubernetes.docker.type", "podsandbox"))
		return 1;
	if (oci_is(labels, "io.kubernetes.docker.type", "container"))
		return 0;
	return oci_is(labels, "io.kubernetes.container.name", "POD") ? 1 : NOT_KNOWN;
}

static void set_machine_container(struct claim *claim, const json_t *config)
{
	size_t len;
	const char *name = json_text_get(config, "Name", &len);

	if (name && len && name[0] == '/')
		claim_set_machine_container(claim, name + 1, len - 1);
}

void docker_parse(const char *text, size_t len, struct claim *ret)
{
	json_t *config = json_text_load(text, len, &ret->refused);
	const json_t *labels = json_text_find(config, "Config", "Labels", NULL);

	oci_set(ret, claim_set_namespace, labels, "io.kubernetes.pod.namespace");
	oci_set(ret, claim_set_pod, labels, "io.kubernetes.pod.name");
	oci_set(ret, claim_set_pod_uid, labels, "io.kubernetes.pod.uid");
	oci_set(ret, claim_set_image, json_text_find(config, "Config", NULL), "Image");
	if (!ret->names.pod_uid[0]) {
		set_machine_container(ret, config);
		json_decref(config);
		return;
	}
	ret->names.is_sandbox = is_sandbox(labels);
	if (ret->names.is_sandbox != 1) {
		oci_set(ret, claim_set_container, labels, "io.kubernetes.container.name");
		oci_set(ret, claim_set_restarts, labels,
			"annotation.io.kubernetes.container.restartCount");
	}
	json_decref(config);
}

void docker_parse_host_config(const char *text, size_t len, struct claim *ret)
{
	json_t *config = json_text_load(text, len, &ret->refused);

	oci_set_oom_score_adj(ret, json_text_find(config, "OomScoreAdj", NULL));
	oci_set_limit(ret, json_text_find(config, "Memory", NULL));
	json_decref(config);
}
