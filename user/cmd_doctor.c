// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd.h"
#include "cmd_options.h"
#include "doctor.h"
#include "exit_status.h"
#include "sink/findings.h"
#include "sink/json.h"
#include "source/pins.h"

struct arguments {
	struct cmd_common common;
	struct metrics_address metrics;
	const char *pin_dir;
	bool unpin;
};

static bool take_metrics(void *options, const char *value)
{
	return metrics_http_parse(value, &((struct arguments *)options)->metrics);
}

static const struct cmd_option metrics_option = {
	"metrics", 0, "[ADDR:]PORT",
	"where the oomwhy that runs here serves its metrics, to tell\n"
	"what it has lost (default: $OOMWHY_METRICS)",
	take_metrics
};

static bool take_pin(void *options, const char *value)
{
	((struct arguments *)options)->pin_dir = value;
	return pins_dir_is_sound(value);
}

static bool take_unpin(void *options, const char *value)
{
	(void)value;
	return ((struct arguments *)options)->unpin = true;
}

static const struct cmd_option pin_option = { "pin", 0, "DIR",
					      "look for what oomwhy --pin keeps there (default:\n"
					      "/sys/fs/bpf/oomwhy)",
					      take_pin };
static const struct cmd_option unpin_option = {
	"unpin", 0, NULL, "take that away, whatever version made it; examine nothing", take_unpin
};

static const struct cmd_option *const options[] = {
	&cmd_output, &cmd_json,	    &cmd_root_of_host, &metrics_option,
	&pin_option, &unpin_option, &cmd_verbose,      NULL,
};

static const struct cmd_syntax syntax = {
	.command = "doctor",
	.about =
		"Usage: oomwhy doctor [OPTION]...\n\n"
		"Tells what this kernel and these privileges allow, what is missing, and how to get\n"
		"it. Each way to watch the kernel is tried for a moment; nothing stays.",
	.notes =
		"Exit status: 0 tracing is possible, if by the kernel's log only; 1 failed, 2 usage,\n"
		"3 it is not possible.",
	.options = options,
	.take_argument = cmd_no_argument,
};

static int print(const struct checkup *checkup, bool json)
{
	static char buf[JSON_LINE_MAX];
	const char *no_color = getenv("NO_COLOR");
	struct text_style style = {
		.colour = isatty(STDOUT_FILENO) && !(no_color && *no_color),
		.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
	};
	int len;

	if (json)
		len = findings_json(checkup, buf, sizeof(buf));
	else
		len = (int)findings_text(checkup, &style, buf, sizeof(buf));
	if (len < 0)
		return len;
	errno = 0;
	if (fwrite(buf, 1, (size_t)len, stdout) != (size_t)len || fflush(stdout))
		return errno ? -errno : -EIO;
	return 0;
}

static int examine(const struct doctor_options *what, bool json)
{
	static struct checkup checkup;
	int err;

	doctor_examine(what, &checkup);
	err = print(&checkup, json);
	if (err) {
		log_error("cannot write to stdout: %s", strerror(-err));
		return STATUS_FAILED;
	}
	return checkup.attach ? STATUS_DONE : STATUS_NOT_POSSIBLE;
}

static int unpin(const char *dir)
{
	int err = pins_remove(dir);

	switch (err) {
	case 0:
		return STATUS_DONE;
	case -ENOENT:
	case -EMEDIUMTYPE:
		log_error("nothing is pinned in %s", dir);
		return STATUS_NOT_FOUND;
	case -EBUSY:
		log_error("an oomwhy reads what is pinned in %s: end it first", dir);
		return STATUS_FAILED;
	default:
		log_error("cannot take away what is pinned in %s: %s", dir, strerror(-err));
		return STATUS_FAILED;
	}
}

int cmd_doctor(int argc, char **argv)
{
	const char *metrics = getenv("OOMWHY_METRICS");
	struct arguments arguments = { .metrics.len = 0, .pin_dir = PINS_DIR };
	struct doctor_options what;
	int status;

	if (metrics && !metrics_http_parse(metrics, &arguments.metrics))
		log_error("OOMWHY_METRICS is no [ADDR:]PORT: '%s'", metrics);
	status = cmd_parse(&syntax, argc, argv, &arguments);
	if (status != CMD_GO_ON)
		return status;
	if (arguments.unpin)
		return unpin(arguments.pin_dir);
	what = (struct doctor_options){ .host_root = arguments.common.host_root,
					.node_name = arguments.common.node_name,
					.metrics = arguments.metrics,
					.pin_dir = arguments.pin_dir };
	return examine(&what, arguments.common.json);
}
