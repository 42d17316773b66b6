// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "source/klog_source.h"

#define PACKED_SIZE 65536
#define PEEK_SIZE 65536

struct klog_source {
	int fd;
	bool gzip, ended;
	z_stream zip;
	char *packed; /* bytes read and not unpacked; of a plain file those read to know it */
	size_t packed_len, packed_at;
	char *peeked;
	size_t peeked_len, peeked_at;
};

static ssize_t read_some(int fd, char *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Until @size bytes or the end: a pipe gives them as they come. */
static ssize_t read_full(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size && (n = read_some(fd, buf + len, size - len)) != 0) {
		if (n < 0)
			return len ? (ssize_t)len : n;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static ssize_t read_plain(struct klog_source *source, char *buf, size_t size)
{
	size_t left = source->packed_len - source->packed_at;

	if (!left)
		return read_some(source->fd, buf, size);
	if (left > size)
		left = size;
	memcpy(buf, source->packed + source->packed_at, left);
	source->packed_at += left;
	return (ssize_t)left;
}

static ssize_t fill_packed(struct klog_source *source)
{
	ssize_t n = read_some(source->fd, source->packed, PACKED_SIZE);

	if (n > 0) {
		source->packed_len = (size_t)n;
		source->packed_at = 0;
	}
	return n;
}

/* One file may be several packed ones in a row. */
static ssize_t read_gzip(struct klog_source *source, char *buf, size_t size)
{
	z_stream *zip = &source->zip;
	ssize_t n = 1;
	int err = Z_OK;

	zip->next_out = (Bytef *)buf;
	zip->avail_out = (uInt)size;
	while (zip->avail_out == size && !source->ended) {
		if (source->packed_at == source->packed_len && (n = fill_packed(source)) <= 0)
			break;
		if (err == Z_STREAM_END)
			inflateReset(zip);
		zip->next_in = (Bytef *)source->packed + source->packed_at;
		zip->avail_in = (uInt)(source->packed_len - source->packed_at);
		err = inflate(zip, Z_NO_FLUSH);
		source->packed_at = source->packed_len - zip->avail_in;
		if (err == Z_STREAM_END)
			inflateReset(zip);
		else if (err != Z_OK && err != Z_BUF_ERROR)
			source->ended = true;
	}
	if (zip->avail_out < size)
		return (ssize_t)(size - zip->avail_out);
	if (n < 0)
		return n;
	/* At its end a packed file is complete: zlib has nothing begun. */
	return source->ended || zip->total_in ? -EBADMSG : 0;
}

static ssize_t read_unpacked(struct klog_source *source, char *buf, size_t size)
{
	return source->gzip ? read_gzip(source, buf, size) : read_plain(source, buf, size);
}

ssize_t klog_source_read(struct klog_source *source, char *buf, size_t size)
{
	size_t left = source->peeked_len - source->peeked_at;

	if (!left)
		return read_unpacked(source, buf, size);
	if (left > size)
		left = size;
	memcpy(buf, source->peeked + source->peeked_at, left);
	source->peeked_at += left;
	return (ssize_t)left;
}

size_t klog_source_peek(struct klog_source *source, const char **ret)
{
	while (!source->peeked_at && source->peeked_len < PEEK_SIZE) {
		ssize_t n = read_unpacked(source, source->peeked + source->peeked_len,
					  PEEK_SIZE - source->peeked_len);

		if (n <= 0)
			break;
		source->peeked_len += (size_t)n;
		if (memchr(source->peeked, '\n', source->peeked_len))
			break; /* a pipe may give no more for long */
	}
	*ret = source->peeked;
	return source->peeked_len;
}

static const char *packed_with(const char *bytes, size_t len)
{
	if (len >= 4 && !memcmp(bytes, "\x28\xb5\x2f\xfd", 4))
		return "zstd";
	if (len >= 6 && !memcmp(bytes,
				"\xfd"
				"7zXZ\0",
				6))
		return "xz";
	if (len >= 3 && !memcmp(bytes, "BZh", 3))
		return "bzip2";
	if (len >= 8 && !memcmp(bytes, "LPKSHHRH", 8))
		return "the journal's own format";
	return NULL;
}

static int begin(struct klog_source *source, const char **ret_packed)
{
	ssize_t n;

	source->packed = malloc(PACKED_SIZE);
	source->peeked = malloc(PEEK_SIZE);
	if (!source->packed || !source->peeked)
		return -ENOMEM;
	n = read_full(source->fd, source->packed, 8);
	if (n < 0)
		return (int)n;
	source->packed_len = (size_t)n;
	*ret_packed = packed_with(source->packed, source->packed_len);
	if (*ret_packed)
		return -ENOTSUP;
	source->gzip = n >= 2 && !memcmp(source->packed, "\x1f\x8b", 2);
	if (source->gzip && inflateInit2(&source->zip, 16 + MAX_WBITS) != Z_OK)
		return -ENOMEM;
	return 0;
}

int klog_source_open(int fd, struct klog_source **ret, const char **ret_packed)
{
	struct klog_source *source = calloc(1, sizeof(*source));
	int err;

	if (!source)
		return -ENOMEM;
	source->fd = fd;
	err = begin(source, ret_packed);
	if (err) {
		source->gzip = false;
		klog_source_close(source);
		return err;
	}
	*ret = source;
	return 0;
}

void klog_source_close(struct klog_source *source)
{
	if (!source)
		return;
	if (source->gzip)
		inflateEnd(&source->zip);
	free(source->packed);
	free(source->peeked);
	free(source);
}
