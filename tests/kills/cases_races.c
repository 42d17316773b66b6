/* SPDX-License-Identifier: GPL-2.0-only */
#include "cases.h"
const struct kill_case race_cases[] = { { "x-race", "", 0, NULL } };
const int n_race_cases = 0;
