"""X-Twilio-Signature: base64 of HMAC-SHA1 over the address and the sorted parameters, keyed with the auth token."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping


def sign(url: str, form: Mapping[str, str], token: str) -> str:
    """The signature of a form post to exactly this address (its fragment left out)."""
    signed = url.partition("#")[0] + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()
