"""Verifies a client assertion as an identity provider does, by PyJWT.

Standard input: {"assertion": the JWT, "certificate": PEM, "audience": whom it is for}. Standard
output: {"header", "claims", "thumbprint": base64url of the certificate's SHA-256}. Ends with an
error where the signature, the audience or the time of the assertion is wrong.
"""

import base64
import json
import sys

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes

CLAIMS = ["aud", "iss", "sub", "jti", "nbf", "iat", "exp"]

asked = json.load(sys.stdin)
certificate = x509.load_pem_x509_certificate(asked["certificate"].encode())
claims = jwt.decode(
    asked["assertion"],
    certificate.public_key(),
    algorithms=["PS256", "RS256"],
    audience=asked["audience"],
    options={"require": CLAIMS},
)
thumbprint = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).rstrip(b"=")
json.dump(
    {
        "header": jwt.get_unverified_header(asked["assertion"]),
        "claims": claims,
        "thumbprint": thumbprint.decode(),
    },
    sys.stdout,
)
