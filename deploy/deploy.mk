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
# `podman pull oci-archive:...`, `ctr images import`. The program of this machine's kind is built anew, as a static one.
IMAGE ?= localhost/oomwhy
IMAGE_TAG ?= $(VERSION)
IMAGE_ARCHES ?= $(if $(filter x86,$(ARCH)),amd64) arm64
KERNEL_NAME_amd64 := x86
KERNEL_NAME_arm64 := arm64

.PHONY: image $(IMAGE_ARCHES:%=static-%)
image: $(IMAGE_ARCHES:%=static-%)
	$(call say,IMAGE,$(OUTPUT)/image.tar)
	$(Q)deploy/make-image $(IMAGE):$(IMAGE_TAG) $(OUTPUT)/image.tar $(foreach a,$(IMAGE_ARCHES),$(a)=$(OUTPUT)/$(a)/oomwhy)

$(IMAGE_ARCHES:%=static-%): static-%:
	@$(if $(filter $(KERNEL_NAME_$*),$(ARCH)),$(MAKE) --no-print-directory STATIC=1 OUTPUT=$(OUTPUT)/$* $(OUTPUT)/$*/oomwhy,\
		$(MAKE) --no-print-directory $*)

-include $(DESCRIBE_OBJECTS:.o=.d)
