# SPDX-License-Identifier: GPL-2.0-only
#
# The tests. Unit tests run with AddressSanitizer and UBSan, and need no root; real kills do.

SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SAN_OBJECTS := $(LIB_OBJECTS:$(OUTPUT)/obj/%=$(OUTPUT)/san/%)
# What is only compiled or read may be so on all processors, if nobody said how many.
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

TEST_LIBS = $(shell $(PC) --libs cmocka jansson)
TEST_CFLAGS := $(ALL_CFLAGS) -Wno-missing-field-initializers -Itests

# One program for each tests/unit/test_*.c; the other files there belong to all of them.
UNIT_TESTS := $(patsubst tests/unit/%.c,$(OUTPUT)/san/tests/%,$(wildcard tests/unit/test_*.c))
UNIT_SUPPORT := $(patsubst %.c,$(OUTPUT)/san/%.o,$(filter-out tests/unit/test_%.c,$(wildcard tests/unit/*.c)))
KILLS_OBJECTS := $(patsubst %.c,$(OUTPUT)/obj/%.o,$(wildcard tests/kills/*.c))
RUNTIME_OBJECTS := $(patsubst %.c,$(OUTPUT)/obj/%.o,$(wildcard tests/runtime/*.c))
STORM_OBJECTS := $(patsubst %.c,$(OUTPUT)/obj/%.o,$(filter-out %/counted.c,$(wildcard tests/storm/*.c)))
BENCH_OBJECTS := $(patsubst %.c,$(OUTPUT)/obj/%.o,$(wildcard tests/bench/*.c))
TEST_OBJECTS := $(UNIT_TESTS:$(OUTPUT)/san/tests/%=$(OUTPUT)/san/tests/unit/%.o) $(UNIT_SUPPORT) $(KILLS_OBJECTS) $(RUNTIME_OBJECTS) $(BENCH_OBJECTS) $(STORM_OBJECTS)

# tests/facts.md as a string in C: it travels with the programs that hold oomwhy to it.
$(OUTPUT)/include/facts_text.h: tests/facts.md
	@mkdir -p $(@D)
	$(Q)sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $< > $@

$(OUTPUT)/san/tests/unit/test_facts.o $(OUTPUT)/obj/tests/kills/facts.o: $(OUTPUT)/include/facts_text.h

$(OUTPUT)/san/%.o: %.c $(OUTPUT)/compile.flags | $(OUTPUT)/include/version.h $(BPF_DIR)/oomwhy.skel.h
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

# What other programs of real kills have in common with these: not the cases.
KILLS_COMMON := $(patsubst %,$(OUTPUT)/obj/tests/kills/%.o,cgroups facts line tracer workload)

RUNTIME_COMMON := $(patsubst %,$(OUTPUT)/obj/tests/runtime/%.o,churn cri delays guard world)

$(RUNTIME_OBJECTS) $(BENCH_OBJECTS) $(STORM_OBJECTS): $(OUTPUT)/obj/%.o: %.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -c $< -o $@

BENCH_COMMON := $(patsubst %,$(OUTPUT)/obj/tests/bench/%.o,crowd usage) $(RUNTIME_COMMON) $(KILLS_COMMON)

$(OUTPUT)/tests/bench-cgroups $(OUTPUT)/tests/bench-rest: $(OUTPUT)/tests/bench-%: $(OUTPUT)/obj/tests/bench/%.o $(BENCH_COMMON)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -pthread $^ $(TEST_LIBS) -o $@

# Static: what the loader does is no part of what is counted.
$(OUTPUT)/tests/bench-loops $(OUTPUT)/tests/bench-delay: $(OUTPUT)/tests/bench-%: tests/bench/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -static $< -lutil -o $@

$(OUTPUT)/lib/counted.so: tests/storm/counted.c tests/storm/counted.h
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -fPIC -shared $< -ldl -o $@

$(OUTPUT)/tests/storm: $(filter-out %/memory.o,$(STORM_OBJECTS)) $(KILLS_COMMON)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -pthread $^ $(LIBS) $(TEST_LIBS) -o $@

$(OUTPUT)/tests/storm-memory: $(filter-out %/main.o,$(STORM_OBJECTS)) $(OUTPUT)/obj/tests/bench/crowd.o $(RUNTIME_COMMON) $(KILLS_COMMON)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -pthread $^ $(LIBS) $(TEST_LIBS) -o $@

$(OUTPUT)/tests/runtime: $(RUNTIME_OBJECTS) $(KILLS_COMMON)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -pthread $^ $(TEST_LIBS) -o $@

$(OUTPUT)/tests/flash: tests/tools/flash.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -static $< -o $@

$(OUTPUT)/tests/image.tar: $(OUTPUT)/tests/eat $(OUTPUT)/tests/flash tests/runtime/make-image
	$(call say,IMAGE,$@)
	$(Q)tests/runtime/make-image $@ $(filter-out %/make-image,$^)

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

include tests/lint/analyse.mk
include tests/sanitize/sanitize.mk

lint: $(OUTPUT)/tests/describe
	@$(MAKE) --no-print-directory $(PARALLEL) analyse
	@tests/lint/check-includes && tests/lint/check-size && tests/lint/check-spdx && tests/lint/check-matrix && \
		tests/lint/check-generated $(abspath $<) && tests/lint/check-manual && tests/lint/selftest

# What only computes is run on all processors, and what each says comes in one piece.
BESIDE = $(MAKE) --no-print-directory $(PARALLEL) --output-sync=target

unit-test: $(UNIT_TESTS)
	@$(BESIDE) $(UNIT_TESTS:%=%.run)

$(UNIT_TESTS:%=%.run): %.run: % FORCE
	@echo "== $(notdir $<)"; $<

# The readers of files that others write, each fed what libFuzzer makes of its seeds: the same runs
# each time. What ends one is kept in $(OUTPUT)/fuzz/.
FUZZ_RUNS ?= 50000
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,$(OUTPUT)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZED := tests/fuzz/check.c $(addprefix user/names/,allocated.c claim.c containerd.c crio.c docker.c json_text.c \
	logs.c oci.c quantity.c) $(filter-out %_running.c,$(wildcard user/source/klog*.c)) \
	user/source/jsonl.c $(filter-out user/sink/findings_%.c user/sink/writer.c,$(wildcard user/sink/*.c)) \
	$(filter-out user/main.c user/cmd% user/tracer% user/doctor% user/queue.c user/state% user/past.c user/audit.c,$(wildcard user/*.c)) $(wildcard user/base/*.c)
FUZZ_OBJECTS := $(FUZZED:%.c=$(OUTPUT)/fuzz/obj/%.o)

$(OUTPUT)/fuzz/obj/%.o: %.c $(OUTPUT)/compile.flags
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(TEST_CFLAGS) $(SAN) -fsanitize=fuzzer-no-link -c $< -o $@

# Of an archive each takes what it uses: fewer counters, more runs.
$(OUTPUT)/fuzz/fuzzed.a: $(FUZZ_OBJECTS) tests/tests.mk
	$(Q)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

$(OUTPUT)/fuzz/%: $(OUTPUT)/fuzz/obj/tests/fuzz/fuzz_%.o $(OUTPUT)/fuzz/fuzzed.a
	$(call say,LINK,$@)
	$(Q)$(CLANG) $(SAN) -fsanitize=fuzzer $^ $(LIBS) -o $@

# What it finds goes into the first folder, a new one: the seeds stay as they are.
fuzz-test: $(FUZZERS)
	@$(BESIDE) $(FUZZERS:%=%.run)

$(FUZZERS:%=%.run): %.run: % FORCE
	@echo "== fuzzing the reader of $(notdir $<): $(FUZZ_RUNS) runs"
	@rm -rf $<.found && mkdir -p $<.found
	@$< -runs=$(FUZZ_RUNS) -seed=1 -max_len=4096 -timeout=10 -rss_limit_mb=1024 -artifact_prefix=$<- \
		-dict=$(firstword $(wildcard tests/fuzz/$(notdir $<).dict) tests/fuzz/names.dict) \
		$<.found tests/fuzz/corpus/$(notdir $<) > $<.log 2>&1 || { cat $<.log; exit 1; }

# What compiles for long, at once; the rest is made by the test that needs it.
.PHONY: test-programs
test-programs: guest-programs $(UNIT_TESTS) $(FUZZERS) $(OUTPUT)/tsan/oomwhy \
		$(addprefix $(OUTPUT)/tests/,bench-cgroups runtime storm)
	@:

# One after the other: real kills and virtual machines disturb each other's times.
test:
	@$(MAKE) --no-print-directory $(PARALLEL) test-programs
	@set -e; for part in lint unit-test sanitize-test fuzz-test cli-test deploy-test kill-test storm-test metrics-test runtime-test pin-test bench-test caps-test vm-tests; do \
		$(MAKE) --no-print-directory $$part; done

-include $(TEST_OBJECTS:.o=.d) $(SAN_OBJECTS:.o=.d) $(FUZZ_OBJECTS:.o=.d) $(FUZZERS:$(OUTPUT)/fuzz/%=$(OUTPUT)/fuzz/obj/tests/fuzz/fuzz_%.d) $(OUTPUT)/tests/eat.d $(OUTPUT)/tests/flash.d

# Real kills, here: on cgroup v1 or v2, as this machine has it. Only in cgroups of the test's own.
kill-test: $(OUTPUT)/oomwhy $(OUTPUT)/tests/kills $(OUTPUT)/tests/eat
	@echo "== real kills on this machine"
	@rm -f $(OUTPUT)/tests/kills.jsonl
	@KILLS_LINES=$(abspath $(OUTPUT))/tests/kills.jsonl $(OUTPUT)/tests/kills
	@tests/deploy/validate-lines $(OUTPUT)/tests/kills.jsonl

# Kills as fast as the machine makes them; nobody who reads; a tracer that is stopped.
storm-test: $(OUTPUT)/oomwhy $(OUTPUT)/tests/storm $(OUTPUT)/tests/storm-memory $(OUTPUT)/lib/counted.so
	@echo "== storms of kills"
	@OOMWHY=$(OUTPUT)/oomwhy $(OUTPUT)/tests/storm --counted $(OUTPUT)/lib/counted.so
	@echo "== a storm within the pod's memory limit"
	@OOMWHY=$(OUTPUT)/oomwhy $(OUTPUT)/tests/storm-memory 100 1000

# The same for long, on a machine that is out of memory itself as well. What the README says of memory is the static
# program's, which is the image's.
soak: guest-programs $(OUTPUT)/tests/storm $(OUTPUT)/tests/storm-memory $(OUTPUT)/tests/eat
	@echo "== storms of kills, the long run"
	@OOMWHY=$(OUTPUT)/oomwhy $(OUTPUT)/tests/storm --kills 10000 --stalled 2000
	@echo "== a machine out of memory"
	@tests/storm/host 100 || $(SKIPS)
	@echo "== a storm within the pod's memory limit"
	@$(MAKE) --no-print-directory STATIC=1 OUTPUT=$(OUTPUT)/static $(OUTPUT)/static/oomwhy
	@OOMWHY=$(OUTPUT)/static/oomwhy $(OUTPUT)/tests/storm-memory 300 100 1000 10000
	@echo "== the pod within its memory limit, beside such a storm"
	@$(MAKE) --no-print-directory image IMAGE_ARCHES=$(OWN_ARCH)
	@OOMWHY=$(abspath $(OUTPUT))/oomwhy EAT=$(abspath $(OUTPUT))/tests/eat tests/deploy/pod $(OUTPUT)/image.tar base \
		$(abspath $(OUTPUT))/tests/storm --kills 10000 --stalled 2000

# Real containers, made by containerd, killed at real limits: who were they?
runtime-test: $(OUTPUT)/oomwhy $(OUTPUT)/tests/runtime $(OUTPUT)/tests/image.tar
	@echo "== real containers on this machine"
	@rm -f $(OUTPUT)/tests/runtime.jsonl
	@KILLS_LINES=$(abspath $(OUTPUT))/tests/runtime.jsonl tests/runtime/run
	@[ ! -e $(OUTPUT)/tests/runtime.jsonl ] || tests/deploy/validate-lines $(OUTPUT)/tests/runtime.jsonl

$(OUTPUT)/tests/poke: tests/pin/poke.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) $< $(LIBS) -o $@

# --pin: killed with SIGKILL under load, here (tests/pin/run); in guests, with other plans, see vm-tests.
PIN_TIMES ?= 12
pin-test: $(OUTPUT)/oomwhy $(OUTPUT)/tests/eat $(OUTPUT)/tests/poke
	@echo "== the kernel side outlives its process"
	@OOMWHY=$(OUTPUT)/oomwhy EAT=$(OUTPUT)/tests/eat POKE=$(OUTPUT)/tests/poke \
		tests/pin/run $(PIN_TIMES) sigkill downtime version others refusals

# And for long: 500 times, and a ring that overflows while nobody reads.
.PHONY: pin-soak soak
soak: rest-soak
.PHONY: rest-soak
rest-soak: $(OUTPUT)/oomwhy $(OUTPUT)/tests/bench-rest
	@echo "== ten minutes in which nothing happens, with 10, 1,000 and 10,000 containers"
	@OOMWHY=$(OUTPUT)/oomwhy $(OUTPUT)/tests/bench-rest 600

soak: pin-soak
pin-soak: $(OUTPUT)/oomwhy $(OUTPUT)/tests/eat
	@echo "== the kernel side outlives its process, 500 times"
	@OOMWHY=$(OUTPUT)/oomwhy EAT=$(OUTPUT)/tests/eat tests/pin/run 500 sigkill full

# What a kill costs with few cgroups on the machine and with many: the short run.
bench-test: $(OUTPUT)/oomwhy $(OUTPUT)/tests/bench-cgroups $(OUTPUT)/tests/eat
	@echo "== what a kill costs, with few cgroups and with many"
	@OOMWHY=$(OUTPUT)/oomwhy $(OUTPUT)/tests/bench-cgroups --kills 40 --rounds 1

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

$(OUTPUT)/tests/without-bpf: tests/tools/without_bpf.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -static $< -o $@

# The program on bad days, here and on a machine without a memory controller.
cli-test: $(OUTPUT)/oomwhy $(OUTPUT)/tests/without-bpf
	@echo "== the program on bad days"
	@rm -f $(OUTPUT)/tests/cli.jsonl
	@OOMWHY=$(OUTPUT)/oomwhy OOMWHY_LINES=$(abspath $(OUTPUT))/tests/cli.jsonl tests/cli/run
	@tests/deploy/validate-lines $(OUTPUT)/tests/cli.jsonl

# What cannot be had here is skipped on a person's machine and fails in CI.
SKIPS := { status=$$?; [ $$status = 69 ] && [ "$$CI" != true ] && echo "skipped"; }

# The metrics, alert rules and dashboard, held to a real Prometheus.
metrics-test: $(OUTPUT)/oomwhy $(OUTPUT)/tests/eat $(OUTPUT)/tests/without-bpf
	@echo "== metrics, as Prometheus sees them"
	@tests/metrics/run || $(SKIPS)

# Which capabilities are needed: README.md's table comes from it. CAPS_TEST=--update writes it.
caps-test: $(OUTPUT)/oomwhy $(OUTPUT)/tests/eat
	@echo "== which capabilities are needed, in virtual machines"
	@tests/caps/run $(CAPS_TEST) || $(SKIPS)

# What is made for others to use it: schema, manual, completion, plugin, manifests, image.
deploy-test: $(OUTPUT)/oomwhy $(OUTPUT)/tests/eat
	@echo "== JSON lines against their schema"
	@tests/deploy/validate-lines --selftest tests/golden/*/*.json
	@echo "== what is installed: program, manual, completion, plugin"
	@OOMWHY=$(abspath $<) tests/deploy/install
	@OOMWHY=$(abspath $<) tests/deploy/completion
	@tests/deploy/plugin
	@echo "== a kill that the program makes itself"
	@OOMWHY=$(abspath $<) tests/deploy/selftest || $(SKIPS)
	@echo "== manifests, by trixie's kubectl and the types of the Kubernetes API"
	@tests/deploy/manifests || $(SKIPS)
	@echo "== the image, and a kill that it reports"
	@arches="$(IMAGE_ARCHES)"; tests/vm/fetch-sysroot arm64 > /dev/null || { $(SKIPS) && arches=$(filter-out arm64,$(IMAGE_ARCHES)); } && \
		$(MAKE) --no-print-directory image IMAGE_ARCHES="$$arches" && tests/deploy/image $(OUTPUT)/image.tar $$arches
	@for pod in base "base --without-bpf" overlays/privileged overlays/pin; do \
		EAT=$(abspath $(OUTPUT))/tests/eat tests/deploy/pod $(OUTPUT)/image.tar $$pod || $(SKIPS) || exit 1; done

# What it costs. Each prints a table, and fails where a bound is not kept.
bench: guest-programs $(patsubst %,$(OUTPUT)/tests/bench-%,cgroups delay loops rest) $(OUTPUT)/tests/storm
	@echo "== what a kill costs, with few cgroups and with many"
	@OOMWHY=$(OUTPUT)/oomwhy $(OUTPUT)/tests/bench-cgroups --kills 100 --rounds 3
	@echo "== the same in instructions"
	@tests/bench/many_cgroups
	@echo "== what it costs, beside its peers: README.md's table"
	@tests/bench/table $(BENCH)
	@echo "== what is run under oom_lock, in instructions a kill"
	@tests/bench/oom_lock
	@echo "== how fast explain reads logs"
	@OOMWHY=$(OUTPUT)/oomwhy tests/bench/explain

# Each kernel, cgroup version and attach plan, or what MATRIX selects: see tests/vm/matrix --help.
MATRIX ?= --jobs 2

vm-matrix: guest-programs arm64-programs
	@echo "== real kills in virtual machines: kernels, cgroup versions, attach plans"
	@tests/vm/matrix $(MATRIX)

vm-tests: guest-programs arm64-programs $(OUTPUT)/tests/storm $(OUTPUT)/tests/bench-loops
	@echo "== the virtual machine itself"
	@tests/vm/selftest && tests/vm/matrix-selftest
	@echo "== a machine without a memory controller"
	@tests/vm/run --kernel 6.1 --share tests/cli --append cgroup_disable=memory -- \
		env OOMWHY=oomwhy sh /share/run machine
	@echo "== clocks that jump, a machine that sleeps, no memory for maps"
	@tests/vm/run --kernel 6.1 --share tests/ends -- sh /share/run clock maps
	@tests/vm/run --kernel 5.10 --share tests/ends --bin "$$(command -v setpriv)" -- sh /share/run memlock
	@echo "== a machine whose hooks fall silent, and one in lockdown"
	@tests/vm/run --kernel 6.1 --share tests/cli -- env OOMWHY=oomwhy sh /share/run switch
	@tests/vm/run --kernel 6.1 --share tests/cli --append "lockdown=confidentiality printk.devkmsg=on" -- \
		env OOMWHY=oomwhy sh /share/run lockdown kmsg
	@echo "== real kills under lockdown, and where hooks fall silent"
	@tests/vm/places
	@echo "== what outlives its process, with fentry; kprobes where they cannot"
	@tests/vm/run --kernel 6.12 --share tests/pin -- sh /share/run 3 sigkill version
	@tests/vm/run --kernel 5.10 --share tests/pin -- sh /share/run 0 kprobe version
	@echo "== a machine that is out of memory itself"
	@tests/storm/host 4 || $(SKIPS)
	@echo "== what is run under oom_lock, in instructions"
	@PLANS=fentry tests/bench/oom_lock 1 16 || [ $$? = 69 -a "$$CI" != true ]
	@echo "== what those pay who do not die, in instructions"
	@PLANS="fentry tracepoint" tests/bench/overhead --short || [ $$? = 69 -a "$$CI" != true ]
	@$(MAKE) --no-print-directory vm-matrix
