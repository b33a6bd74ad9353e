"""What stands in the files of a My Number Card, byte by byte, for an invented person.

One function per object, in the order of my-number-card.md §2; `Behaviour` and `Faults` say how it is spoilt.
"""

from __future__ import annotations

from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from kiosk.sim.card.chip import Faults
from kiosk.sim.people import Licence, Person
from kiosk.sim.pki import era_date


def tlv(tag: str, value: bytes, nonminimal: bool = False) -> bytes:
    """Tag, length, value. The length in its shortest form, or as `82 hh ll` as newer cards write every one."""
    length = len(value)
    if length > 0xFF or nonminimal:
        header = b"\x82" + length.to_bytes(2, "big")
    elif length > 0x7F:
        header = b"\x81" + bytes((length,))
    else:
        header = bytes((length,))
    return bytes.fromhex(tag) + header + value


# -- text application (券面事項入力補助) -------------------------------------------------------------------------------


def my_number(person: Person) -> str:
    """Twelve digits of a valid form that belong to nobody: eleven drawn from the key, and the check digit."""
    digits = f"{int.from_bytes(sha256(person.key.encode()).digest()[:8], 'big') % 10**11:011d}"
    weighed = sum(int(digit) * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(digits), 1))
    remainder = weighed % 11
    return digits + str(0 if remainder <= 1 else 11 - remainder)


def my_number_object(person: Person) -> bytes:
    return tlv("FF10", my_number(person).encode()) + b"\xff\xff"


ATTRIBUTES = {"name": "DF22", "address": "DF23", "birth_date": "DF24", "sex": "DF25"}


def attribute_fields(person: Person, nonminimal: bool, faults: Faults) -> list[bytes]:
    encoding = "cp932" if faults.wrong_charset else "utf-8"
    values = {
        "name": person.name.encode(encoding, "replace"),
        "address": person.address.encode(encoding, "replace"),
        "birth_date": person.birth_date.encode(),
        "sex": str(person.sex).encode(),
    }
    for name in values:
        if faults.zero_length_fields or name == faults.empty_field:
            values[name] = b""
        elif name == faults.malformed_field:
            values[name] = b"\x1b\xff"
    return [tlv(ATTRIBUTES[name], value, nonminimal) for name, value in values.items() if name != faults.missing_field]


def attributes_object(fields: list[bytes], nonminimal: bool) -> bytes:
    """The four attributes behind a table of their offsets from the start of the file.

    The length of the outer header depends on what it holds, and the offsets on the header, so it is laid out twice.
    """
    outer = b""
    for _ in range(2):
        offsets, position = (
            b"",
            len(tlv("FF20", outer, nonminimal)) - len(outer) + len(tlv("DF21", bytes(2 * len(fields)), nonminimal)),
        )
        for field in fields:
            offsets += position.to_bytes(2, "big")
            position += len(field)
        outer = tlv("DF21", offsets, nonminimal) + b"".join(fields)
    return tlv("FF20", outer, nonminimal)


def text_signature_object(number: bytes, fields: list[bytes], key: rsa.RSAPrivateKey) -> bytes:
    signed = tlv("DF31", sha256(number).digest()) + tlv("DF32", sha256(b"".join(fields)).digest())
    return tlv("FF30", signed + tlv("DF33", key.sign(signed, padding.PKCS1v15(), hashes.SHA256())))


def card_verifiable_certificate(key: rsa.RSAPublicKey, issuer: rsa.RSAPrivateKey) -> bytes:
    numbers = key.public_numbers()
    public = tlv("90", numbers.e.to_bytes(3, "big")) + tlv("91", numbers.n.to_bytes(256, "big"))
    body = b"TEST-CV-ISSUER-1" + b"TEST-TEXT-SIGNER" + public
    return tlv("7F21", tlv("5F4E", body) + tlv("5F37", issuer.sign(body, padding.PKCS1v15(), hashes.SHA256())))


def number_b(person: Person) -> str:
    """照合番号B: birth date with the year of its era (00 without one), the card's year of expiry, its security code."""
    year = int(person.birth_date[:4])
    start = {"1": 1868, "2": 1912, "3": 1926, "4": 1989, "5": 2019}.get(era_date(person.birth_date)[0], year + 1)
    return f"{year - start + 1:02d}{person.birth_date[4:]}" + "2035" + my_number(person)[:4]


# -- JPKI application ------------------------------------------------------------------------------------------------


def token_info(label: str) -> bytes:
    """A serialised CK_TOKEN_INFO of 160 bytes; only the label is known from more than one source."""

    def padded(text: str, size: int) -> bytes:
        return text.encode().ljust(size)

    flags_to_free_memory = [0x40D, 1, 0, 1, 0, 16, 6] + [0xFFFFFFFF] * 4
    return (
        padded(label, 32)
        + padded("Virtual My Number Card", 32)
        + padded("test", 16)
        + padded("", 16)
        + b"".join(number.to_bytes(4, "big") for number in flags_to_free_memory)
        + bytes((1, 0, 1, 0))
        + padded("", 16)
    )


def availability(sign: bool, auth: bool) -> bytes:
    return bytes((0x8F * sign, 0x8F * auth, 0))


# -- licence application (マイナ免許証) --------------------------------------------------------------------------------
# Every tag is one byte, also DF and FF (§2.5). How tags from 100 on are written is not known; the photograph, which
# is one of them, is left out, and the signature's are written as the one guess there is.

CLASSES = {
    name: f"{0xEC + n:02X}"
    for n, name in enumerate(
        [
            "大型",
            "普通",
            "大特",
            "大自二",
            "普自二",
            "小特",
            "原付",
            "け引",
            "大二",
            "普二",
            "大特二",
            "け引二",
            "中型",
            "中二",
            "準中型",
        ]
    )
}


def jis(text: str, characters: int) -> bytes:
    """Two bytes per character, row and cell of JIS X 0208, filled up with the wide space."""
    return bytes(byte & 0x7F for byte in text.ljust(characters, "　").encode("euc_jp"))


def licence_information(licence: Licence) -> bytes:
    """What the police write on the card. It holds no name, address or birth date."""
    expires = f"5{licence.expires.year - 2018:02d}{licence.expires:%m%d}"  # 5: 令和
    parts = [tlv("C2", b""), tlv("C3", b""), tlv("C4", jis(licence.colour, 3)), tlv("C5", expires.encode())]
    parts += [tlv(f"{0xC6 + n:02X}", jis(condition, 40)) for n, condition in enumerate(licence.conditions[:4])]
    parts.append(tlv("E7", licence.number.encode()))
    parts += [tlv(tag, b"1" if name in licence.classes else b"0") for name, tag in CLASSES.items()]
    return b"".join(parts)


def licence_signature(information: bytes, key: rsa.RSAPrivateKey) -> bytes:
    return (
        tlv("DF08", key.sign(information, padding.PKCS1v15(), hashes.SHA256()))
        + tlv("DF09", bytes(15) + b"\x01")
        + tlv("DF0B", b"Virtual My Number Card".ljust(80))
        + tlv("DF0C", b"Virtual licence signer".ljust(130))
    )
