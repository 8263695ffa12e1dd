# What other programs ask for becomes a recipe; what it cannot say is told.
$ cp $DATA/foreign/* . && imagebuild import rpms.in.yaml | sed 's/^#/|/'
imagebuild: warning: left out: rpms.in.yaml:27:27: no image can be made for architecture 's390x'
imagebuild: warning: left out: rpms.in.yaml:3:5: variables that are not inline
imagebuild: warning: left out: rpms.in.yaml:8:7: option 'sslverify=0' of repository 'baseos'
imagebuild: warning: left out: rpms.in.yaml:10:7: repository 'copr:extra' is called 'copr-extra' in the recipe
imagebuild: warning: left out: rpms.in.yaml:12:3: 'contentOrigin.repofiles': what repositories it leads to is not in the file
imagebuild: warning: left out: rpms.in.yaml:14:10: image: an image starts from nothing: what the base brings has to be in 'packages'
imagebuild: warning: left out: rpms.in.yaml:17:5: 'python3*' is a pattern, and a recipe names packages
imagebuild: warning: left out: rpms.in.yaml:18:5: '{FROM_FILE}' has variable 'FROM_FILE', whose value is elsewhere
imagebuild: warning: left out: rpms.in.yaml:21:20: reinstallPackages: they are packages like others in the recipe, not at the versions that the context has
imagebuild: warning: left out: rpms.in.yaml:22:19: upgradePackages: 'openssl' is not asked for where nothing is there to upgrade
imagebuild: warning: left out: rpms.in.yaml:23:29: module 'perl' is named without a stream
imagebuild: warning: left out: rpms.in.yaml:26:12: noSources: source packages are not locked in any case
| Made by 'imagebuild import' from rpms.in.yaml.
| What that says and this recipe does not:
|   27:27: no image can be made for architecture 's390x'
|   3:5: variables that are not inline
|   8:7: option 'sslverify=0' of repository 'baseos'
|   10:7: repository 'copr:extra' is called 'copr-extra' in the recipe
|   12:3: 'contentOrigin.repofiles': what repositories it leads to is not in the file
|   14:10: image: an image starts from nothing: what the base brings has to be in 'packages'
|   17:5: 'python3*' is a pattern, and a recipe names packages
|   18:5: '{FROM_FILE}' has variable 'FROM_FILE', whose value is elsewhere
|   21:20: reinstallPackages: they are packages like others in the recipe, not at the versions that the context has
|   22:19: upgradePackages: 'openssl' is not asked for where nothing is there to upgrade
|   23:29: module 'perl' is named without a stream
|   26:12: noSources: source packages are not locked in any case
format: 1
image:
  id: imported
  version: "1"
  architecture: aarch64
  architectures: [aarch64, x86_64]
repositories:
  - id: copr-extra
    metalink: "https://example.org/metalink"
    keys: [] # pin the keys that its packages are signed by: {file: …, fingerprint: …}
packages:
  - bash
  - tzdata
exclude:
  - "vim-*"
modules:
  - nodejs:18
architectures:
  aarch64:
    repositories:
      - id: baseos
        url: "https://example.org/9/aarch64/os"
        priority: 10
        keys: [] # pin the keys that its packages are signed by: {file: …, fingerprint: …}
    packages:
      - uboot
  x86_64:
    repositories:
      - id: baseos
        url: "https://example.org/9/x86_64/os"
        priority: 10
        keys: [] # pin the keys that its packages are signed by: {file: …, fingerprint: …}
    packages:
      - grub2-efi-x64
# Text of others ends no comment, and passwords go nowhere.
$ printf '%s\n' 'arches: [x86_64]' 'contentOrigin:' '  repos:' '    - {repoid: base, baseurl: "https://bob:secret@example.org/os", password: secret}' 'packages:' '  - name: bash' '    "x\u2028multilib: true #": 1' >evil.yaml; imagebuild import evil.yaml 2>err | sed 's/^#/|/'; grep -c secret err
| Made by 'imagebuild import' from evil.yaml.
| What that says and this recipe does not:
|   4:68: option 'password' of repository 'base'
|   4:7: the user and the password in the URL of repository 'base'
|   7:5: 'x\u{2028}multilib: true #' of package 'bash'
format: 1
image:
  id: imported
  version: "1"
  architecture: x86_64
repositories:
  - id: base
    url: "https://example.org/os"
    keys: [] # pin the keys that its packages are signed by: {file: …, fingerprint: …}
packages:
  - bash
weak-dependencies: true
0
[1]
# Locks of others are read whole, and refused with their place when they are not.
$ imagebuild import whole.lock.yaml --format rpms.lock
---
lockfileVersion: 1
lockfileVendor: redhat
generator:
  name: other
  version: 1.10
  tags:
  - a
  - 2
  - "no"
  - no
  - ~
  - "1"
  - -3.5e2
  - 0x1f
  -
    - x
    - []
  - {}
arches:
- arch: x86_64
  note: "two\nlines\n"
  packages:
  - url: https://example.org/os/Packages/a-1-1.x86_64.rpm
    repoid: base
    size: 12
    checksum: sha256:4be7cfbb58aeec0db66ac9d2e996de662499bac99a2788f934f87d6998ba073e
    name: a
    evr: "1-1"
    sourcerpm: a-1-1.src.rpm
    signed-by:
    - AB12
    - 0
    since: 2024-01-02
    7: seven
    "8": eight
  - url: https://example.org/os/Packages/b-2:1.0-3.noarch.rpm
    evr: "2:1.0-3"
    repoid: ~
  source: []
  module_metadata:
  - url: https://example.org/os/repodata/modules.yaml.gz
    repoid: base
    size: 3
    checksum: sha256:f8b0c07e33ebd4bf5b9b3dea1f0c0f72acb0ea1e0bf07af663eb11b661ef49a6
    more:
    - deep:
      - er:
        - é
        - "\u2028"
        - "a: b"
        - "#"
        - "- x"
- arch: aarch64
  packages: []
$ imagebuild import whole.manifest.yaml | sed 's/^#/|/'
imagebuild: warning: left out: whole.manifest.yaml: versions and digests: 'imagebuild lock RECIPE --import whole.manifest.yaml' holds the packages against them
| Made by 'imagebuild import' from whole.manifest.yaml.
| What that says and this recipe does not:
|   versions and digests: 'imagebuild lock RECIPE --import whole.manifest.yaml' holds the packages against them
format: 1
image:
  id: imported
  version: "1"
  architecture: x86_64
repositories:
  - id: base
    url: "https://example.org/os/"
    keys: [] # pin the keys that its packages are signed by: {file: …, fingerprint: …}
  - id: other
    metalink: "https://example.org/metalink"
    keys: [] # pin the keys that its packages are signed by: {file: …, fingerprint: …}
packages:
  - "n"
$ imagebuild import whole.manifest.yaml --format rpms.lock
imagebuild: error: 'whole.manifest.yaml' is of format packages.manifest, not rpms.lock
[2]
$ imagebuild import rpms.in.yaml --format rpms.lock
imagebuild: error: rpms.in.yaml:1:1: neither an rpms.lock.yaml (it has 'lockfileVersion') nor a packages.manifest.yaml (it has 'document: rpm-package-manifest')
  hint: 'imagebuild import' makes a recipe of an rpms.in.yaml (it has 'contentOrigin') and of a packages.input.yaml, too.
[2]
$ imagebuild import whole.lock.yaml --format rpm.lock
imagebuild: error: 'rpm.lock' is not a format; there are: rpms.lock, packages.manifest
  hint: Did you mean 'rpms.lock'?
[2]
$ sed 's/^lockfileVersion: 1/lockfileVersion: 2/' whole.lock.yaml >bad.yaml; imagebuild import bad.yaml
imagebuild: error: bad.yaml:2:18: '2' of 'lockfileVersion' is not 1, the only one that is known
[2]
$ sed 's/"redhat"/suse/' whole.lock.yaml >bad.yaml; imagebuild import bad.yaml
imagebuild: error: bad.yaml:3:17: 'suse' of 'lockfileVendor' is not redhat, the only one that is known
[2]
$ sed 's/size: 12/size: "12"/' whole.lock.yaml >bad.yaml; imagebuild import bad.yaml
imagebuild: error: bad.yaml:13:15: '12' of 'size' is not a number of bytes
[2]
$ sed 's/size: 12/size: 012/' whole.lock.yaml >bad.yaml; imagebuild import bad.yaml
imagebuild: error: bad.yaml:13:15: '012' of 'size' is not a number of bytes
[2]
$ sed 's/checksum: sha256:4be7/checksum: 4be7/' whole.lock.yaml >bad.yaml; imagebuild import bad.yaml
imagebuild: error: bad.yaml:14:19: '4be7cfbb58aeec0db66ac9d2e996de662499bac99a2788f934f87d6998ba073e' of 'checksum' is not KIND:DIGEST, like sha256:4be7…
[2]
$ sed 's/- url: .*a-1-1.*$/- repoid: base/; s/^        repoid: base$//' whole.lock.yaml >bad.yaml; imagebuild import bad.yaml
imagebuild: error: bad.yaml:11:9: a package has no 'url'
[2]
$ sed 's/    source: .*/    source: none/' whole.lock.yaml >bad.yaml; imagebuild import bad.yaml
imagebuild: error: bad.yaml:23:13: a list of packages must be a list, not a scalar
[2]
$ sed 's/        name: a/        name: a\n        name: b/' whole.lock.yaml >bad.yaml; imagebuild import bad.yaml
imagebuild: error: bad.yaml:16:9: key 'name' stands here a second time (first at line 15)
[2]
$ sed 's/        name: a/        name: \&x a/' whole.lock.yaml >bad.yaml; imagebuild import bad.yaml
imagebuild: error: bad.yaml:15:15: anchors are not allowed here
[2]
$ sed 's/repo_id: other/repo_id: elsewhere/' whole.manifest.yaml >bad.yaml; imagebuild import bad.yaml
imagebuild: error: bad.yaml:15:18: no repository has the id 'elsewhere'
[2]
$ sed 's/      metalink: .*//' whole.manifest.yaml >bad.yaml; imagebuild import bad.yaml
imagebuild: error: bad.yaml:10:7: repository 'other' has neither 'baseurl' nor 'metalink' nor 'mirrorlist'
[2]
$ sed 's/        size: 7//' whole.manifest.yaml >bad.yaml; imagebuild import bad.yaml
imagebuild: error: bad.yaml:14:9: a package has no 'size'
[2]
$ sed 's/^packages:/package:/' rpms.in.yaml >bad.yaml; imagebuild import bad.yaml
imagebuild: error: bad.yaml:15:1: unrecognized key 'package' of an rpms.in.yaml
  hint: Did you mean 'packages'?
