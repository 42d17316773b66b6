# SPDX-License-Identifier: GPL-2.0-only
#
# oomwhy: whose memory limit killed this process?
#
#   make              build/oomwhy (STATIC=1: one static binary)
#   make arm64        build/arm64/oomwhy, static, with Debian's cross compiler and libraries
#   make deps         install what building and testing need (Debian, Ubuntu)
#   make demo         three real OOM kills, told as they happen (root)
#   make test         all tests: lint, unit, real kills here, in real containers, in virtual machines (root)
#   make schema manual   the JSON Schema and the manual, anew from the field table
#   make image        build/image.tar, the container image for amd64 and arm64: IMAGE, IMAGE_TAG, IMAGE_ARCHES
#   make install      program, manual, completion: PREFIX, BINDIR, MANDIR, BASHCOMPDIR, below DESTDIR
#
# V=1 shows the commands. Nothing is read from the build host's kernel: the kernel's types are in vmlinux/.

OUTPUT ?= build
CLANG ?= clang
BPFTOOL ?= $(shell PATH="$$PATH:/usr/sbin:/sbin" command -v bpftool || echo bpftool)
PKG_CONFIG ?= pkg-config
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
BASHCOMPDIR ?= $(DATADIR)/bash-completion/completions
INSTALL ?= install
CFLAGS ?= -O2 -g
LIBBPF_MIN := 1.1
JANSSON_MIN := 2.6

ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif

