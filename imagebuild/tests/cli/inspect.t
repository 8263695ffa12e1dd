# What is no image is refused by name.
$ printf 'no image' > file
$ imagebuild inspect file
imagebuild: error: 'file' is not an image of a recognized kind
  hint: Recognized is EROFS, such as the .root.erofs of an output directory.
[2]
$ imagebuild inspect nowhere
imagebuild: error: could not open 'nowhere': No such file or directory
[7]