[2]
$ sed 's/only: x86_64/olny: x86_64/' rpms.in.yaml >bad.yaml; imagebuild import bad.yaml
imagebuild: error: bad.yaml:19:35: 'arches' of a package has one of 'only' and 'not'
[2]
$ sed 's/installWeakDeps: false/installWeakDeps: 0/' rpms.in.yaml >bad.yaml; imagebuild import bad.yaml
imagebuild: error: bad.yaml:24:18: '0' of 'installWeakDeps' is neither true nor false
[2]
$ sed 's/^arches: .*/arches: [s390x]/' rpms.in.yaml >bad.yaml; imagebuild import bad.yaml
imagebuild: error: bad.yaml:27:9: no architecture in it is one that images can be made for
[2]
$ echo 'format: 1' >bad.yaml; imagebuild import bad.yaml
imagebuild: error: bad.yaml:1:1: neither an rpms.lock.yaml (it has 'lockfileVersion') nor a packages.manifest.yaml (it has 'document: rpm-package-manifest')
  hint: 'imagebuild import' makes a recipe of an rpms.in.yaml (it has 'contentOrigin') and of a packages.input.yaml, too.
[2]
# A lock of ours in their formats.
$ imagebuild export both.yaml
imagebuild: error: say which format: --format rpms.lock or --format packages.manifest
[2]
$ imagebuild export both.yaml --format rpms.lock
imagebuild: error: repository 'tools' has no URL of its own, and rpms.lock.yaml has one for each package
  hint: Say where its packages are: --base tools=URL
