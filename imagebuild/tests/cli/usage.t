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
