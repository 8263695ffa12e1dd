# Nothing is believed that nobody chose to believe.
$ mkdir out && echo x >out/SHA256SUMS && echo y >out/SHA256SUMS.sig
$ HOME=$PWD XDG_CONFIG_HOME=$PWD imagebuild verify out 2>&1 | tail -n 2 | cut -c 1-66
broken  sums-signature        SHA256SUMS is signed by a key that y
not walked, since they stand on what is broken: files, digests, pr
$ imagebuild keys trial >/dev/null; imagebuild verify --trust trial out >/dev/null
imagebuild: error: 'out' is not what it says to be: link 'sums-signature' is broken: SHA256SUMS was not signed by 'trial/statements.pub'; it was signed by a key that nothing names
  hint: If whoever made the image told you this fingerprint, get their statements.pub from them and run: imagebuild verify --trust statements.pub 'out'; or put it into /etc/imagebuild/trust.d for good.
[5]
$ imagebuild verify --trust trial --json out 2>/dev/null | head -n 6
{
  "folder": "out",
  "verified": false,
  "links": [
    {"name": "sums-signature","claim": "SHA256SUMS is signed by a key that you trust","state": "broken","detail": "SHA256SUMS was not signed by 'trial/statements.pub'; it was signed by a key that nothing names","hint": "If whoever made the image told you this fingerprint, get their statements.pub from them and run: imagebuild verify --trust statements.pub 'out'; or put it into /etc/imagebuild/trust.d for good."},
    {"name": "files","claim": "the folder holds what SHA256SUMS lists, and nothing else","state": "not walked","detail": "it stands on 'sums-signature'"},
$ imagebuild verify --trust nowhere out
imagebuild: error: could not examine what to trust, 'nowhere': No such file or directory
[7]
$ imagebuild verify --trust trial nowhere
imagebuild: error: could not examine 'nowhere': No such file or directory
[7]
# A key that lies in the folder says nothing about it.
$ cp trial/statements.pub out/; imagebuild verify --trust out out
imagebuild: error: 'out/statements.pub' lies in the folder that is to be verified
  hint: Trust must come from somewhere else: a key that came with an image says nothing about it.
[5]
