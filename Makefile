# SPDX-License-Identifier: GPL-2.0-or-later
#
# Everything is built below build/; the source tree stays clean.
#
#   make            mxdpd and mxdpctl, and their pages
#   make check      all tests (as root; see scripts/check)
#   make bench      side-by-side measurements (as root; see scripts/bench)
#   make run        the self-contained laboratory (as root; see scripts/run)
#   make install    below DESTDIR and PREFIX
#   make dist       a tarball of the sources: build/mxdp-VERSION.tar.gz
#   make deb        Debian packages: build/deb/*.deb
#   make format, make lint (make lint-quick), make clean
#
# V=1 shows the commands. SANITIZE=1 builds with ASan and UBSan into build/sanitize/, SANITIZE=thread
# with TSan into build/thread/.

PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR    ?= $(PREFIX)/lib/systemd/system
ZSHDIR     ?= $(PREFIX)/share/zsh/site-functions
VERSION    := $(shell sed -n 's/^.define MXDP_VERSION "\(.*\)"/\1/p' user/base/version.h)
BUILD      := build$(if $(SANITIZE),$(if $(filter thread,$(SANITIZE)),/thread,/sanitize))

CC           ?= gcc
BPF_CLANG    ?= $(firstword $(foreach c,clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14,\
                  $(if $(shell command -v $(c)),$(c))) clang)
CLANG_FORMAT ?= clang-format
CLANG_TIDY   ?= clang-tidy
BPFTOOL      ?= $(firstword $(wildcard /usr/sbin/bpftool /sbin/bpftool) bpftool)

LIBRARIES := libbpf libxdp libmnl libconfuse jansson libuv libpcap libcap-ng zlib libpcre2-8
LIBRARIES += libunbound sqlite3 libcurl libseccomp libmicrohttpd
LIBRARIES += libsystemd ncursesw
LIB_CFLAGS := $(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null)
LIB_LIBS   := $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null)

comma    := ,
WARNINGS := -Wall -Wextra -Werror -Wformat-security -Wshadow -Wstrict-prototypes \
            -Wmissing-prototypes -Wvla
CFLAGS   ?= -O2 -g
SANITIZERS := $(if $(filter thread,$(SANITIZE)),thread,address$(comma)undefined)
HARDEN   := $(if $(SANITIZE),-fsanitize=$(SANITIZERS) $(if $(filter thread,$(SANITIZE)),-Wno-tsan,-fno-sanitize-recover=all) \
              -fno-omit-frame-pointer,-D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE)
ALL_CFLAGS  := -std=gnu11 $(CFLAGS) $(WARNINGS) $(HARDEN) -D_GNU_SOURCE -I$(BUILD)/include \
               $(LIB_CFLAGS)
# Each program is linked with what it uses: mxdpd has nothing to do with a terminal.
ALL_LDFLAGS := -Wl$(comma)--as-needed $(LDFLAGS) $(if $(SANITIZE),-fsanitize=$(SANITIZERS),-pie -Wl$(comma)-z,relro,-z,now)

# v3 (32-bit subregisters, atomics) is in every kernel from 5.15; the default differs by clang.
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -Wall -Wextra -Werror -fno-stack-protector \
              -idirafter /usr/include/$(shell uname -m)-linux-gnu

BPF_OBJECT := $(BUILD)/mxdp.bpf.o
SKELETON   := $(BUILD)/include/mxdp.skel.h
PROGRAMS   := $(BUILD)/mxdpd $(BUILD)/mxdpctl
LIBRARY    := $(BUILD)/libmxdp.a

MAIN_SOURCES := user/mxdpd.c user/mxdpctl.c
LIB_SOURCES  := $(wildcard maps/*.c user/*/*.c)
LIB_OBJECTS  := $(LIB_SOURCES:%.c=$(BUILD)/obj/%.o)
LINTED       := $(LIB_SOURCES) $(MAIN_SOURCES)

