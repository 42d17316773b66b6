# SPDX-License-Identifier: GPL-2.0-only
#
# The tests. Unit tests run with AddressSanitizer and UBSan, and need no root; real kills do.

SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SAN_OBJECTS := $(LIB_OBJECTS:$(OUTPUT)/obj/%=$(OUTPUT)/san/%)
TEST_LIBS = $(shell $(PC) --libs cmocka jansson)
TEST_CFLAGS := $(ALL_CFLAGS) -Wno-missing-field-initializers -Itests

# One program for each tests/unit/test_*.c; the other files there belong to all of them.
UNIT_TESTS := $(patsubst tests/unit/%.c,$(OUTPUT)/san/tests/%,$(wildcard tests/unit/test_*.c))
UNIT_SUPPORT := $(patsubst %.c,$(OUTPUT)/san/%.o,$(filter-out tests/unit/test_%.c,$(wildcard tests/unit/*.c)))
KILLS_OBJECTS := $(patsubst %.c,$(OUTPUT)/obj/%.o,$(wildcard tests/kills/*.c))
TEST_OBJECTS := $(UNIT_TESTS:$(OUTPUT)/san/tests/%=$(OUTPUT)/san/tests/unit/%.o) $(UNIT_SUPPORT) $(KILLS_OBJECTS)

# tests/facts.md as a string in C: it travels with the programs that hold oomwhy to it.
$(OUTPUT)/include/facts_text.h: tests/facts.md
	@mkdir -p $(@D)
	$(Q)sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $< > $@

$(OUTPUT)/san/tests/unit/test_facts.o $(OUTPUT)/obj/tests/kills/facts.o: $(OUTPUT)/include/facts_text.h

$(OUTPUT)/san/%.o: %.c $(OUTPUT)/include/version.h $(OUTPUT)/compile.flags | $(BPF_DIR)/oomwhy.skel.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) $(SAN) -c $< -o $@

$(OUTPUT)/san/tests/test_%: $(OUTPUT)/san/tests/unit/test_%.o $(UNIT_SUPPORT) $(SAN_OBJECTS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SAN) -pthread $^ $(LIBS) $(TEST_LIBS) -o $@

$(OUTPUT)/obj/tests/kills/%.o: tests/kills/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -Itests/kills -c $< -o $@

$(OUTPUT)/tests/kills: $(KILLS_OBJECTS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -pthread $^ $(TEST_LIBS) -o $@

# Static, so that it stays small in memory: what it holds is what it was told to fill.
$(OUTPUT)/tests/eat: tests/tools/eat.c tests/tools/eat_fill.c tests/tools/eat_fill.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -static $(filter %.c,$^) -o $@

.PHONY: guest-programs
guest-programs: $(OUTPUT)/oomwhy $(OUTPUT)/tests/kills $(OUTPUT)/tests/eat
	@:

lint:
	@tests/lint/check-includes && tests/lint/check-size && tests/lint/check-spdx && tests/lint/check-matrix && \
		tests/lint/selftest

unit-test: $(UNIT_TESTS)
	@for test in $^; do echo "== $$(basename $$test)"; $$test || exit 1; done

# One after the other: real kills and virtual machines disturb each other's times.
test: $(OUTPUT)/oomwhy
	@set -e; for part in lint unit-test cli-test kill-test vm-tests; do \
		$(MAKE) --no-print-directory $$part; done

-include $(TEST_OBJECTS:.o=.d) $(SAN_OBJECTS:.o=.d) $(OUTPUT)/tests/eat.d

# Real kills, here: on cgroup v1 or v2, as this machine has it. Only in cgroups of the test's own.
kill-test: $(OUTPUT)/oomwhy $(OUTPUT)/tests/kills $(OUTPUT)/tests/eat
	@echo "== real kills on this machine"
	@$(OUTPUT)/tests/kills

# Where arm64's libraries cannot be had its guests are not run: tests/vm/run says so, for a skip or a failure.
arm64-programs:
	@tests/vm/fetch-sysroot arm64 > /dev/null || exit $$(($$? != 69)); $(MAKE) --no-print-directory arm64

# Real kills in one kind of virtual machine, all attach plans and cases or some:
# make vm-test KERNEL=6.12 CGROUP=v2 [GUEST=16-cpus] [PLAN=kprobe] [CASES="host pod/systemd"]
KERNEL ?= 6.1
CGROUP ?= v2

vm-test: guest-programs $(if $(filter %-arm64,$(KERNEL)),arm64-programs)
	@echo "== real kills in a virtual machine: Linux $(KERNEL), cgroup $(CGROUP)"
	@tests/vm/matrix --kernel $(KERNEL) --cgroup $(CGROUP) $(GUEST:%=--guest %) $(PLAN:%=--plan %) $(CASES)

# The program on bad days, here and on a machine without a memory controller.
cli-test: $(OUTPUT)/oomwhy
	@echo "== the program on bad days"
	@OOMWHY=$(OUTPUT)/oomwhy tests/cli/run

# What it costs. Each prints a table, and fails where a bound is not kept.
bench: guest-programs
	@echo "== what is run under oom_lock, in instructions a kill"
	@tests/bench/oom_lock
	@echo "== how fast explain reads logs"
	@OOMWHY=$(OUTPUT)/oomwhy tests/bench/explain

# Each kernel, cgroup version and attach plan, or what MATRIX selects: see tests/vm/matrix --help.
vm-matrix: guest-programs arm64-programs
	@echo "== real kills in virtual machines: kernels, cgroup versions, attach plans"
	@tests/vm/matrix $(MATRIX)

vm-tests: guest-programs arm64-programs
	@echo "== the virtual machine itself"
	@tests/vm/selftest && tests/vm/matrix-selftest
	@echo "== a machine without a memory controller"
	@tests/vm/run --kernel 6.1 --share tests/cli --append cgroup_disable=memory -- \
		env OOMWHY=oomwhy sh /share/run machine
	@echo "== a machine whose hooks fall silent, and one in lockdown"
	@tests/vm/run --kernel 6.1 --share tests/cli -- env OOMWHY=oomwhy sh /share/run switch
	@tests/vm/run --kernel 6.1 --share tests/cli --append lockdown=confidentiality -- \
		env OOMWHY=oomwhy sh /share/run lockdown
	@echo "== real kills under lockdown, and where hooks fall silent"
	@tests/vm/places
	@echo "== what is run under oom_lock, in instructions"
	@PLANS=fentry tests/bench/oom_lock 1 16 || [ $$? = 69 -a "$$CI" != true ]
	@$(MAKE) --no-print-directory vm-matrix
