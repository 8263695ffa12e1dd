# Keys for trying out: what each is for, and that they are only for that.
$ imagebuild keys trial --subject 'a test'
secure-boot   .key .crt  signs the unified kernel image and the boot loader
root-hash     .key .crt  signs the root hash of dm-verity
statements    .key .pub  signs SHA256SUMS and the provenance
platform-key  .key .crt  PK: owns the firmware of a test machine; signs no image
exchange-key  .key .crt  KEK: may change what the firmware of a test machine trusts; signs no image

These keys are for trying out: they lie unprotected in 'trial', readable by you alone.
For production make keys where they cannot be copied, and never commit one.
Whoever is to check your images needs secure-boot.crt, root-hash.crt and statements.pub:
    imagebuild verify --trust trial DIR
$ ls -A trial
.gitignore
exchange-key.crt
exchange-key.key
platform-key.crt
platform-key.key
root-hash.crt
root-hash.key
secure-boot.crt
secure-boot.key
statements.key
statements.pub
$ stat -c '%a %n' trial trial/statements.key trial/statements.pub trial/secure-boot.crt
700 trial
600 trial/statements.key
644 trial/statements.pub
644 trial/secure-boot.crt
$ openssl x509 -in trial/secure-boot.crt -noout -subject -checkend 0
subject=CN = a test secure-boot
Certificate will not expire
$ openssl verify -CAfile trial/root-hash.crt trial/root-hash.crt
trial/root-hash.crt: OK
$ openssl pkey -in trial/statements.key -pubout | cmp - trial/statements.pub
$ openssl pkey -pubin -in trial/statements.pub -noout -text | head -n 1
ED25519 Public-Key:
# Keys are never overwritten, and half a set is not made.
$ imagebuild keys trial
imagebuild: error: 'trial/secure-boot.key' is there already
  hint: Keys are never overwritten: name another folder, or move the old keys away.
[2]
$ mkdir half; touch half/exchange-key.crt; imagebuild keys half; ls half
imagebuild: error: 'half/exchange-key.crt' is there already
  hint: Keys are never overwritten: name another folder, or move the old keys away.
exchange-key.crt
$ imagebuild keys other --json | head -n 3
[
  {
    "name": "secure-boot",
