# A recipe that is in order is summed up.
$ cp $DATA/check/* . && imagebuild check node.yaml
image          node 1.0.0 for x86_64
repository     base, signed metadata, priority 10: state1
                 key 2BC94FFF7015A5F28F1537AD0CD9FED33135CE90
packages       4 wishes, 1 excluded, without weak dependencies, without documentation
languages      en
system         0 users, 0 groups, 1 sysctl, units 1 enabled, 0 disabled, 0 masked
kernel         systemd.gpt_auto=no systemd.import_credentials=no rd.shell=0 rd.emergency=reboot panic=5 console=ttyS0
initrd         2 wishes, 2 modules
root           erofs, lz4hc level 9, clusters of 4 KiB
outputs        disk provenance root sbom uki
signed         no-secure-boot no-root-hash no-statements
$ (cat node.yaml && echo 'root: {compression: zstd, cluster: 64K, pack-tails: true}') >tails.yaml; imagebuild check tails.yaml | grep ^root
root           erofs, zstd level 3, clusters of 64 KiB, tails packed
# What a machine wants to know: the canonical text, which knows no folder.
$ imagebuild check --json node.yaml >a && cd / && imagebuild check --json "$OLDPWD/node.yaml" | cmp - "$OLDPWD/a" && grep -o '"packages":\[[^]]*\]' "$OLDPWD/a"
"packages":["systemd","kmod"]
"packages":["bash","systemd","openssl >= 3","kernel"]
# A misspelled key is named with its place, and with what was meant.
$ sed s/packages:/pakages:/ node.yaml >typo.yaml; imagebuild check typo.yaml
imagebuild: error: typo.yaml:4:1: unrecognized key 'pakages'
  hint: Did you mean 'packages'?
[2]
$ sed 's/chronyd.service/chronyd/' node.yaml >unit.yaml; imagebuild check unit.yaml
imagebuild: error: unit.yaml:8:12: 'chronyd' of 'enable' is not a unit name
  hint: It needs its suffix, like chronyd.service or tmp.mount.
[2]
$ printf 'format: 1\ndocumentation: yes\n' >yes.yaml; imagebuild check yes.yaml
imagebuild: error: yes.yaml:2:16: 'yes' of 'documentation' is not true or false
  hint: Write true.
[2]
# An included file has places of its own.
$ sed -i s/priority/prioriti/ repository.yaml; imagebuild check node.yaml; cp $DATA/check/repository.yaml .
imagebuild: error: repository.yaml:8:5: unrecognized key 'prioriti'
  hint: Did you mean 'priority'?
# Files that are named have to be there; 'keys' makes some to sign with.
$ rm key.asc; imagebuild check node.yaml; cp $DATA/check/key.asc .
imagebuild: error: repository.yaml:6:9: there is no key 'key.asc'
  hint: Fetch it from the distribution, and compare its fingerprint from a second source.
$ echo no key >key.asc; imagebuild check node.yaml; cp $DATA/check/key.asc .
imagebuild: error: repository.yaml:6:9: 'key.asc' holds nothing of OpenPGP
$ cp node.yaml signed.yaml; echo 'signing: {statements: {key: keys/statements.key}}' >>signed.yaml; imagebuild check signed.yaml
imagebuild: error: signed.yaml:19:23: there is no key 'keys/statements.key'
  hint: 'imagebuild keys keys' makes throw-away ones for trying out.
[2]
$ rm repository.yaml; imagebuild check node.yaml
imagebuild: error: node.yaml:2:11: could not open 'repository.yaml', which is included here: No such file or directory
[2]
$ imagebuild check nothing.yaml
imagebuild: error: could not open recipe 'nothing.yaml': No such file or directory
  hint: Name the YAML file that describes the image, like recipes/node.yaml.
[2]
$ imagebuild check
imagebuild: error: no recipe given
[2]
# The schema is for editors.
$ imagebuild check --schema | cut -c 1-120
{"$schema":"https://json-schema.org/draft/2020-12/schema","title":"recipe of imagebuild","type":"object","additionalProp