UNIT_TESTS   := $(patsubst %.c,$(BUILD)/%,$(wildcard selftests/unit/test_*.c))
PACKET_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard selftests/packets/test_*.c))
MODEL_TESTS  := $(patsubst %.c,$(BUILD)/%,$(wildcard selftests/model/test_*.c))
CORPUS_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard selftests/corpus/test_*.c))
LAB_TOOLS    := $(patsubst %.c,$(BUILD)/%,$(wildcard selftests/lab/*.c))
BENCH_BPF    := $(patsubst %.bpf.c,$(BUILD)/%.bpf.o,$(wildcard selftests/bench/*.bpf.c))
BENCH_TOOLS  := $(patsubst %.c,$(BUILD)/%,$(filter-out %.bpf.c,$(wildcard selftests/bench/*.c)))
PAGES        := $(patsubst %,$(BUILD)/man/%,mxdpd.8 mxdpctl.8 mxdp.conf.5)
# mxdpd with the steps of user/base/fault.h: what bears none is the library's.
FAULTY       := $(BUILD)/mxdpd-faults
FAULTY_FILES := $(shell grep -l base/fault.h user/*/*.c)
TESTS        := $(UNIT_TESTS) $(PACKET_TESTS) $(MODEL_TESTS) $(CORPUS_TESTS)
C_FILES      := $(wildcard man/*.c bpf/*.[ch] maps/*.[ch] user/*.[ch] user/*/*.[ch] selftests/*/*.[ch])
SHELL_FILES  := $(wildcard scripts/* selftests/*/*.sh completion/*.bash .ci/run)
SHELL_LIBRARIES := $(sort $(shell sed -n 's/^. shellcheck source=//p' $(SHELL_FILES)))

Q   := $(if $(V),,@)
say  = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(patsubst $(BUILD)/%,%,$@)')

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all tests bench-tools check bench run install dist deb clean format format-check pages \
        lint lint-quick shell-check tidy analyze analyze-clang analyze-gcc

all: $(PROGRAMS) pages

pages: $(PAGES)

tests: $(TESTS) $(LAB_TOOLS) $(FAULTY)

bench-tools: $(BENCH_TOOLS) $(BENCH_BPF)

# The kernel side: one object, one skeleton that carries it inside the programs.

$(BUILD)/%.bpf.o: %.bpf.c
	$(call say,BPF)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPF_CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -c $< -o $@

$(BPF_OBJECT): $(BUILD)/bpf/mxdp.bpf.o
	$(call say,STRIP)
	$(Q)$(BPFTOOL) gen object $@ $<

$(SKELETON): $(BPF_OBJECT)
	$(call say,SKEL)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name mxdp_bpf > $@

# The user side.

$(BUILD)/obj/%.o: %.c | $(SKELETON)
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(LIBRARY): $(LIB_OBJECTS)
	$(call say,AR)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(PROGRAMS): $(BUILD)/%: $(BUILD)/obj/user/%.o $(LIBRARY)
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LIBS)

$(BUILD)/selftests/%: $(BUILD)/obj/selftests/%.o $(LIBRARY)
	$(call say,LD)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LIBS) -lcmocka

$(BUILD)/faults/%.o: %.c | $(SKELETON)
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -DMXDP_FAULTS -MMD -MP -c $< -o $@

$(FAULTY): $(BUILD)/obj/user/mxdpd.o $(FAULTY_FILES:%.c=$(BUILD)/faults/%.o) $(LIBRARY)
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LIBS)

# The pages: options from mxdp.conf, findings from their table, verbs from their help.

$(BUILD)/man/tables: $(BUILD)/obj/man/tables.o $(LIBRARY)
	$(call say,LD)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LIBS)

$(BUILD)/man/options: mxdp.conf man/text.awk man/options.awk
	$(Q)mkdir -p $(@D)
	$(Q)awk -f man/text.awk -f man/options.awk mxdp.conf > $@

$(BUILD)/man/findings $(BUILD)/man/fields: $(BUILD)/man/%: $(BUILD)/man/tables
	$(Q)$< $* > $@

$(BUILD)/man/verbs: $(BUILD)/mxdpctl man/text.awk man/verbs.awk
	$(Q)mkdir -p $(@D)
	$(Q)for verb in $$($< help | awk '/^  [a-z]/ { print $$1 }'); do \
		$< help $$verb || exit 1; done | awk -f man/text.awk -f man/verbs.awk > $@

$(BUILD)/man/mxdpctl.8: man/mxdpctl.8.in $(BUILD)/man/verbs
	$(call say,PAGE)
	$(Q)sed -e '/^@VERBS@$$/ { r $(BUILD)/man/verbs' -e 'd }' $< > $@

$(BUILD)/man/mxdp.conf.5: man/mxdp.conf.5.in $(addprefix $(BUILD)/man/,options findings fields)
	$(call say,PAGE)
	$(Q)sed -e '/^@OPTIONS@$$/ { r $(BUILD)/man/options' -e 'd }' \
		-e '/^@FINDINGS@$$/ { r $(BUILD)/man/findings' -e 'd }' \
		-e '/^@FIELDS@$$/ { r $(BUILD)/man/fields' -e 'd }' $< > $@

$(BUILD)/man/%: man/%
	$(call say,PAGE)
	$(Q)mkdir -p $(@D)
	$(Q)cp $< $@

check:
	scripts/check

bench:
	scripts/bench

run:
	scripts/run

# Manuals go by their section's number, completions by the shell that reads them.
install: all
	install -D -m 0755 -t $(DESTDIR)$(PREFIX)/sbin $(PROGRAMS)
	cd contrib && find . -type f -exec install -D -m 0644 '{}' $(DESTDIR)$(PREFIX)/share/mxdp/'{}' ';'
	install -D -m 0640 mxdp.conf $(DESTDIR)$(SYSCONFDIR)/mxdp/mxdp.conf.sample
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/doc/mxdp README.md $(wildcard doc/*.md)
	$(foreach page,$(PAGES),install -D -m 0644 -t \
		$(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $(page))) $(page) &&) true
	$(foreach file,$(filter-out completion/_%,$(wildcard completion/*)),install -D -m 0644 $(file) \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$(basename $(notdir $(file))) &&) true
	$(foreach file,$(wildcard completion/_*),install -D -m 0644 -t $(DESTDIR)$(ZSHDIR) $(file) &&) true
	install -d $(DESTDIR)$(UNITDIR)
	for unit in mxdpd mxdpd-gate; do \
		sed 's|@SBIN@|$(PREFIX)/sbin|' systemd/$$unit.service.in \
			>$(DESTDIR)$(UNITDIR)/$$unit.service && \
		chmod 0644 $(DESTDIR)$(UNITDIR)/$$unit.service || exit 1; \
	done
	install -D -m 0644 systemd/mxdp.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/mxdp.conf

# What is committed, and nothing else.
dist:
	mkdir -p $(BUILD)
	git archive --prefix=mxdp-$(VERSION)/ -o $(BUILD)/mxdp-$(VERSION).tar.gz HEAD

# What stands here, built apart so that the tree stays clean; the packages are build/deb/*.deb.
deb:
	@test "$$(dpkg-parsechangelog -S Version)" = "$(VERSION)" || { \
		echo "debian/changelog and user/base/version.h name different versions" >&2; exit 1; }
	rm -rf $(BUILD)/deb
	mkdir -p $(BUILD)/deb/mxdp-$(VERSION)
	tar -c --exclude=./build --exclude=./.git . | tar -x -C $(BUILD)/deb/mxdp-$(VERSION)
	cd $(BUILD)/deb/mxdp-$(VERSION) && dpkg-buildpackage -us -uc -b

clean:
	rm -rf build

format:
	$(CLANG_FORMAT) -i $(C_FILES)

format-check:
	$(CLANG_FORMAT) --dry-run --Werror $(C_FILES)

# Static analysis. What is read file by file leaves a stamp where a file and its headers were clean,
# so that a change costs what it touches: `shell-check' and `tidy' a second a file, `analyze' up to ten.
lint: lint-quick tidy analyze

lint-quick: format-check shell-check
	mkdir -p $(BUILD)/lint/cppcheck
	cppcheck --quiet --error-exitcode=1 --enable=warning,portability --inline-suppr \
		--cppcheck-build-dir=$(BUILD)/lint/cppcheck \
		--suppress=missingIncludeSystem --suppress=unknownMacro --std=c11 -D__GNUC__ user maps

shell-check: $(SHELL_FILES:%=$(BUILD)/lint/%.shell)

tidy: $(LINTED:%.c=$(BUILD)/lint/%.tidy)

analyze: analyze-clang analyze-gcc

analyze-clang: $(LINTED:%.c=$(BUILD)/lint/%.scan)

analyze-gcc: $(LINTED:%.c=$(BUILD)/lint/%.gcc)

$(BUILD)/lint/%.shell: % .shellcheckrc $(SHELL_LIBRARIES)
	$(call say,SHELL)
	$(Q)mkdir -p $(@D)
	$(Q)shellcheck $<
	$(Q)touch $@

lint_depends = mkdir -p $(@D) && gcc $(ALL_CFLAGS) -MM -MP -MT $@ -MF $@.d $<

$(BUILD)/lint/%.tidy: %.c .clang-tidy | $(SKELETON)
	$(call say,TIDY)
	$(Q)$(lint_depends)
	$(Q)$(CLANG_TIDY) --quiet $< -- $(ALL_CFLAGS)
	$(Q)touch $@

# What scan-build runs; by itself it would build everything anew and forget what it found.
$(BUILD)/lint/%.scan: %.c | $(SKELETON)
	$(call say,SCAN)
	$(Q)$(lint_depends)
	$(Q)clang --analyze -Xanalyzer -analyzer-output=text -Xanalyzer -analyzer-werror \
		$(ALL_CFLAGS) -o /dev/null $<
	$(Q)touch $@

# What is handed over by the address of its inside, as libuv has it, is no leak; and null pointers gcc
# 12 sees on paths that contradict themselves: a caller's test is forgotten in what it calls. clang's
# analyzer looks for both.
$(BUILD)/lint/%.gcc: %.c | $(SKELETON)
	$(call say,ANALYZE)
	$(Q)$(lint_depends)
	$(Q)gcc $(ALL_CFLAGS) -fanalyzer -Wno-analyzer-malloc-leak \
		-Wno-analyzer-null-dereference -Wno-analyzer-null-argument -c -o /dev/null $<
	$(Q)touch $@

-include $(wildcard $(LIB_OBJECTS:.o=.d) $(BUILD)/faults/user/*/*.d $(BUILD)/obj/user/*.d $(BUILD)/obj/man/*.d $(BUILD)/obj/selftests/*/*.d \
	$(BUILD)/bpf/*.d $(BUILD)/selftests/*/*.d $(LINTED:%.c=$(BUILD)/lint/%.*.d))
