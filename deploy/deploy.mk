# SPDX-License-Identifier: GPL-2.0-only
#
# What others need to use oomwhy: JSON Schema, image, and what is made of the field table.

DESCRIBE_OBJECTS := $(patsubst %.c,$(OUTPUT)/obj/%.o,$(wildcard tests/tools/describe*.c))
SCHEMA := deploy/schema/oomwhy-1.schema.json
MANUAL := user/man/oomwhy.8

$(OUTPUT)/obj/tests/tools/%.o: tests/tools/%.c $(OUTPUT)/compile.flags
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests -c $< -o $@

# The field table drags in only what it names: the linker is given all of user/
$(OUTPUT)/tests/describe: $(DESCRIBE_OBJECTS) $(LIB_OBJECTS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -pthread $^ $(LIBS) -o $@

.PHONY: schema manual
schema: $(OUTPUT)/tests/describe
	$(call say,SCHEMA,$(SCHEMA))
	$(Q)$< schema > $(SCHEMA).new && mv $(SCHEMA).new $(SCHEMA)

manual: $(OUTPUT)/tests/describe
	$(call say,MAN,$(MANUAL))
	$(Q)$< manual < $(MANUAL).in > $(MANUAL).new && mv $(MANUAL).new $(MANUAL)

# The image: build/image.tar, an OCI archive of all IMAGE_ARCHES. It is pushed with `skopeo copy --all` or loaded with
# `podman pull oci-archive:...`, `ctr images import`.
IMAGE ?= localhost/oomwhy
IMAGE_TAG ?= $(VERSION)
OWN_ARCH := $(patsubst x86,amd64,$(ARCH))
IMAGE_ARCHES ?= $(OWN_ARCH) $(filter-out $(OWN_ARCH),arm64)

.PHONY: image $(IMAGE_ARCHES:%=static-%)
image: $(IMAGE_ARCHES:%=static-%)
	$(call say,IMAGE,$(OUTPUT)/image.tar)
	$(Q)deploy/make-image $(IMAGE):$(IMAGE_TAG) $(OUTPUT)/image.tar $(foreach a,$(IMAGE_ARCHES),$(a)=$(OUTPUT)/$(a)/oomwhy)

# Of this machine's kind: the same objects, linked once more.
static-$(OWN_ARCH): $(OUTPUT)/$(OWN_ARCH)/oomwhy

$(OUTPUT)/$(OWN_ARCH)/oomwhy: $(USER_OBJECTS) $(OUTPUT)/link.flags
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -static -pthread $(LDFLAGS) $(USER_OBJECTS) $(shell $(PC) --static --libs $(LIB_NAMES)) -o $@

$(filter-out static-$(OWN_ARCH),$(IMAGE_ARCHES:%=static-%)): static-%:
	@$(MAKE) --no-print-directory $* ARM64_GOALS=$(OUTPUT)/$*/oomwhy

-include $(DESCRIBE_OBJECTS:.o=.d)
