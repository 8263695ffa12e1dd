# make             build/debug/imagebuild
# make help        everything else
#
# CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS are yours; the project's own are IB_*.

# V=1 shows the whole commands
Q        := $(if $(V),,@)

ifeq ($(origin CC),default)
CC       := gcc
endif
VERSION  := 0.1.0
MODE     ?= debug
BUILD    ?= build
OUT      := $(BUILD)/$(MODE)
PACKAGES := fdisk jansson libarchive libcap libcrypto liblz4 librepo libselinux libsolv libsolvext \
	libsquashfs1 libzstd rpm sqlite3 yaml-0.1

# ---- flags ---------------------------------------------------------------
IS_CLANG := $(findstring clang,$(shell $(CC) --version 2>/dev/null))

WARN := -Wall -Wextra -Wshadow -Wformat=2 -Wundef -Wvla -Walloca \
	-Wwrite-strings -Wcast-qual -Wpointer-arith -Wstrict-prototypes \
	-Wold-style-definition -Wmissing-prototypes -Wredundant-decls \
	-Wnested-externs -Wimplicit-fallthrough -Wnull-dereference \
	-Wconversion -Wno-sign-conversion -Wdouble-promotion -Wdate-time \
	-Wframe-larger-than=32768
WARN += $(if $(IS_CLANG),\
	-Wcomma -Wconditional-uninitialized -Wunreachable-code \
	-Wmissing-variable-declarations -Wextra-semi-stmt -Wassign-enum -Wcast-align,\
	-Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wjump-misses-init \
	-Wformat-signedness -Wformat-overflow=2 -Wformat-truncation=2 -Wcast-align=strict)

OPT_debug   := -Og -g3 -fno-omit-frame-pointer
OPT_release := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=pattern
OPT_san     := -O1 -g3 -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all
OPT_cov     := -O0 -g3 --coverage
OPT_analyze := -O1 -g -fanalyzer -Werror

IB_CPPFLAGS := -D_GNU_SOURCE -DIB_VERSION='"$(VERSION)"' -iquote imagebuild -iquote . $(shell pkg-config --cflags $(PACKAGES) check)
IB_CFLAGS   := -std=gnu11 -fno-common -fPIE -ffile-prefix-map=$(CURDIR)=. \
	$(WARN) $(OPT_$(MODE)) $(if $(WERROR),-Werror)
IB_LDFLAGS  := -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--as-needed \
	$(filter -fsanitize% --coverage,$(OPT_$(MODE)))
IB_LDLIBS   := $(shell pkg-config --libs $(PACKAGES))

