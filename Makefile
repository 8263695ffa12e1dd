# make image       the signed node image, in build/image/
# make check       every test: units, transcripts, golden images, real data, QEMU boots
# make help        everything else
#
# CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS are yours; the project's own are IB_*.
# V=1 shows whole commands; WERROR=1 makes warnings errors; PACKAGES_ARE_HERE=1
# skips the look at what is installed.

Q        := $(if $(V),,@)

ifeq ($(origin CC),default)
CC       := gcc
endif
ifeq ($(CC),clang)
override CC := $(firstword $(shell command -v clang clang-14) clang)
endif
VERSION  := 0.1.0
MODE     ?= debug
BUILD    ?= build
# However it was given, one folder has one name: dependencies are kept under it.
override BUILD := $(patsubst $(CURDIR)/%,%,$(BUILD))
OUT      := $(BUILD)/$(MODE)
PACKAGES := fdisk jansson libarchive libcap libcrypto libcurl liblz4 liblzma librepo libselinux libsolv libsolvext modulemd-2.0 \
	libsquashfs1 libzstd rpm sqlite3 yaml-0.1 zlib

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
OPT_fuzz    := -O1 -g3 -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
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
SCRIPTS  := $(shell grep -lE '^\#!/bin/(sh|bash)' -r imagebuild/tools imagebuild/tests .ci vmtests 2>/dev/null)
objects   = $(patsubst %.c,$(OUT)/obj/%.o,$(1))
LIB      := $(OUT)/libimagebuild.a
UNITS    := $(patsubst imagebuild/tests/unit/%.c,$(OUT)/%,$(UNIT_SRC))
FUZZERS  := $(patsubst imagebuild/tests/fuzz/%.c,$(OUT)/%,$(FUZZ_SRC))

