// SPDX-License-Identifier: GPL-2.0-only
/*
 * CRI-O: kubelet's labels and annotations of a container stand among the annotations of its
 * config.json, with some of CRI-O's own.
 */
#include "names/bundle.h"
#include "names/oci.h"
#include "names/json_text.h"

/* Of a sandbox the pod's author chooses annotations, too: each of the two marks is enough. */
static __u64 is_sandbox(const json_t *annotations, const char *container_id)
{
	if (oci_is(annotations, "io.kubernetes.cri-o.ContainerType", "sandbox") ||
	    oci_is(annotations, "io.kubernetes.cri-o.SandboxID", container_id))
		return 1;
	if (oci_is(annotations, "io.kubernetes.cri-o.ContainerType", "container"))
		return 0;
	return NOT_KNOWN;
}

void crio_parse(const char *text, size_t len, const char *container_id, struct claim *ret)
{
	json_t *config = oci_load(text, len, ret);
	const json_t *annotations = json_text_find(config, "annotations", NULL);

	oci_set(ret, claim_set_namespace, annotations, "io.kubernetes.pod.namespace");
	oci_set(ret, claim_set_pod, annotations, "io.kubernetes.pod.name");
	oci_set(ret, claim_set_pod_uid, annotations, "io.kubernetes.pod.uid");
	oci_set(ret, claim_set_image, annotations, "io.kubernetes.cri-o.ImageName");
	ret->names.is_sandbox = is_sandbox(annotations, container_id);
	if (ret->names.is_sandbox != 1) {
		oci_set(ret, claim_set_container, annotations, "io.kubernetes.container.name");
		oci_set(ret, claim_set_restarts, annotations,
			"io.kubernetes.container.restartCount");
	}
	json_decref(config);
}
