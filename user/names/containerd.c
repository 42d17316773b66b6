// SPDX-License-Identifier: GPL-2.0-only
/*
 * containerd: the annotations that its CRI plugin gives each container. Versions before 1.6.11 and
 * 1.7.0 do not tell the pod's UID, older ones no more than the type.
 */
#include "names/bundle.h"
#include "names/oci.h"
#include "names/json_text.h"

static __u64 is_sandbox(const json_t *annotations, const char *container_id)
{
	if (oci_is(annotations, "io.kubernetes.cri.container-type", "sandbox"))
		return 1;
	if (oci_is(annotations, "io.kubernetes.cri.container-type", "container"))
		return 0;
	if (oci_is(annotations, "io.kubernetes.cri.sandbox-id", container_id))
		return 1;
	return NOT_KNOWN;
}

void containerd_parse(const char *text, size_t len, const char *container_id, struct claim *ret)
{
	json_t *config = oci_load(text, len, ret);
	const json_t *annotations = json_text_find(config, "annotations", NULL);

	oci_set(ret, claim_set_namespace, annotations, "io.kubernetes.cri.sandbox-namespace");
	oci_set(ret, claim_set_pod, annotations, "io.kubernetes.cri.sandbox-name");
	oci_set(ret, claim_set_pod_uid, annotations, "io.kubernetes.cri.sandbox-uid");
	oci_set(ret, claim_set_image, annotations, "io.kubernetes.cri.image-name");
	ret->names.is_sandbox = is_sandbox(annotations, container_id);
	if (ret->names.is_sandbox != 1)
		oci_set(ret, claim_set_container, annotations, "io.kubernetes.cri.container-name");
	json_decref(config);
}
