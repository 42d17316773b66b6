/* SPDX-License-Identifier: GPL-2.0-only */
/* names_texts: what the runtimes write of the container that most tests of names/ look up. */
#ifndef OOMWHY_TESTS_NAMES_TEXTS_H
#define OOMWHY_TESTS_NAMES_TEXTS_H

#include "names_tree.h"

#define TASKS "/run/containerd/io.containerd.runtime.v2.task/k8s.io/"
#define POD_LOGS "/var/log/pods/shop_cart-7d9f8c6b5-x2x7q_" UID_CART
#define CART_LINK "/var/log/containers/cart-7d9f8c6b5-x2x7q_shop_cart-" CID_CART ".log"

/* With another namespace, pod, or UID it is what somebody may claim. */
#define CONTAINERD_OF(namespace, pod, uid)                                                                                    \
	"{\"ociVersion\":\"1.1.0\",\"process\":{\"user\":{\"uid\":0,\"gid\":0},"                                              \
	"\"args\":[\"/cart\"],\"cwd\":\"/\",\"oomScoreAdj\":985},"                                                            \
	"\"annotations\":{\"io.kubernetes.cri.container-name\":\"cart\","                                                     \
	"\"io.kubernetes.cri.container-type\":\"container\","                                                                 \
	"\"io.kubernetes.cri.image-name\":\"registry.local:5000/shop/cart:v1.2\","                                            \
	"\"io.kubernetes.cri.sandbox-id\":\"" CID_PAUSE "\","                                                                 \
	"\"io.kubernetes.cri.sandbox-name\":\"" pod "\","                                                                     \
	"\"io.kubernetes.cri.sandbox-namespace\":\"" namespace "\","                                                          \
							       "\"io.kubernetes.cri.sandbox-uid\":\"" uid                     \
							       "\"},"                                                         \
							       "\"linux\":{\"resources\":{\"memory\":{\"limit\":536870912}}," \
							       "\"cgroupsPath\":\"/kubepods/burstable/pod" UID_CART           \
							       "/" CID_CART "\"}}"

#define CONTAINERD_CART CONTAINERD_OF("shop", "cart-7d9f8c6b5-x2x7q", UID_CART)

#define CONTAINERD_PAUSE                                                     \
	"{\"process\":{\"args\":[\"/pause\"],\"oomScoreAdj\":-998},"         \
	"\"annotations\":{\"io.kubernetes.cri.container-type\":\"sandbox\"," \
	"\"io.kubernetes.cri.sandbox-id\":\"" CID_PAUSE "\","                \
	"\"io.kubernetes.cri.sandbox-name\":\"cart-7d9f8c6b5-x2x7q\","       \
	"\"io.kubernetes.cri.sandbox-namespace\":\"shop\","                  \
	"\"io.kubernetes.cri.sandbox-uid\":\"" UID_CART "\"}}"

#define CRIO_CART                                                       \
	"{\"process\":{\"oomScoreAdj\":985},\"annotations\":{"          \
	"\"io.container.manager\":\"cri-o\","                           \
	"\"io.kubernetes.container.name\":\"cart\","                    \
	"\"io.kubernetes.container.restartCount\":\"3\","               \
	"\"io.kubernetes.cri-o.ContainerID\":\"" CID_CART "\","         \
	"\"io.kubernetes.cri-o.ContainerType\":\"container\","          \
	"\"io.kubernetes.cri-o.ImageName\":\"quay.io/shop/cart:v1.2\"," \
	"\"io.kubernetes.cri-o.SandboxID\":\"" CID_PAUSE "\","          \
	"\"io.kubernetes.pod.name\":\"cart-7d9f8c6b5-x2x7q\","          \
	"\"io.kubernetes.pod.namespace\":\"shop\","                     \
	"\"io.kubernetes.pod.uid\":\"" UID_CART "\"}}"

#define DOCKER_CART                                                                  \
	"{\"ID\":\"" CID_CART "\",\"Name\":\"/k8s_cart_cart-7d9f8c6b5-x2x7q_shop\"," \
	"\"State\":{\"Running\":true,\"OOMKilled\":false},"                          \
	"\"Config\":{\"Image\":\"shop/cart:v1.2\",\"Labels\":{"                      \
	"\"annotation.io.kubernetes.container.restartCount\":\"26\","                \
	"\"io.kubernetes.container.name\":\"cart\","                                 \
	"\"io.kubernetes.docker.type\":\"container\","                               \
	"\"io.kubernetes.pod.name\":\"cart-7d9f8c6b5-x2x7q\","                       \
	"\"io.kubernetes.pod.namespace\":\"shop\","                                  \
	"\"io.kubernetes.pod.uid\":\"" UID_CART "\"}}}"

#endif
