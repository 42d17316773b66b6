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

-include $(DESCRIBE_OBJECTS:.o=.d)
