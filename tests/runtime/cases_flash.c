/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Containers that are killed milliseconds after they began, and of which containerd leaves nothing:
 * its names must have been read before.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cases.h"
#include "cri.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define FLASHES 200
#define AT_ONCE 2
#define LINE_MS 10000
#define PRINTED 3 /* of what is wrong */
#define LIFE_MAX_NS                                                                   \
	50000000LL /* a median above that shows a machine on which this shows nothing \
		    */

struct flash {
	struct cri_pod pod;
	struct cri_container c;
	pid_t ctr; /* 0: has ended */
	int out_fd;
	long long began_ns; /* 0: what the runtime does before has hit the limit already */
	json_t *line; /* borrowed */
};

static void start(struct world *w, struct flash *f, int serial)
{
	static const char *const args[] = { "/flash", NULL };
	int out[2];

	cri_pod(w, &f->pod, serial % 3, false, 0);
	cri_container(w, &f->c, &f->pod, 8);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	f->ctr = cri_spawn(&f->c, "--rm", out[1], args);
	f->out_fd = out[0];
	close(out[1]);
}

static void end(struct flash *f)
{
	char text[64] = "";
	int status;

	assert_int_equal(waitpid(f->ctr, &status, 0), f->ctr);
	if (read(f->out_fd, text, sizeof(text) - 1) > 0)
		f->began_ns = strtoll(text, NULL, 10);
	close(f->out_fd);
	f->ctr = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 137)
		fail_msg("a container that should have been killed: status 0x%x, \"%s\"", status,
			 text);
}

/* Every line that is there; waits for the first one. */
static int take_lines(struct world *w, struct flash *flashes, int timeout_ms)
{
	json_t *line = tracer_line(&w->tracer, timeout_ms);
	int n = 0;

	for (; line; line = tracer_line(&w->tracer, 0)) {
		const char *id = line_string(line, "victim.container.id");

		for (int i = 0; i < FLASHES && *id; i++)
			if (!strcmp(flashes[i].c.id, id) && !flashes[i].line) {
				flashes[i].line = line;
				n++;
			}
	}
	return n;
}

static int compare(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

static const char *wrong_with(const struct flash *f)
{
	if (!f->line)
		return "no line";
	if (strcmp(line_string(f->line, "verdict.limit_level"), "container"))
		return line_string(f->line, "message");
	return cri_misnamed(f->line, "victim", &f->c, "bundle");
}

static void judge(const struct flash *flashes, long long duration_ns)
{
	long long lives[FLASHES];
	int named = 0, n = 0;

	for (int i = 0; i < FLASHES; i++) {
		const struct flash *f = &flashes[i];
		const char *wrong = wrong_with(f);

		named += !wrong;
		if (wrong && i - named < PRINTED)
			print_message("  container %d: %s\n", i, wrong);
		if (f->line && f->began_ns)
			lives[n++] = line_integer(f->line, "boot_time_ns") - f->began_ns;
	}
	qsort(lives, n, sizeof(*lives), compare);
	if (n)
		print_message("  %d of %d named; killed after %.1f ms (median; %.1f to %.1f); "
			      "%.0f s in all\n",
			      named, FLASHES, lives[n / 2] / 1e6, lives[0] / 1e6,
			      lives[n - 1] / 1e6, duration_ns / 1e9);
	if (named != FLASHES || n < FLASHES * 9 / 10 || lives[n / 2] > LIFE_MAX_NS)
		fail_msg("%d of %d are named", named, FLASHES);
}

static void flash(struct world *w)
{
	static struct flash flashes[FLASHES];
	long long since_ns;
	int told = 0;

	memset(flashes, 0, sizeof(flashes));
	world_start_containerd(w);
	world_trace(w);
	since_ns = world_boot_ns();
	for (int i = 0; i < FLASHES + AT_ONCE; i++) {
		if (i >= AT_ONCE)
			end(&flashes[i - AT_ONCE]);
		if (i < FLASHES)
			start(w, &flashes[i], i);
		told += take_lines(w, flashes, 0);
	}
	while (told < FLASHES) {
		int more = take_lines(w, flashes, LINE_MS);

		if (!more)
			break;
		told += more;
	}
	judge(flashes, world_boot_ns() - since_ns);
}

const struct runtime_case flash_cases[] = {
	{ "flash", "200 containers that are killed milliseconds after they began", flash },
};
const int n_flash_cases = COUNT(flash_cases);
