"""The harness's own codes against the vectors of RFC 6238, appendix B, and RFC 4226, appendix D."""

import base64

import pytest

from totp import Authenticator, Token, totp

SEEDS = {
    "sha1": b"12345678901234567890",
    "sha256": b"12345678901234567890123456789012",
    "sha512": b"1234567890123456789012345678901234567890123456789012345678901234",
}


@pytest.mark.parametrize(
    ("at", "algorithm", "code"),
    [
        (59, "sha1", "94287082"),
        (59, "sha256", "46119246"),
        (59, "sha512", "90693936"),
        (1111111109, "sha1", "07081804"),
        (1111111111, "sha256", "67062674"),
        (1234567890, "sha512", "93441116"),
        (2000000000, "sha1", "69279037"),
        (20000000000, "sha1", "65353130"),
        (20000000000, "sha512", "47863826"),
    ],
)
def test_vectors_of_the_standard(at, algorithm, code):
    seed = base64.b32encode(SEEDS[algorithm]).decode().rstrip("=").lower()
    assert totp(seed, at, digits=8, algorithm=algorithm) == code


def test_an_authenticator_never_repeats_itself():
    phone = Authenticator("JBSWY3DPEHPK3PXP")
    codes = {phone.code(), phone.code()}
    assert len(codes) == 2 and phone.wrong_code() not in codes


def test_a_token_shows_the_vectors_of_its_standard():
    token = Token(base64.b32encode(SEEDS["sha1"]).decode())
    assert [token.press() for _ in range(4)] == ["755224", "287082", "359152", "969429"]