[2]
$ imagebuild export both.yaml --format rpms.lock --base tools='https://mirror.example.org/$basearch/tools/'
---
lockfileVersion: 1
lockfileVendor: redhat
arches:
- arch: aarch64
  packages:
  - url: https://example.org/aarch64/os/Packages/bash-5.2-1.aarch64.rpm
    repoid: base
    size: 4096
    checksum: sha256:5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a
    name: bash
    evr: "1:5.2-1"
    sourcerpm: bash-5.2-1.src.rpm
  - url: https://mirror.example.org/aarch64/tools/Packages/tzdata-2024a-1.noarch.rpm
    repoid: tools
    size: 4096
    checksum: sha256:6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a
    name: tzdata
    evr: 2024a-1
    sourcerpm: tzdata-2024a-1.src.rpm
  source: []
  module_metadata: []
- arch: x86_64
  packages:
  - url: https://example.org/x86_64/os/Packages/bash-5.2-1.x86_64.rpm
    repoid: base
    size: 4096
    checksum: sha256:5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b
    name: bash
    evr: "1:5.2-1"
    sourcerpm: bash-5.2-1.src.rpm
  - url: https://example.org/x86_64/os/Packages/glibc-2.34-1.i686.rpm
    repoid: base
    size: 4096
    checksum: sha256:7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a
    name: glibc
    evr: "2.34-1"
    sourcerpm: glibc-2.34-1.src.rpm
  - url: https://mirror.example.org/x86_64/tools/Packages/tzdata-2024a-1.noarch.rpm
    repoid: tools
    size: 4096
    checksum: sha256:6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a
    name: tzdata
    evr: 2024a-1
    sourcerpm: tzdata-2024a-1.src.rpm
  source: []
  module_metadata: []
