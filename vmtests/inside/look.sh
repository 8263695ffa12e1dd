#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One line a fact, KEY=VALUE, on the second serial port; then the machine ends.
exec >/dev/ttyS1 2>&1

say() { printf '%s=%s\n' "$1" "$2"; }
refused() { if "$@" >/dev/null 2>&1; then echo no; else echo yes; fi; }

say begin 1
say state "$(systemctl is-system-running --wait)"
say failed "$(systemctl --failed --plain --no-legend | tr '\n' ';')"
say secure_boot "$(od -An -tu1 -j4 -N1 /sys/firmware/efi/efivars/SecureBoot-* | tr -d ' ')"
say command_line "$(cat /proc/cmdline)"
say root "$(findmnt -n -o SOURCE,FSTYPE,OPTIONS / | tr -s ' ')"
say root_table "$(dmsetup table root)"
say root_status "$(dmsetup status root)"
say etc_refused "$(refused touch /etc/ib-test)"
say usr_refused "$(refused touch /usr/ib-test)"
say remount_refused "$(refused mount -o remount,rw /)"
say device_refused "$(refused dd if=/dev/zero of=/dev/mapper/root bs=4096 count=1 conv=notrunc)"
# shellcheck disable=SC1091
say image_id "$(. /usr/lib/os-release && echo "$IMAGE_ID")"
# shellcheck disable=SC1091
say image_version "$(. /usr/lib/os-release && echo "$IMAGE_VERSION")"
# shellcheck disable=SC1091
say os_id "$(. /usr/lib/os-release && echo "$ID")"
say packages "$(rpm --dbpath /usr/lib/sysimage/rpm -qa | wc -l)"
say sample "$(cd / && sha256sum --quiet --check /run/ib-test/sample >/dev/null && echo equal || echo differs)"
say sample_count "$(wc -l </run/ib-test/sample)"
say shadow "$(stat -c '%a %U' /etc/shadow)"
say setuid_count "$(find / -xdev -perm /6000 -type f | wc -l)"
say end 1
systemctl poweroff