# ---- what there is: no source file is ever listed by hand ----------------
LIB_SRC  := $(filter-out imagebuild/cli/%,$(wildcard imagebuild/*/*.c signing/*.c))
CLI_SRC  := $(wildcard imagebuild/cli/*.c)
UNIT_SRC := $(wildcard imagebuild/tests/unit/test_*.c)
FUZZ_SRC := $(wildcard imagebuild/tests/fuzz/fuzz_*.c)
TESTS    := $(wildcard imagebuild/tests/unit/*.c imagebuild/tests/fuzz/*.c)
HEADERS  := $(wildcard imagebuild/*/*.h signing/*.h)
SCRIPTS  := $(wildcard imagebuild/tools/* imagebuild/tests/cli/replay vmtests/run)
objects   = $(patsubst %.c,$(OUT)/obj/%.o,$(1))
LIB      := $(OUT)/libimagebuild.a
UNITS    := $(patsubst imagebuild/tests/unit/%.c,$(OUT)/%,$(UNIT_SRC))
FUZZERS  := $(patsubst imagebuild/tests/fuzz/%.c,$(OUT)/%,$(FUZZ_SRC))

.PHONY: all help check unit cli corpus lint format-check format layers symbols \
	headers shell tidy cppcheck analyze san cov ci clean
.SECONDARY:

all: $(OUT)/imagebuild

help:
	@sed -n 's/^# make/make/p; s/^\([a-z-]*\): .*## /make \1\t/p' Makefile

$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(if $(V),,@echo "CC $<")
	$(Q)$(CC) $(IB_CPPFLAGS) $(CPPFLAGS) $(IB_CFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(LIB): $(call objects,$(LIB_SRC))
	@rm -f $@
	$(Q)$(AR) rcsD $@ $^

link = $(Q)$(CC) $(IB_LDFLAGS) $(LDFLAGS) $^ $(1) $(IB_LDLIBS) $(LDLIBS) -o $@

$(OUT)/imagebuild: $(call objects,$(CLI_SRC)) $(LIB)
	$(call link)

$(OUT)/test_%: $(OUT)/obj/imagebuild/tests/unit/test_%.o $(OUT)/obj/imagebuild/tests/unit/runner.o $(LIB)
	$(call link,$(shell pkg-config --libs check))

$(OUT)/fuzz_%: $(OUT)/obj/imagebuild/tests/fuzz/fuzz_%.o $(OUT)/obj/imagebuild/tests/fuzz/replay.o $(LIB)
	$(call link)

# ---- tests ---------------------------------------------------------------
check: unit cli corpus ## all of the next three

unit: $(UNITS) ## the Check suites; T=solver runs one of them
	@for t in $(or $(T:%=$(OUT)/test_%),$(UNITS)); do $$t || exit 1; done

cli: all ## the transcripts; UPDATE=1 accepts what came
	@PATH="$(CURDIR)/$(OUT):$$PATH" imagebuild/tests/cli/replay imagebuild/tests/cli/*.t

corpus: $(FUZZERS) ## every known-bad input through its fuzz target
	@for f in $(FUZZERS); do \
		$$f $(wildcard imagebuild/tests/fuzz/corpus/*) || exit 1; done

# ---- lint ----------------------------------------------------------------
lint: format-check layers symbols headers shell tidy cppcheck ## all of the next seven

format-check: ## clang-format would change nothing
	@clang-format-14 --dry-run -Werror $(LIB_SRC) $(CLI_SRC) $(TESTS) $(HEADERS)

layers: ## includes go down, through front doors
	@imagebuild/tools/check-layers

symbols: all ## only cli/ prints, nothing reads the clock, nothing banned is called
	@imagebuild/tools/check-symbols $(OUT)/obj

headers: ## each header compiles alone
	@for h in $(HEADERS); do echo "#include \"$$h\"" | \
		$(CC) $(IB_CPPFLAGS) $(IB_CFLAGS) -Werror -fsyntax-only -x c - || exit 1; done

shell: ## shellcheck
	@shellcheck $(SCRIPTS)

tidy: ## clang-tidy
	@clang-tidy-14 --quiet $(LIB_SRC) $(CLI_SRC) -- -std=gnu11 $(IB_CPPFLAGS) 2>/dev/null

cppcheck: ## cppcheck
	@cppcheck --quiet --std=c11 --enable=warning,style,performance,portability \
		--inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem \
		-D_GNU_SOURCE -Iimagebuild -I. -i imagebuild/tests imagebuild signing

# ---- the rest ------------------------------------------------------------
format: ## clang-format, in place
	clang-format-14 -i $(LIB_SRC) $(CLI_SRC) $(TESTS) $(HEADERS)

analyze: ## gcc -fanalyzer, then clang's analyzer
	$(MAKE) MODE=analyze CC=gcc all
	scan-build-14 --status-bugs $(MAKE) BUILD=$(BUILD)/scan CC=clang all

san: ## every test under ASan, LSan and UBSan
	$(MAKE) MODE=san check

cov: ## line coverage of the unit tests, file by file
	$(MAKE) MODE=cov unit
	@find $(BUILD)/cov/obj/imagebuild -name '*.gcda' ! -path '*/tests/*' -exec gcov -n -r {} + | \
		sed -n "s/^File '\(.*\)'/\1/p; s/^Lines executed:/\t/p" | paste - -

ci: ## gcc and clang with -Werror, release, sanitizers, lint
	$(MAKE) WERROR=1 CC=gcc check
	$(MAKE) WERROR=1 CC=clang BUILD=$(BUILD)/clang check
	$(MAKE) WERROR=1 MODE=release check
	$(MAKE) WERROR=1 san
	$(MAKE) lint analyze

clean: ## remove build/
	rm -rf $(BUILD)

-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)
