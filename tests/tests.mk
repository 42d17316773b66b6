# SPDX-License-Identifier: GPL-2.0-only
#
# The tests. Unit tests run with AddressSanitizer and UBSan, and need no root; real kills do.

SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SAN_OBJECTS := $(LIB_OBJECTS:$(OUTPUT)/obj/%=$(OUTPUT)/san/%)
TEST_CFLAGS := $(ALL_CFLAGS) -Wno-missing-field-initializers -Itests

# One program for each tests/unit/test_*.c; the other files there belong to all of them.
UNIT_TESTS := $(patsubst tests/unit/%.c,$(OUTPUT)/san/tests/%,$(wildcard tests/unit/test_*.c))
UNIT_SUPPORT := $(patsubst %.c,$(OUTPUT)/san/%.o,$(filter-out tests/unit/test_%.c,$(wildcard tests/unit/*.c)))
KILLS_OBJECTS := $(patsubst %.c,$(OUTPUT)/obj/%.o,$(wildcard tests/kills/*.c))
TEST_OBJECTS := $(UNIT_TESTS:$(OUTPUT)/san/tests/%=$(OUTPUT)/san/tests/unit/%.o) $(UNIT_SUPPORT) $(KILLS_OBJECTS)

$(OUTPUT)/san/%.o: %.c $(OUTPUT)/include/version.h $(OUTPUT)/compile.flags | $(BPF_DIR)/oomwhy.skel.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) $(SAN) -c $< -o $@

$(OUTPUT)/san/tests/test_%: $(OUTPUT)/san/tests/unit/test_%.o $(UNIT_SUPPORT) $(SAN_OBJECTS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SAN) -pthread $^ $(LIBS) -lcmocka -ljansson -o $@

$(OUTPUT)/obj/tests/kills/%.o: tests/kills/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -Itests/kills -c $< -o $@

$(OUTPUT)/tests/kills: $(KILLS_OBJECTS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -pthread $^ -lcmocka -ljansson -o $@

# Static, so that it stays small in memory: what it holds is what it was told to fill.
$(OUTPUT)/tests/eat: tests/tools/eat.c tests/tools/eat_fill.c tests/tools/eat_fill.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -static $(filter %.c,$^) -o $@

lint:
	@tests/lint/check-includes && tests/lint/check-size && tests/lint/check-spdx && tests/lint/selftest

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

# Real kills in a virtual machine: make vm-test KERNEL=6.1 CGROUP=v2
KERNEL ?= 6.1
CGROUP ?= v2
VM_RUN = tests/vm/run --kernel $(KERNEL) --cgroup $(CGROUP)
IN_VM := OOMWHY=oomwhy OOMWHY_ALLOW_HOST_OOM=1 OOMWHY_NO_SKIP=1

vm-test: $(OUTPUT)/oomwhy $(OUTPUT)/tests/kills $(OUTPUT)/tests/eat
	@echo "== real kills in a virtual machine: Linux $(KERNEL), cgroup $(CGROUP)"
	@$(VM_RUN) --timeout 300 -- env $(IN_VM) kills

# The program on bad days, here and on a machine without a memory controller.
cli-test: $(OUTPUT)/oomwhy
	@echo "== the program on bad days"
	@OOMWHY=$(OUTPUT)/oomwhy tests/cli/run

# Each kernel, cgroup version and attach plan: make vm-matrix MATRIX="--kernel 6.12 --plan kprobe"
vm-matrix: $(OUTPUT)/oomwhy $(OUTPUT)/tests/kills $(OUTPUT)/tests/eat
	@echo "== real kills in virtual machines: kernels, cgroup versions, attach plans"
	@tests/vm/matrix $(MATRIX)

vm-tests: $(OUTPUT)/oomwhy $(OUTPUT)/tests/kills $(OUTPUT)/tests/eat
	@echo "== the virtual machine itself"
	@tests/vm/selftest
	@echo "== a machine without a memory controller"
	@tests/vm/run --kernel 6.1 --share tests/cli --append cgroup_disable=memory -- \
		env OOMWHY=oomwhy sh /share/run machine
	@echo "== a machine whose hooks fall silent, and one in lockdown"
	@tests/vm/run --kernel 6.1 --share tests/cli -- env OOMWHY=oomwhy sh /share/run switch
	@tests/vm/run --kernel 6.1 --share tests/cli --append lockdown=confidentiality -- \
		env OOMWHY=oomwhy sh /share/run lockdown
	@$(MAKE) --no-print-directory vm-matrix MATRIX="--kernel 6.1"
