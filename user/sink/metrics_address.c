// SPDX-License-Identifier: GPL-2.0-only
/* metrics_address: where the metrics are served. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sink/metrics_http.h"

#define BACKLOG 8

static bool parse_port(const char *text, in_port_t *ret)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	*ret = htons((in_port_t)port);
	return *text >= '0' && *text <= '9' && !*end && port <= 65535;
}

/* @addr of @len bytes, in brackets or not. */
static bool parse_addr(const char *addr, size_t len, in_port_t port, struct metrics_address *ret)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&ret->address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ret->address;
	bool brackets = len > 2 && addr[0] == '[' && addr[len - 1] == ']';
	char text[INET6_ADDRSTRLEN];

	if (brackets) {
		addr++;
		len -= 2;
	}
	if (len >= sizeof(text))
		return false;
	memcpy(text, addr, len);
	text[len] = '\0';
	if (!brackets && inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = port;
		ret->len = sizeof(*in);
	} else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = port;
		ret->len = sizeof(*in6);
	}
	return ret->len > 0;
}

bool metrics_http_parse(const char *text, struct metrics_address *ret)
{
	const char *colon = strrchr(text, ':');
	in_port_t port;

	memset(ret, 0, sizeof(*ret));
	if (!parse_port(colon ? colon + 1 : text, &port))
		return false;
	if (!colon)
		return parse_addr("127.0.0.1", strlen("127.0.0.1"), port, ret);
	return parse_addr(text, (size_t)(colon - text), port, ret);
}

static void write_url(int fd, char *ret, size_t size)
{
	struct sockaddr_storage address;
	const struct sockaddr_in *in = (struct sockaddr_in *)&address;
	const struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address;
	socklen_t len = sizeof(address);
	char host[INET6_ADDRSTRLEN] = "";

	if (getsockname(fd, (struct sockaddr *)&address, &len)) {
		snprintf(ret, size, "a port that is not known");
	} else if (address.ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		snprintf(ret, size, "http://[%s]:%u/metrics", host, ntohs(in6->sin6_port));
	} else {
		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(ret, size, "http://%s:%u/metrics", host, ntohs(in->sin_port));
	}
}

int metrics_http_listen(const struct metrics_address *address, char *ret_url, size_t size)
{
	int fd = socket(address->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, err = 0;

	if (fd < 0)
		return -errno;
	/* Or a restart would have to wait until old connections are forgotten. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (const struct sockaddr *)&address->address, address->len) ||
	    listen(fd, BACKLOG))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	write_url(fd, ret_url, size);
	return fd;
}
