# Why a package is there: from the lock alone.
$ cp $DATA/locks/* . && imagebuild why node.yaml zlib --lock one.lock
zlib-1.2.11-1.x86_64
  in the root, because
    the recipe asks for 'openssh-server': openssh-server-8.7-1.x86_64
    openssh-server-8.7-1.x86_64 requires 'libz.so.1()(64bit)': zlib-1.2.11-1.x86_64
  wanted by 1 package:
    openssh-server-8.7-1.x86_64 (libz.so.1()(64bit))
# A capability means whoever provides it.
$ imagebuild why node.yaml 'libz.so.1()(64bit)' --lock one.lock | head -n 1
zlib-1.2.11-1.x86_64
$ imagebuild why node.yaml --json bash --lock one.lock
{
  "packages": [
    {"nevra": "bash-5.1-1.x86_64","root": [{"nevra": "bash-5.1-1.x86_64","reason": "wished","dependency": "bash"}],"wantedBy": []}
  ]
}
$ imagebuild why node.yaml zlb --lock one.lock
imagebuild: error: package 'zlb' is not in the lock
  hint: Did you mean 'zlib'?
[2]
$ imagebuild why node.yaml emacs --lock one.lock
imagebuild: error: package 'emacs' is not in the lock
  hint: 'imagebuild why node.yaml --not emacs' says why.
[2]
