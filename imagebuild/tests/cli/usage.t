# What is not understood is named, with what to do.
$ imagebuild version
imagebuild 0.1.0
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
