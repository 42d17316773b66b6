// SPDX-License-Identifier: GPL-2.0-only
/* ask: after a kill, whom else the kernel could have chosen: asked by T1, answered by T2. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "history/history.h"

static bool take_ask(struct history *history, struct candidates_ask *ret)
{
	bool any;

	pthread_mutex_lock(&history->asks_lock);
	any = history->asks_count > 0;
	if (any) {
		*ret = history->asks[0];
		history->asks_count--;
		memmove(&history->asks[0], &history->asks[1],
			history->asks_count * sizeof(history->asks[0]));
	}
	pthread_mutex_unlock(&history->asks_lock);
	return any;
}

static void answer(struct history *history, const struct candidates_ask *ask)
{
	struct event *ev = &history->ev;
	struct update *update = &ev->update;

	candidates_begin(&history->candidates, ask);
	if (history->config.candidates(history->config.context, &history->candidates))
		return;
	event_init(ev, EVENT_UPDATE);
	ev->origin = ORIGIN_LIVE;
	ev->boot_time_ns = clock_boot_ns();
	ev->time_ns = clock_wall_ns();
	memcpy(ev->id, ask->id, sizeof(ev->id));
	update->domain_bytes = ask->domain_bytes;
	update->candidates_count = candidates_end(&history->candidates, ev, update->candidates,
						  &update->candidates_omitted);
	history->config.emit(history->config.context, ev);
}

void history_answer(struct history *history)
{
	struct candidates_ask ask;
	uint64_t asked;

	if (read(history->ask_fd, &asked, sizeof(asked)) < 0 && errno != EAGAIN)
		log_debug("history: %s", strerror(errno));
	while (take_ask(history, &ask))
		answer(history, &ask);
}

void history_ask(struct history *history, const struct event *ev, __u64 page_bytes)
{
	struct candidates_ask ask;
	uint64_t one = 1;

	if (!history->config.candidates || !candidates_ask(ev, page_bytes, &ask))
		return;
	pthread_mutex_lock(&history->asks_lock);
	if (history->asks_count < HISTORY_ASKS_MAX)
		history->asks[history->asks_count++] = ask;
	pthread_mutex_unlock(&history->asks_lock);
	if (write(history->ask_fd, &one, sizeof(one)) < 0)
		log_debug("history: %s", strerror(errno));
}
