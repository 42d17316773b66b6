// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "names/claim.h"

#define LABEL_MAX 63
#define NUMBER_DIGITS_MAX 9

static bool is_lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_label_char(char c)
{
	return is_lower_or_digit(c) || c == '-';
}

/* RFC 1123, as Kubernetes has it: lower case, digits and '-', neither first nor last. */
static bool is_label(const char *text, size_t len)
{
	if (!len || len > LABEL_MAX || !is_lower_or_digit(text[0]) ||
	    !is_lower_or_digit(text[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_label_char(text[i]))
			return false;
	return true;
}

/* Labels with dots between them; Kubernetes bounds the whole, not each label. */
static bool is_subdomain(const char *text, size_t len)
{
	if (!len || len > NAMES_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool at_edge = !i || i == len - 1 || text[i - 1] == '.' || text[i + 1] == '.';

		if (text[i] == '.' ?
			    at_edge :
			    !(at_edge ? is_lower_or_digit(text[i]) : is_label_char(text[i])))
			return false;
	}
	return true;
}

static bool is_printable_ascii(const char *text, size_t len, size_t max)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return len && len <= max;
}

static bool is_uid(const char *text, size_t len)
{
	return is_printable_ascii(text, len, PLACE_POD_UID_MAX);
}

static bool is_image(const char *text, size_t len)
{
	return is_printable_ascii(text, len, NAMES_IMAGE_MAX);
}

static bool is_docker_name(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_label_char(text[i]) && !(text[i] >= 'A' && text[i] <= 'Z') &&
		    text[i] != '_' && text[i] != '.')
			return false;
	return len && len <= NAMES_NAME_MAX;
}

void claim_init(struct claim *claim)
{
	memset(claim, 0, sizeof(*claim));
	claim->names.restarts = NOT_KNOWN;
	claim->names.oom_score_adj = NOT_KNOWN_SIGNED;
	claim->names.is_sandbox = NOT_KNOWN;
	claim->names.request_bytes = NOT_KNOWN;
	claim->names.request_error_bytes = NOT_KNOWN;
	claim->names.pod_request_bytes = NOT_KNOWN;
	claim->limit_bytes = NOT_KNOWN;
}

static void refuse(struct claim *claim, const char *why)
{
	if (!claim->refused)
		claim->refused = why;
}

static void set(struct claim *claim, char *to, const char *text, size_t len,
		bool (*is_valid)(const char *text, size_t len), const char *why)
{
	if (!text)
		return;
	if (!is_valid(text, len)) {
		refuse(claim, why);
		return;
	}
	memcpy(to, text, len);
	to[len] = '\0';
}

void claim_set_namespace(struct claim *claim, const char *text, size_t len)
{
	set(claim, claim->names.namespace_name, text, len, is_label,
	    "the namespace is no DNS label");
}

void claim_set_pod(struct claim *claim, const char *text, size_t len)
{
	set(claim, claim->names.pod_name, text, len, is_subdomain, "the pod's name is no DNS name");
}

void claim_set_pod_uid(struct claim *claim, const char *text, size_t len)
{
	set(claim, claim->names.pod_uid, text, len, is_uid, "the pod's UID is not printable");
}

void claim_set_container(struct claim *claim, const char *text, size_t len)
{
	set(claim, claim->names.container_name, text, len, is_label,
	    "the container's name is no DNS label");
}

void claim_set_image(struct claim *claim, const char *text, size_t len)
{
	set(claim, claim->names.image, text, len, is_image, "the image's name is not printable");
}

void claim_set_machine_container(struct claim *claim, const char *text, size_t len)
{
	set(claim, claim->names.container_name, text, len, is_docker_name,
	    "the container's name is none of docker's");
}

bool claim_number(const char *text, size_t len, __u64 *ret)
{
	__u64 number = 0;

	if (!len || len > NUMBER_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		number = number * 10 + (__u64)(text[i] - '0');
	}
	*ret = number;
	return true;
}

void claim_set_restarts(struct claim *claim, const char *text, size_t len)
{
	if (text && !claim_number(text, len, &claim->names.restarts))
		refuse(claim, "the restart count is no number");
}

bool claim_has_pod(const struct claim *claim)
{
	return claim->names.namespace_name[0] && claim->names.pod_name[0];
}
