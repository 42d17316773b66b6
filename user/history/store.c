// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "history/store.h"

#define NS_PER_DS 100000000ULL
#define EARLY_DS 5
#define STAYS_PART 32
#define KIB_MAX 0xffffffffULL

static const __u32 spacing_ds[STORE_RINGS] = { 10, 100, 1200 };

void store_init(struct store *store)
{
	memset(store, 0, sizeof(*store));
	pthread_mutex_init(&store->lock, NULL);
	for (int i = 0; i < STORE_BUCKETS; i++)
		store->bucket[i] = STORE_SLOTS;
}

void store_free(struct store *store)
{
	pthread_mutex_destroy(&store->lock);
}

static __u32 hash(__u64 id, __u32 size)
{
	return (id * 0x9e3779b97f4a7c15ULL >> 32) & (size - 1);
}

static __u16 *bucket_of(struct store *store, __u64 id)
{
	return &store->bucket[hash(id, STORE_BUCKETS)];
}

static int find(struct store *store, __u64 id)
{
	for (int i = *bucket_of(store, id); i < STORE_SLOTS; i = store->slots[i].next)
		if (store->slots[i].id == id)
			return i;
	return -1;
}

void store_born(struct store *store, __u64 id, __u64 boot_time_ns)
{
	__u32 at = hash(id, STORE_BORN);

	pthread_mutex_lock(&store->lock);
	store->born[at].id = id;
	store->born[at].made_ns = boot_time_ns;
	pthread_mutex_unlock(&store->lock);
}

static __u64 made_ns(const struct store *store, __u64 id)
{
	__u32 at = hash(id, STORE_BORN);

	return id && store->born[at].id == id ? store->born[at].made_ns : NOT_KNOWN;
}

__u64 store_made_ns(struct store *store, __u64 id)
{
	__u64 ns;

	pthread_mutex_lock(&store->lock);
	ns = made_ns(store, id);
	pthread_mutex_unlock(&store->lock);
	return ns;
}

static void unlink_slot(struct store *store, int index)
{
	__u16 *link = bucket_of(store, store->slots[index].id);

	while (*link != index)
		link = &store->slots[*link].next;
	*link = store->slots[index].next;
}

/* One that was never used, or whose cgroup has been gone for longest; -1: none. */
static int find_free(struct store *store)
{
	int oldest = -1;

	if (store->used < STORE_SLOTS)
		return (int)store->used++;
	for (int i = 0; i < STORE_SLOTS; i++)
		if (store->slots[i].removed_ns &&
		    (oldest < 0 || store->slots[i].removed_ns < store->slots[oldest].removed_ns))
			oldest = i;
	if (oldest >= 0)
		unlink_slot(store, oldest);
	return oldest;
}

static void begin(struct store *store, int index, const struct slot *like)
{
	struct slot *slot = &store->slots[index];
	__u64 seen_ns = made_ns(store, like->id);

	memset(slot, 0, sizeof(*slot));
	slot->id = like->id;
	slot->level = like->level;
	slot->qos = like->qos;
	slot->pod_key = like->pod_key;
	slot->made_before = seen_ns == NOT_KNOWN;
	slot->made_ns = slot->made_before ? like->made_ns : seen_ns;
	slot->request.bytes = slot->request.error_bytes = slot->is_sandbox = NOT_KNOWN;
	memset(&slot->last, 0xff, sizeof(slot->last)); /* NOT_KNOWN */
	slot->removed_ns = 1; /* until it is claimed */
	slot->next = *bucket_of(store, like->id);
	*bucket_of(store, like->id) = index;
}

int store_index(struct store *store, __u64 id)
{
	return find(store, id);
}

bool store_is_full(const struct store *store)
{
	return store->living == STORE_SLOTS;
}

int store_claim(struct store *store, const struct slot *slot)
{
	int index;

	pthread_mutex_lock(&store->lock);
	index = find(store, slot->id);
	if (index < 0) {
		index = find_free(store);
		if (index >= 0)
			begin(store, index, slot);
	}
	if (index >= 0 && store->slots[index].removed_ns) {
		store->slots[index].removed_ns = 0;
		store->living++;
	}
	pthread_mutex_unlock(&store->lock);
	return index;
}

