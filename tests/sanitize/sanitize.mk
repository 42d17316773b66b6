# SPDX-License-Identifier: GPL-2.0-only
#
# What looks on while the whole program runs: ThreadSanitizer at its threads, valgrind at explain. (The
# unit tests and fuzzers run with AddressSanitizer and UBSan: tests/tests.mk.)

# tsan: a fence that it does not know, for a mapping that no other thread writes (pin_set.c).
TSAN := -fsanitize=thread -fno-omit-frame-pointer -Wno-tsan
TSAN_OBJECTS := $(patsubst %.c,$(OUTPUT)/tsan/%.o,$(USER_SOURCES) tests/sanitize/clockjoin.c)

$(OUTPUT)/tsan/%.o: %.c $(OUTPUT)/include/version.h $(OUTPUT)/compile.flags | $(BPF_DIR)/oomwhy.skel.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(TSAN) -c $< -o $@

$(OUTPUT)/tsan/oomwhy: $(TSAN_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(TSAN) -pthread -Wl,--wrap=pthread_clockjoin_np $^ $(LIBS) -o $@

.PHONY: sanitize-test
sanitize-test: $(OUTPUT)/oomwhy $(OUTPUT)/tsan/oomwhy $(OUTPUT)/tests/eat
	@echo "== threads under ThreadSanitizer, explain under valgrind"
	@OOMWHY=$(OUTPUT)/tsan/oomwhy EAT=$(OUTPUT)/tests/eat tests/sanitize/threads
	@OOMWHY=$(OUTPUT)/oomwhy tests/sanitize/memory

-include $(TSAN_OBJECTS:.o=.d)