$ imagebuild export both.yaml --format packages.manifest
document: rpm-package-manifest
version: "0.2.2"
data:
  repositories:
  - id: base
    baseurl: https://example.org/$arch/os
  - id: tools
    metalink: https://example.org/metalink?repo=tools
  packages:
    aarch64:
    - name: bash
      repo_id: base
      location: Packages/bash-5.2-1.aarch64.rpm
      checksum: sha256:5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a
      size: 4096
      evr: "1:5.2-1"
      srpm: bash-5.2-1.src
    i686:
    - name: glibc
      repo_id: base
      location: Packages/glibc-2.34-1.i686.rpm
      checksum: sha256:7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a
      size: 4096
      evr: "2.34-1"
      srpm: glibc-2.34-1.src
    noarch:
    - name: tzdata
      repo_id: tools
      location: Packages/tzdata-2024a-1.noarch.rpm
      checksum: sha256:6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a
      size: 4096
      evr: 2024a-1
      srpm: tzdata-2024a-1.src
      parent_archs: [aarch64, x86_64]
    x86_64:
    - name: bash
      repo_id: base
      location: Packages/bash-5.2-1.x86_64.rpm
      checksum: sha256:5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b
      size: 4096
      evr: "1:5.2-1"
      srpm: bash-5.2-1.src
$ imagebuild export both.yaml --format packages.manifest --arch aarch64 --base base=https://mirror.example.org/os | grep -e baseurl -e parent
    baseurl: https://mirror.example.org/os
      parent_archs: [aarch64]
$ imagebuild export both.yaml --format rpms.lock --base tolls=https://example.org
imagebuild: error: '--base tolls=https://example.org': the recipe has no repository 'tolls'
[2]
$ imagebuild export both.yaml --format rpms.lock --base tools=folder
imagebuild: error: '--base tools=folder' is not ID=URL
[2]
$ sed 's/example.org.x86_64/elsewhere.org/' both.yaml >apart.yaml; imagebuild export apart.yaml --format packages.manifest --lock both.lock
imagebuild: error: repository 'base' is elsewhere for each architecture, which packages.manifest.yaml cannot say
[2]
