# Two locks: what could do harm first. Texts of scriptlets would come from the store.
$ cp $DATA/locks/* . && imagebuild diff --store none one.lock two.lock
2 up, 1 rebuilt, 1 added, 1 removed; 4 packages (4 before), 17.0 KiB (+1.0 KiB)

high    rebuilt  zlib 1.2.11-1, +0 B
          signing key 99DB70FAE1D7CE227FB6488205B555B38483C65D, was 2BC94FFF7015A5F28F1537AD0CD9FED33135CE90
          sha256 8aaaaaaaaaaa, was 4aaaaaaaaaaa
medium  up       openssh-server 8.7-1 to 8.7-2, +0 B
          %post changed, decision native users
            its text cannot be shown: the store lacks package 'openssh-server-8.7-1.x86_64' and 'openssh-server-8.7-2.x86_64'
medium  added    xz-libs 5.6.0-1, +4.0 KiB
          repository base
          into root
low     removed  telnet 0.17-1, -4.0 KiB
          repository base
          into root
low     up       bash 5.1-1 to 5.2-1, +1.0 KiB

new requirements
  openssh-server requires liblzma.so.5()(64bit): xz-libs, which is new

wishes
  - packages: telnet

repositories
  base: 2023-11-15T22:13:21Z (repomd.xml dddddddddddd), was 2023-11-14T22:13:21Z (repomd.xml cccccccccccc)

advisories are not told: the store lacks what repository 'base' knew when the lock was made
# The same for a pull request: what others wrote stays text.
$ imagebuild diff --store none --format markdown one.lock two.lock | sed "s/^#/ #/"
**2 up, 1 rebuilt, 1 added, 1 removed**; 4 packages (4 before), 17.0 KiB (+1.0 KiB)

| risk | change | package | before | after | size | also |
| --- | --- | --- | --- | --- | ---: | --- |
| **high** | rebuilt | `zlib` | `1.2.11-1` | `1.2.11-1` | +0 B | signing key |
| medium | up | `openssh-server` | `8.7-1` | `8.7-2` | +0 B | scriptlets, new requirement |
| medium | added | `xz-libs` | | `5.6.0-1` | +4.0 KiB | |
| low | removed | `telnet` | `0.17-1` | | -4.0 KiB | |
| low | up | `bash` | `5.1-1` | `5.2-1` | +1.0 KiB | |

 ### Where they come from

- `zlib`: signing key `99DB70FAE1D7CE227FB6488205B555B38483C65D`, was `2BC94FFF7015A5F28F1537AD0CD9FED33135CE90`
- `zlib`: sha256 `8aaaaaaaaaaa`, was `4aaaaaaaaaaa`

 ### Scriptlets

- `openssh-server` `%post`: decision `native users`
  `its text cannot be shown: the store lacks package 'openssh-server-8.7-1.x86_64' and 'openssh-server-8.7-2.x86_64'`

 ### New requirements

- `openssh-server` requires `liblzma.so.5()(64bit)`: `xz-libs`, which is new

 ### Wishes

- no longer `packages: telnet`

 ### Repositories

- `base`: 2023-11-15T22:13:21Z (repomd.xml dddddddddddd), was 2023-11-14T22:13:21Z (repomd.xml cccccccccccc)

Advisories are not told: `the store lacks what repository 'base' knew when the lock was made`
# For machines.
$ imagebuild diff --store none --json one.lock two.lock | tr -d '\n' | cut -c 1-181
{  "format": 1,  "summary": {    "added": 1,    "removed": 1,    "up": 2,    "down": 0,    "rebuilt": 1,    "changed": 0,    "packagesBefore": 4,    "packagesAfter": 4,    "sizeBefo
$ imagebuild diff --schema | cut -c 1-120
{"$schema":"https://json-schema.org/draft/2020-12/schema","title":"difference of two locks of imagebuild","type":"object
# A pipeline wants to know whether there is anything to look at.
$ imagebuild diff --store none --exit-code one.lock two.lock >/dev/null
[10]
$ imagebuild diff --store none --exit-code one.lock one.lock
no package changed; 4 packages (4 before), 16.0 KiB (+0 B)

advisories are not told: the store lacks what repository 'base' knew when the lock was made
# A folder of outputs stands for its lock.
$ mkdir out && cp two.lock out/node_1_x86_64.lock && imagebuild diff --store none out two.lock
no package changed; 4 packages (4 before), 17.0 KiB (+0 B)

advisories are not told: the store lacks what repository 'base' knew when the lock was made
$ imagebuild diff . two.lock
imagebuild: error: folder '.' holds 2 locks, one is needed
  hint: Name the lock itself.
[2]
$ imagebuild diff --format makrdown one.lock two.lock
imagebuild: error: unrecognized format 'makrdown'
  hint: Did you mean 'markdown'?
[2]
$ imagebuild diff one.lock
imagebuild: error: two locks (with --blocks, two images) are needed: imagebuild diff A B
[2]
$ imagebuild diff one.lock three.lock
imagebuild: error: there is no lock 'three.lock'
  hint: 'imagebuild lock RECIPE' makes it.
[2]
# Two images, or any two files: what an updater has to fetch.
$ seq -w 99999 >one && (seq -w 99999 && echo more) >two && (echo first && cat one) >moved
$ imagebuild diff --blocks one two
        599999 bytes of image, 599994 before; to fetch
          1983    0.3 %  as blocks of 4 KiB that differ from those at their places
          1983    0.3 %  as blocks of 4 KiB that are nowhere yet
         22590    3.8 %  as chunks of casync and desync that are nowhere yet
$ imagebuild diff --blocks --exit-code one moved
        600000 bytes of image, 599994 before; to fetch
        600000  100.0 %  as blocks of 4 KiB that differ from those at their places
        600000  100.0 %  as blocks of 4 KiB that are nowhere yet
         19657    3.3 %  as chunks of casync and desync that are nowhere yet
[10]
$ imagebuild diff --blocks --json one two
{
  "format": "imagebuild-block-diff",
  "format_version": 1,
  "root": {
    "before_bytes": 599994,
    "after_bytes": 599999,
    "in_place_bytes": 1983,
    "anywhere_bytes": 1983,
    "chunk_bytes": 22590
  }
}
$ imagebuild diff --blocks one one; imagebuild diff --blocks --exit-code one one
        599994 bytes of image, 599994 before; to fetch
             0    0.0 %  as blocks of 4 KiB that differ from those at their places
             0    0.0 %  as blocks of 4 KiB that are nowhere yet
             0    0.0 %  as chunks of casync and desync that are nowhere yet
        599994 bytes of image, 599994 before; to fetch
             0    0.0 %  as blocks of 4 KiB that differ from those at their places
             0    0.0 %  as blocks of 4 KiB that are nowhere yet
             0    0.0 %  as chunks of casync and desync that are nowhere yet
$ : >none && imagebuild diff --blocks one none
             0 bytes of image, 599994 before; to fetch
             0    0.0 %  as blocks of 4 KiB that differ from those at their places
             0    0.0 %  as blocks of 4 KiB that are nowhere yet
             0    0.0 %  as chunks of casync and desync that are nowhere yet
$ imagebuild diff --blocks one
imagebuild: error: two locks (with --blocks, two images) are needed: imagebuild diff A B
[2]
$ mkdir -p empty && imagebuild diff --blocks one empty
imagebuild: error: there is no root image (*.root.*) in 'empty'
[2]
