/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot - what firmware reads: the initrd with microcode in front, the unified kernel image and its
 * signature, the EFI system partition, the disk.
 */
#ifndef IB_BOOT_H
#define IB_BOOT_H

#include "boot/authenticode.h"
#include "boot/cpio.h"
#include "boot/disk.h"
#include "boot/fat.h"
#include "boot/fat_read.h"
#include "boot/microcode.h"
#include "boot/pe.h"
#include "boot/uki.h"

#endif