# Without a compiler (before make deps) the machine itself says.
MACHINE := $(shell ($(CC) -dumpmachine || uname -m) 2>/dev/null | cut -d- -f1)
ARCH ?= $(patsubst x86_64,x86,$(patsubst aarch64,arm64,$(MACHINE)))
ifeq ($(wildcard vmlinux/$(ARCH)/vmlinux.h),)
$(error no kernel types for '$(ARCH)': vmlinux/ has $(notdir $(patsubst %/,%,$(dir $(wildcard vmlinux/*/vmlinux.h)))))
endif

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s%s\n' $(1) $(patsubst $(OUTPUT)/%,%,$(2))
endif

# For another machine, its libraries and their headers are below SYSROOT, laid out as there.
ifneq ($(SYSROOT),)
PC := PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) \
	PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/$(shell $(CC) -dumpmachine)/pkgconfig $(PKG_CONFIG)
else
PC := $(PKG_CONFIG)
endif

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo 0.1.0)

BPF_DIR := $(OUTPUT)/bpf/$(ARCH)
LIB_CFLAGS := $(shell $(PC) --cflags libbpf libelf zlib libevent_extra libcap jansson 2> /dev/null)
INCLUDES := -Iinclude -Iuser -I$(OUTPUT)/include -I$(BPF_DIR) $(LIB_CFLAGS)
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
ALL_CFLAGS := -std=gnu11 $(WARNINGS) $(INCLUDES) -pthread -MMD -MP $(CFLAGS) $(EXTRA_CFLAGS)

ifeq ($(STATIC),1)
LINK_STATIC := -static
PC_STATIC := --static
endif
LIB_NAMES := libbpf libelf zlib jansson libevent_extra libevent_core libcap
LIBS = $(shell $(PC) $(PC_STATIC) --libs $(LIB_NAMES))

USER_SOURCES := $(wildcard user/*.c user/*/*.c)
USER_OBJECTS := $(USER_SOURCES:%.c=$(OUTPUT)/obj/%.o)
LIB_OBJECTS := $(filter-out $(OUTPUT)/obj/user/main.o,$(USER_OBJECTS))

all: $(OUTPUT)/oomwhy

.PHONY: all arm64 clean deps demo install uninstall lint test unit-test fuzz-test cli-test kill-test storm-test soak deploy-test metrics-test caps-test runtime-test pin-test vm-test vm-matrix vm-tests bench bench-test arm64-programs FORCE
.DELETE_ON_ERROR:
# What deps installs is needed by the goals that stand after it.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif
.SECONDARY:

# With which flags is part of what a file is made of: other CFLAGS compile anew, STATIC=1 links anew.
remember = @mkdir -p $(@D); printf '%s\n' '$(1)' | cmp -s - $@ || printf '%s\n' '$(1)' > $@

$(OUTPUT)/compile.flags: FORCE
	$(call remember,$(CC) $(ALL_CFLAGS))

$(OUTPUT)/link.flags: FORCE
	$(call remember,$(CC) $(LINK_STATIC) $(LDFLAGS))

$(OUTPUT)/include/version.h: FORCE
	$(call remember,#define OOMWHY_VERSION "$(VERSION)")

$(OUTPUT)/tools.checked: Makefile
	@mkdir -p $(@D)
	@$(PC) --atleast-version=$(LIBBPF_MIN) libbpf || \
		{ echo "libbpf >= $(LIBBPF_MIN) with its headers is needed: 'make deps' installs it" >&2; exit 1; }
	@$(PC) --atleast-version=$(JANSSON_MIN) jansson || \
		{ echo "jansson >= $(JANSSON_MIN) with its headers is needed: 'make deps' installs it" >&2; exit 1; }
	@for tool in $(firstword $(CC)) $(CLANG) $(BPFTOOL); do command -v $$tool > /dev/null || \
		{ echo "$$tool is needed: 'make deps' installs it" >&2; exit 1; }; done
	@touch $@

$(BPF_DIR)/%.raw.o: bpf/%.bpf.c $(OUTPUT)/tools.checked
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -target bpf -D__TARGET_ARCH_$(ARCH) -g -O2 -Wall -Werror -MMD -MP -MT $@ \
		-Ibpf -Iinclude -Ivmlinux/$(ARCH) $(LIB_CFLAGS) -c $< -o $@

$(BPF_DIR)/%.o: $(BPF_DIR)/%.raw.o
	$(Q)$(BPFTOOL) gen object $@ $<

$(BPF_DIR)/%.skel.h: $(BPF_DIR)/%.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

$(OUTPUT)/obj/user/%.o: user/%.c $(OUTPUT)/compile.flags | $(OUTPUT)/include/version.h $(BPF_DIR)/oomwhy.skel.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

$(OUTPUT)/oomwhy: $(USER_OBJECTS) $(OUTPUT)/link.flags
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK_STATIC) -pthread $(LDFLAGS) $(USER_OBJECTS) $(LIBS) -o $@

# With the programs of the kill tests, for the guests of tests/vm/run --arch arm64.
ARM64_GOALS ?= guest-programs

arm64:
	@sysroot=$$(tests/vm/fetch-sysroot arm64) || exit; \
	$(MAKE) --no-print-directory ARCH=arm64 CC=aarch64-linux-gnu-gcc STATIC=1 SYSROOT=$$sysroot \
		OUTPUT=$(OUTPUT)/arm64 $(ARM64_GOALS)

deps:
	@tests/tools/install-deps

demo: $(OUTPUT)/oomwhy $(OUTPUT)/tests/eat
	@OUTPUT=$(OUTPUT) tests/demo

install: $(OUTPUT)/oomwhy
	$(INSTALL) -D -m 755 $(OUTPUT)/oomwhy $(DESTDIR)$(BINDIR)/oomwhy
	$(INSTALL) -D -m 644 user/man/oomwhy.8 $(DESTDIR)$(MANDIR)/man8/oomwhy.8
	$(INSTALL) -D -m 644 user/completion/oomwhy.bash $(DESTDIR)$(BASHCOMPDIR)/oomwhy

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/oomwhy $(DESTDIR)$(MANDIR)/man8/oomwhy.8 $(DESTDIR)$(BASHCOMPDIR)/oomwhy

clean:
	rm -rf $(OUTPUT)

include deploy/deploy.mk
include tests/tests.mk

-include $(USER_OBJECTS:.o=.d) $(BPF_DIR)/oomwhy.raw.d
