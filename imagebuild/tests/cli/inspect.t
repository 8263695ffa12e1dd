# What is no image is refused by name.
$ printf 'no image' > file
$ imagebuild inspect file
imagebuild: error: 'file' is not an image of a recognized kind
  hint: Recognized are root file systems of an output directory: erofs (*.root.erofs), squashfs (*.root.squashfs).
[2]
$ imagebuild inspect nowhere
imagebuild: error: could not open 'nowhere': No such file or directory
[7]
# Packages tell what they would run; nothing that is not a package is taken for one.
$ imagebuild inspect --scriptlets file
imagebuild: error: 'file' is cut short: it ends after 8 bytes, inside its headers
[5]
$ mkdir empty
$ imagebuild inspect --scriptlets empty
0 scriptlets of 0 packages, 0 covered natively
$ imagebuild inspect file file
imagebuild: error: one image at a time, not 2
[2]
