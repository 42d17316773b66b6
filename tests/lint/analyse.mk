# SPDX-License-Identifier: GPL-2.0-only
#
# What reads the code without running it: gcc -fanalyzer, clang-tidy with clang's analyzer
# (.clang-tidy), cppcheck. A file is read again when it or what it includes has changed.
# Of the tests only the tools: to an analyzer a failed assertion of cmocka goes on. ASan runs with those.

CLANG_TIDY ?= clang-tidy
CPPCHECK ?= cppcheck
ANALYSED := $(patsubst %.c,$(OUTPUT)/lint/%.analysed,$(USER_SOURCES) $(wildcard tests/tools/*.c))

$(OUTPUT)/lint/%.analysed: %.c .clang-tidy tests/lint/analyse.mk $(OUTPUT)/include/version.h \
		$(OUTPUT)/compile.flags | $(BPF_DIR)/oomwhy.skel.h
	$(call say,ANALYSE,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -fanalyzer -Werror -MF $@.d -MT $@ -c $< -o /dev/null
	$(Q)$(CLANG_TIDY) --quiet $(TIDY_FLAGS) $< -- $(filter-out -MMD -MP,$(TEST_CFLAGS)) 2> $@.log || { cat $@.log >&2; exit 1; }
	@touch $@

# To clang the skeleton that bpftool made leaks: of libbpf's functions it does not think that they free.
$(OUTPUT)/lint/user/source/bpf.analysed: TIDY_FLAGS := --checks=-clang-analyzer-unix.Malloc

# varFuncNullUB: NULL is a pointer in C; only C++ may make it an int.
# Nothing is kept of the last time: it would not see that cppcheck.cfg has changed.
cppcheck: $(OUTPUT)/include/facts_text.h
	$(call say,ANALYSE,cppcheck)
	$(Q)rm -rf $(OUTPUT)/lint/cppcheck && mkdir -p $(OUTPUT)/lint/cppcheck
	$(Q)$(CPPCHECK) --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=varFuncNullUB --library=tests/lint/cppcheck.cfg --error-exitcode=1 -j2 \
		--cppcheck-build-dir=$(OUTPUT)/lint/cppcheck -Iuser -Iinclude -Itests -I$(OUTPUT)/include user tests

.PHONY: analyse cppcheck
analyse: cppcheck $(ANALYSED)

-include $(ANALYSED:=.d)
