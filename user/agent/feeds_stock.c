// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "agent.h"
#include "chore.h"
#include "feeds_stock.h"

struct stock *stock_new(void)
{
	struct stock *stock = calloc(1, sizeof(*stock));

	if (stock)
		stock->holders = 1;
	return stock;
}

struct stock *stock_hold(struct stock *stock)
{
	if (stock)
		stock->holders++;
	return stock;
}

struct freeing {
	struct chore chore;
	struct stock *stock;
};

static void free_stock(struct stock *stock)
{
	feed_blob_close(&stock->blob);
	free(stock);
}

static void free_in_thread(struct chore *chore)
{
	free_stock(((struct freeing *)chore)->stock);
}

static void freed(struct chore *chore)
{
	free(chore);
}

void stock_drop(struct agent *a, struct stock *stock)
{
	struct freeing *f;

	if (!stock || --stock->holders)
		return;
	f = a->ending ? NULL : calloc(1, sizeof(*f));
	if (f) {
		f->chore.run = free_in_thread;
		f->chore.done = freed;
		f->stock = stock;
		if (!chore_start(a, &f->chore))
			return;
		free(f);
	}
	free_stock(stock);
}

size_t stock_entries(const struct stock *stock)
{
	return stock ? stock->blob.v4_count + stock->blob.v6_count : 0;
}
