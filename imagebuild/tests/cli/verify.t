# Nothing is believed that nobody chose to believe.
$ mkdir out && echo x >out/SHA256SUMS && echo y >out/SHA256SUMS.sig
$ HOME=$PWD XDG_CONFIG_HOME=$PWD imagebuild verify out 2>&1 | tail -n 2 | cut -c 1-66
broken  sums-signature        SHA256SUMS is signed by a key that y
not walked, since they stand on what is broken: files, digests, pr
$ imagebuild keys trial >/dev/null; imagebuild verify --trust trial out >/dev/null
imagebuild: error: 'out' is not what it says to be: link 'sums-signature' is broken: SHA256SUMS carries no signature that fits it and 'trial/statements.pub': it was changed after it was signed, or it was signed with another key
  hint: Get the folder anew if it may have changed on the way. If whoever made the image says that they have another key, get their statements.pub from them and run: imagebuild verify --trust statements.pub 'out'; or put it into /etc/imagebuild/trust.d for good.
[5]
$ imagebuild verify --trust trial --json out 2>/dev/null | head -n 6
{
  "folder": "out",
  "verified": false,
  "links": [
    {"name": "sums-signature","claim": "SHA256SUMS is signed by a key that you trust","state": "broken","detail": "SHA256SUMS carries no signature that fits it and 'trial/statements.pub': it was changed after it was signed, or it was signed with another key","hint": "Get the folder anew if it may have changed on the way. If whoever made the image says that they have another key, get their statements.pub from them and run: imagebuild verify --trust statements.pub 'out'; or put it into /etc/imagebuild/trust.d for good."},
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
# What a folder holds is opened only where it is a file: nobody writes to this pipe.
$ mkdir pipe && mkfifo pipe/SHA256SUMS && timeout 20 imagebuild verify --trust trial pipe >/dev/null
imagebuild: error: 'pipe' is not what it says to be: link 'sums-signature' is broken: 'SHA256SUMS' is not a regular file
[5]
$ mkdir pipe2 && cp out/SHA256SUMS pipe2/ && mkfifo pipe2/SHA256SUMS.sig && timeout 20 imagebuild verify --trust trial pipe2 >/dev/null
imagebuild: error: 'pipe2' is not what it says to be: link 'sums-signature' is broken: 'SHA256SUMS.sig' is not a regular file
[5]
# Names of files move no cursor and make no lines: not in the table, not in messages.
$ mkdir names && echo '{}' >names/a.manifest.json && (cd names && sha256sum a.manifest.json >SHA256SUMS) && touch "$(printf 'names/x\033[2K\n\302\233holds')"
$ openssl pkeyutl -sign -rawin -inkey trial/statements.key -in names/SHA256SUMS -out names/SHA256SUMS.sig
$ imagebuild verify --trust trial names 2>&1 | grep -v '^not walked'
imagebuild: error: 'names' is not what it says to be: link 'files' is broken: 'x\u{1b}[2K\u{a}\u{9b}holds' is in the folder, but not in SHA256SUMS
holds   sums-signature        SHA256SUMS is signed by a key that you trust (by 'trial/statements.pub')
broken  files                 the folder holds what SHA256SUMS lists, and nothing else ('x\u{1b}[2K\u{a}\u{9b}holds' is in the folder, but not in SHA256SUMS)
# Names of folders, too, as those who run it give them.
$ imagebuild verify --trust trial "$(printf 'no\033[31m\nimagebuild: error: where')"
imagebuild: error: could not examine 'no\u{1b}[31m\u{a}imagebuild: error: where': No such file or directory
[7]
# What was not released is absent, and no lie; whoever needs it demands it.
$ rm names/x*; imagebuild verify --quiet --trust trial names
$ imagebuild verify --trust trial --require files,verity --require manifest names 2>&1 | grep -e broken -e manifest
imagebuild: error: 'names' is not what it says to be: link 'verity' is broken: it is required, but no root hash was released
broken  verity                every block of the root image is the one that the root hash stands for (it is required, but no root hash was released)
holds   manifest              the manifest speaks of these files and of this root hash (0 files)
$ imagebuild verify --quiet --trust trial --require verity,lock names >/dev/null
imagebuild: error: 'names' is not what it says to be: link 'lock' is broken: it is required, but no lock was released
[5]
$ imagebuild verify --trust trial --require all --json names 2>/dev/null | grep -o '"name": "[a-z-]*",.*"state": "absent"' | cut -d '"' -f 4
error-correction
tar
$ imagebuild verify --trust trial --require verty names
imagebuild: error: there is no link 'verty' to be required
  hint: Did you mean 'verity'?
[2]
# A root hash without a signature is refused where somebody is trusted to sign it.
$ mkdir hash && printf '%064d' 7 >hash/a.roothash && echo '{"image": {"rootHash": "'"$(cat hash/a.roothash)"'"}, "outputs": [{"name": "a.roothash", "sha256": "'"$(sha256sum <hash/a.roothash | cut -c 1-64)"'"}]}' >hash/a.manifest.json
$ (cd hash && sha256sum a.manifest.json a.roothash >SHA256SUMS) && openssl pkeyutl -sign -rawin -inkey trial/statements.key -in hash/SHA256SUMS -out hash/SHA256SUMS.sig
$ imagebuild verify --quiet --trust trial hash >/dev/null
imagebuild: error: 'hash' is not what it says to be: link 'root-hash-signature' is broken: 'a.roothash' was released without a signature, and 'trial/root-hash.crt' is trusted to sign it
  hint: Where root hashes are not signed, trust no certificate for them.
[5]
$ imagebuild verify --quiet --trust trial/statements.pub hash 2>/dev/null | grep -o "^.*root-hash-signature"
absent  root-hash-signature
