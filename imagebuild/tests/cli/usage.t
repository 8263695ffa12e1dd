# What is not understood is named, with what to do.
$ imagebuild version
imagebuild 0.1.0
$ imagebuild --version
imagebuild 0.1.0
$ imagebuild version --json
{"version": "0.1.0"}
$ imagebuild help version | head -n 1
usage: imagebuild version 
$ imagebuild help | head -n 1
usage: imagebuild COMMAND [OPTION…] [ARGUMENT…]
$ imagebuild $(yes help | head -n 65)
imagebuild: error: more than 64 options
[1]
$ imagebuild --store '' version
imagebuild: error: option '--store' needs a value (DIR)
[2]
$ imagebuild frobnicate
imagebuild: error: unrecognized command 'frobnicate'
  hint: 'imagebuild --help' lists the commands.
[2]
$ imagebuild versoin
imagebuild: error: unrecognized command 'versoin'
  hint: Did you mean 'version'?
[2]
$ imagebuild version --frob
imagebuild: error: unrecognized option '--frob'
  hint: 'imagebuild version --help' lists the options.
[2]
$ imagebuild version too many
imagebuild: error: 'imagebuild version' takes other arguments
  hint: usage: imagebuild version 
[2]
$ imagebuild
imagebuild: error: no command given
  hint: 'imagebuild --help' lists the commands.
[2]
# What an option says of nothing is not passed over.
$ imagebuild diff --blocks --format json a b
imagebuild: error: '--format' is of two locks; with '--blocks' there is '--json'
[2]
$ imagebuild why --initrd nothing.yaml bash
imagebuild: error: '--initrd' goes with '--not' only: without it both root and initrd are told
[2]
$ imagebuild check .
imagebuild: error: recipe '.' is a folder
  hint: Name a file in it.
[2]
$ head -c 5000 /dev/zero >image.raw; imagebuild diff image.raw image.raw
imagebuild: error: 'image.raw' is no lock, which is a text
  hint: Name the .lock of that image, or the folder that it lies in; what an updater of two images has to fetch tells 'imagebuild diff --blocks'.
[2]
