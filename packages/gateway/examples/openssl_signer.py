"""A signer in another language, as `key: { command: [...] }` of a gateway starts it: Python's own library, and openssl.

    openssl genpkey -algorithm ed25519 -out banka.pem && chmod 600 banka.pem
    python3 openssl_signer.py banka.pem

It speaks base64, a line at a time: first its public key, then a signature for each line of bytes it is given. For an HSM,
have openssl reach it by a provider, and give that to `-inkey`.
"""

import base64
import subprocess
import sys
import tempfile

key = sys.argv[1]


def openssl(*words):
    return subprocess.run(["openssl", *words], check=True, stdout=subprocess.PIPE).stdout


def say(data):
    print(base64.b64encode(data).decode(), flush=True)


# the key itself is the end of its DER form
say(openssl("pkey", "-in", key, "-pubout", "-outform", "DER")[-32:])
for line in sys.stdin:
    # an Ed25519 signature is over all of it at once, so openssl wants a file
    with tempfile.NamedTemporaryFile() as message:
        message.write(base64.b64decode(line))
        message.flush()
        say(openssl("pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", message.name))