VM_SRC   := $(wildcard vmtests/*.c)

.PHONY: all image repo check check-all binaries test unit cli scripts corpus fuzz vmtest bench lint format-check \
	format layers symbols headers shell tidy cppcheck analyze san cov ci clean help
.PRECIOUS: $(OUT)/obj/%.o

all: $(OUT)/imagebuild ## build/debug/imagebuild; MODE=release for the hardened one

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile | expand -t 20

# ---- what people type ----------------------------------------------------
# Each sees to its packages first and then calls make again, because pkg-config
# can answer only when they are there.
packages = $(if $(PACKAGES_ARE_HERE),@:,@imagebuild/tools/install-packages $(1))
again    = @$(MAKE) --no-print-directory

image: ## the signed node image of recipes/node.yaml, in build/image/
	$(call packages,build repo)
	$(again) -j$(shell nproc) MODE=release all
	@BUILD=$(BUILD) imagebuild/tools/make-image

repo: ## the local RPM repository of the default recipe, in build/repo/ (STATE=2: a newer one too; REFRESH=1: ask apt again)
	$(call packages,repo)
	@imagebuild/tools/repo/make-repo $(BUILD)/repo $(if $(STATE),--state $(STATE)) $(if $(REFRESH),--refresh)

check: ## every test that ends within 25 minutes on two cores
	$(call packages,build repo test)
	$(again) -j$(shell nproc) WERROR=1 binaries
	$(again) repo
	$(again) WERROR=1 test
	$(again) image
	$(again) MODE=release WERROR=1 scripts
	$(again) MODE=release WERROR=1 vmtest

check-all: ## check, and what takes longer: sanitizers, both compilers, whole comparisons
	$(call packages,build repo test lint)
	$(again) ci
	$(again) CHECK_ALL=1 check

bench: ## time and memory, side by side with what one would run instead: build/bench.json
	$(call packages,build repo test)
	$(again) image
	@BUILD=$(BUILD) imagebuild/tools/bench
	@BUILD=$(BUILD) imagebuild/tools/bench-read


# Nothing at run time says which libselinux and libsquashfs it is.
$(OUT)/obj/imagebuild/state/labels.o: IB_CPPFLAGS += -DIB_SELINUX_VERSION='"$(shell pkg-config --modversion libselinux)"'
$(OUT)/obj/imagebuild/image/squashfs_stream.o: IB_CPPFLAGS += -DIB_SQUASHFS_VERSION='"$(shell pkg-config --modversion libsquashfs1)"'

$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(if $(V),,@echo "CC $<")
	$(Q)$(CC) $(IB_CPPFLAGS) $(CPPFLAGS) $(IB_CFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(LIB): $(call objects,$(LIB_SRC))
	@rm -f $@
	$(Q)$(AR) rcsD $@ $^

link = $(Q)$(CC) $(IB_LDFLAGS) $(LDFLAGS) $(filter %.o,$^) $(filter %.a,$^) $(1) $(IB_LDLIBS) $(LDLIBS) -o $@

$(OUT)/imagebuild: $(call objects,$(CLI_SRC)) $(LIB)
	$(call link)

$(OUT)/test_%: $(OUT)/obj/imagebuild/tests/unit/test_%.o $(OUT)/obj/imagebuild/tests/unit/runner.o $(LIB)
	$(call link,$(shell pkg-config --libs check))

# What a test needs from vmtests/, which is no part of the library.
$(OUT)/test_varstore: $(OUT)/obj/vmtests/varstore.o

$(OUT)/fuzz_%: $(OUT)/obj/imagebuild/tests/fuzz/fuzz_%.o \
		$(if $(filter fuzz,$(MODE)),,$(OUT)/obj/imagebuild/tests/fuzz/replay.o) $(LIB)
	$(call link,$(if $(filter fuzz,$(MODE)),-fsanitize=fuzzer))

# ---- tests ---------------------------------------------------------------
binaries: all $(UNITS) $(FUZZERS) ## everything that is compiled

test: unit cli corpus ## the tests that need nothing but the program

unit: $(UNITS) ## the Check suites; T=solver runs one of them
	@export CK_DEFAULT_TIMEOUT=$${CK_DEFAULT_TIMEOUT:-120}; for t in $(or $(T:%=$(OUT)/test_%),$(UNITS)); do $$t || exit 1; done

cli: all ## the transcripts; UPDATE=1 accepts what came
	@PATH="$(CURDIR)/$(OUT):$$PATH" imagebuild/tests/cli/replay imagebuild/tests/cli/*.t

scripts: all $(OUT)/confine ## the tests that hold results against other programs: imagebuild/tests/*/check-*
	@BUILD=$(CURDIR)/$(BUILD) PATH="$(CURDIR)/$(OUT):$$PATH" imagebuild/tests/run-scripts

vmtest: $(OUT)/vmtest ## boot build/image/ in QEMU; T=tampered runs one case
	@$(OUT)/vmtest $(BUILD) $(T)

corpus: $(FUZZERS) ## every known-bad input of tests/fuzz/corpus/NAME/ through fuzz_NAME
	@for f in $(FUZZERS); do \
		set -- imagebuild/tests/fuzz/corpus/$${f##*/fuzz_}/*; \
		[ ! -e "$$1" ] || $$f "$$@" || exit 1; done

fuzz: ## look for new ones with clang's fuzzer: make fuzz T=recipe SECONDS=60
	$(MAKE) MODE=fuzz CC=clang $(BUILD)/fuzz/fuzz_$(T)
	@mkdir -p $(BUILD)/fuzz/found/$(T)
	cd $(BUILD)/fuzz && ./fuzz_$(T) -max_total_time=$(or $(SECONDS),60) found/$(T) \
		$(wildcard $(CURDIR)/imagebuild/tests/fuzz/corpus/$(T))

$(OUT)/confine: $(OUT)/obj/imagebuild/tests/build/confine.o
	$(Q)$(CC) $(IB_LDFLAGS) $(LDFLAGS) $^ -o $@

$(OUT)/vmtest: $(call objects,$(VM_SRC)) $(LIB)
	$(call link,$(shell pkg-config --libs check))

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
	@clang-tidy-14 --quiet $(LIB_SRC) $(CLI_SRC) -- -std=gnu11 $(IB_CPPFLAGS) -DIB_SELINUX_VERSION='""' -DIB_SQUASHFS_VERSION='""' 2>/dev/null

# Off: every variable has an initialiser here (the first two, and scope with them); compound
# literals and nested macros are beyond its parser; DER tags are written as sums with a zero; a condition that one
# constant decides today may not tomorrow; a struct for one field is filled by its name.
CPPCHECK_OFF    := unreadVariable redundantInitialization variableScope internalAstError \
	badBitmaskCheck knownConditionTrueFalse unusedStructMember preprocessorErrorDirective
CPPCHECK_MACROS := '-DFOR_PROVIDES(v,vp,d)=for(;;)' '-DFOR_JOB_SELECT(p,pp,select,what)=for(;;)' \
	'-DFOR_POOL_SOLVABLES(p)=for(;;)' '-DFOR_REPO_SOLVABLES(r,p,s)=for(;;)'

cppcheck: ## cppcheck
	@cppcheck --quiet --std=c11 --enable=warning,style,performance,portability \
		--inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem \
		$(CPPCHECK_OFF:%=--suppress=%) $(CPPCHECK_MACROS) \
		-D_GNU_SOURCE -Iimagebuild -I. -i imagebuild/tests imagebuild signing

# ---- the rest ------------------------------------------------------------
format: ## clang-format, in place
	clang-format-14 -i $(LIB_SRC) $(CLI_SRC) $(TESTS) $(HEADERS)

analyze: ## gcc -fanalyzer, then clang's analyzer
	$(MAKE) MODE=analyze CC=gcc all
	scan-build-14 --status-bugs $(MAKE) BUILD=$(BUILD)/scan CC=clang all

san: ## every test under ASan, LSan and UBSan
	CK_DEFAULT_TIMEOUT=$${CK_DEFAULT_TIMEOUT:-900} $(MAKE) MODE=san test

cov: ## line coverage of the unit tests, file by file
	$(MAKE) MODE=cov unit
	@find $(BUILD)/cov/obj/imagebuild -name '*.gcda' ! -path '*/tests/*' -exec gcov -n -r {} + | \
		sed -n "s/^File '\(.*\)'/\1/p; s/^Lines executed:/\t/p" | paste - -

ci: ## gcc and clang with -Werror, release, sanitizers, lint
	$(MAKE) WERROR=1 CC=gcc test
	$(MAKE) WERROR=1 CC=clang BUILD=$(BUILD)/clang test
	$(MAKE) WERROR=1 MODE=release all
	$(MAKE) WERROR=1 san
	$(MAKE) lint analyze

clean: ## remove build/
	rm -rf $(BUILD)

-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)