static __u32 time_ds(__u64 boot_time_ns)
{
	return boot_time_ns / NS_PER_DS ? boot_time_ns / NS_PER_DS : 1;
}

static void add_point(struct slot *slot, int ring, struct point point)
{
	__u8 last = (slot->head[ring] + STORE_RING_POINTS - 1) % STORE_RING_POINTS;
	__u32 last_ds = slot->ring[ring][last].time_ds;

	/* The clock that wakes the sampler may be a little early. */
	if (last_ds && point.time_ds + EARLY_DS < last_ds + spacing_ds[ring])
		return;
	slot->ring[ring][slot->head[ring]] = point;
	slot->head[ring] = (slot->head[ring] + 1) % STORE_RING_POINTS;
}

static void move_bases(struct slot *slot, const struct sample *sample)
{
	if (!slot->base[1].boot_time_ns)
		slot->base[0] = slot->base[1] = *sample;
	if (sample->boot_time_ns - slot->base[1].boot_time_ns < STORE_WINDOW_NS / 2)
		return;
	slot->base[0] = slot->base[1];
	slot->base[1] = *sample;
}

void store_put(struct store *store, int index, const struct sample *sample, bool all)
{
	__u64 kib = sample->usage_bytes / 1024;
	struct point point = { time_ds(sample->boot_time_ns), kib < KIB_MAX ? kib : KIB_MAX };
	struct slot *slot = &store->slots[index];

	pthread_mutex_lock(&store->lock);
	if (all) {
		slot->last = *sample;
		slot->all_ns = sample->boot_time_ns;
		slot->all_usage_bytes = sample->usage_bytes;
		move_bases(slot, sample);
	}
	slot->last.usage_bytes = sample->usage_bytes;
	slot->last.boot_time_ns = sample->boot_time_ns;
	for (int ring = 0; ring < STORE_RINGS; ring++)
		add_point(slot, ring, point);
	pthread_mutex_unlock(&store->lock);
}

void store_put_request(struct store *store, int index, const struct request *request,
		       __u64 is_sandbox)
{
	pthread_mutex_lock(&store->lock);
	store->slots[index].request = *request;
	store->slots[index].is_sandbox = is_sandbox;
	pthread_mutex_unlock(&store->lock);
}

void store_removed(struct store *store, int index, __u64 boot_time_ns)
{
	pthread_mutex_lock(&store->lock);
	store->living -= !store->slots[index].removed_ns;
	store->slots[index].removed_ns = boot_time_ns ? boot_time_ns : 1;
	pthread_mutex_unlock(&store->lock);
}

bool store_get(struct store *store, __u64 id, struct slot *ret)
{
	int index;

	pthread_mutex_lock(&store->lock);
	index = find(store, id);
	if (index >= 0)
		*ret = store->slots[index];
	pthread_mutex_unlock(&store->lock);
	return index >= 0;
}

static __u32 oldest_ds(const struct slot *slot, int ring)
{
	const struct point *points = slot->ring[ring];
	const struct point *next = &points[slot->head[ring]];

	return next->time_ds ? next->time_ds : points[0].time_ds;
}

int store_points(const struct slot *slot, struct point ret[STORE_POINTS_MAX])
{
	int count = 0;

	/* Of a coarser ring what is older than all that the next finer one holds. */
	for (int ring = STORE_RINGS - 1; ring >= 0; ring--) {
		__u32 until_ds = ring ? oldest_ds(slot, ring - 1) : ~0U;

		for (int i = 0; i < STORE_RING_POINTS; i++) {
			struct point point =
				slot->ring[ring][(slot->head[ring] + i) % STORE_RING_POINTS];

			if (point.time_ds && point.time_ds < until_ds)
				ret[count++] = point;
		}
	}
	return count;
}

bool store_usage_stays(const struct slot *slot, __u64 usage_bytes)
{
	__u64 before_bytes = slot->all_usage_bytes;
	__u64 moved_bytes = usage_bytes > before_bytes ? usage_bytes - before_bytes :
							 before_bytes - usage_bytes;

	return moved_bytes <= before_bytes / STAYS_PART;
}
