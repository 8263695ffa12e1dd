# The store of nobody is empty, and whole.
$ imagebuild cache size --store store
all                 0  in 0 files
$ imagebuild cache verify --store store
0 files are whole
$ imagebuild cache prune --store store
0 files with 0 bytes were removed
$ imagebuild cache list --json --store store
[]
# Who only asks makes no store.
$ ls store
ls: cannot access 'store': No such file or directory
[2]
$ imagebuild cache clean --store store
imagebuild: error: unrecognized action 'clean' of 'cache'
  hint: It is one of: list, prune, size, verify.
[2]
$ imagebuild cache size --only rpms --store store
imagebuild: error: unrecognized kind 'rpms'
  hint: It is one of: rpm, metadata, blocks, facts, outputs, solv.
[2]
