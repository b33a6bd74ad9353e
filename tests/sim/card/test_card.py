"""The virtual card answers command by command as my-number-card.md says a card does."""

from __future__ import annotations

from hashlib import sha256, sha384

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from msgspec.structs import replace

from kiosk.sim.card import JPKI, LICENCE, TEXT, Behaviour, Faults, VirtualCard
from kiosk.sim.card.chip import ISD, Command
from kiosk.sim.card.contents import my_number
from kiosk.sim.card.wire import Pulled
from kiosk.sim.people import CertificateFacts, people
from kiosk.sim.pki import Pki

PEOPLE = people()
SHA256_PREFIX = bytes.fromhex("3031300D060960864801650304020105000420")


class At:
    """A card at a reader, asked in hex."""

    def __init__(self, chip: VirtualCard) -> None:
        self.chip = chip
        chip.power_on()

    def select(self, aid: bytes) -> str:
        return self(f"00A4040C {len(aid):02X}" + aid.hex())[-4:]

    def __call__(self, apdu: str) -> str:
        return self.chip.transmit(bytes.fromhex(apdu)).hex().upper()

    def verify(self, reference: str, pin: str) -> str:
        return self(f"002000{reference}{len(pin):02X}" + pin.encode().hex())


@pytest.fixture
def card(pki: Pki) -> At:
    return At(VirtualCard(PEOPLE["excellent"], pki))


def of(pki: Pki, key: str, **behaviour: int) -> At:
    return At(VirtualCard(PEOPLE[key], pki, behaviour=Behaviour(**behaviour)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("apdu", "lc", "le", "extended"),
    [
        ("00200080", 0, None, False),
        ("00B0000000", 0, 256, False),
        ("00B0000004", 0, 4, False),
        ("00A4020C020001", 2, None, False),
        ("802A00800401020304 00", 4, 256, False),
        ("00B000000000 00", 0, 65536, True),
        ("00B00000000200", 0, 512, True),
        ("002000800000 04 31323334", 4, None, True),
        ("002000800000 04 31323334 0100", 4, 256, True),
    ],
)
def test_every_form_of_a_command_is_understood(apdu: str, lc: int, le: int | None, extended: bool) -> None:
    command = Command.parse(bytes.fromhex(apdu))
    assert command and (len(command.data), command.le, command.extended) == (lc, le, extended)


@pytest.mark.parametrize("apdu", ["", "00A4", "0020008004 313233", "0020008002 31323334", "00B000000001 02030405 06"])
def test_a_command_whose_lengths_disagree_gets_wrong_length(card: At, apdu: str) -> None:
    assert card(apdu) == "6700"


def test_unknown_applications_files_instructions_and_classes_have_their_own_answers(card: At) -> None:
    assert card("00A4040C 05 D392F00026") == "6A82"
    assert card("00B00000 00") == "6986"
    assert card.select(JPKI) == "9000"
    assert card("00A4020C 02 7777") == "6A82"
    assert card("00A4000C 02 0001") == "6A86"
    assert card("00840000 08") == "6D00"
    assert card("80FC0000") == "6700"
    assert card("A0A40000") == "6E00"


def test_asking_for_tries_costs_none_and_a_wrong_pin_costs_one(card: At) -> None:
    card.select(TEXT)
    assert [card("00200091"), card("00200091")] == ["63C3", "63C3"]
    assert card.verify("91", "0000") == "63C2"
    assert card("00200091") == "63C2"
    assert card.verify("91", "1234") == "9000"
    assert card("00200091") == "9000"
    card.chip.power_off()
    card.select(TEXT)
    assert card("00200091") == "63C3"


def test_counters_outlive_power_and_lock_for_good(card: At) -> None:
    for left in (2, 1, 0):
        card.chip.power_on()
        card.select(TEXT)
        assert card.verify("91", "9999") == f"63C{left}"
    card.chip.power_on()
    card.select(TEXT)
    assert card.verify("91", "1234") == "63C0"


@pytest.mark.parametrize("answer", [0x63C0, 0x6983, 0x6984])
def test_a_locked_pin_answers_as_this_kind_of_card_does(pki: Pki, answer: int) -> None:
    card = of(pki, "sign-locked", blocked_as=answer)
    card.select(JPKI)
    assert card("0020009B") == card.verify("9B", "ABC123") == f"{answer:04X}"


def test_what_was_verified_is_forgotten_with_the_power_or_another_application(card: At) -> None:
    def opened() -> bool:
        return card("00B08200 04").endswith("9000")

    for forget in (card.chip.power_on, lambda: card.select(JPKI), lambda: card.select(ISD)):
        card.select(TEXT)
        assert not opened()
        card.verify("91", "1234")
        card.select(TEXT)  # the same application again forgets nothing
        assert opened()
        forget()
    card.select(TEXT)
    assert card("00B08200 04") == "6982"


def test_what_was_verified_stays_verified_over_a_warm_reset(card: At) -> None:
    card.select(TEXT)
    card.verify("91", "1234")
    card.chip.reset()
    card.select(TEXT)
    assert card("00200091") == "9000"


def test_a_certificate_is_the_same_in_one_read_or_in_pieces_and_filler_follows_it(card: At, pki: Pki) -> None:
    der = pki.credential(PEOPLE["excellent"], "auth").certificate
    card.select(JPKI)
    whole = card("00B08A00 000000")
    pieces, offset = "", 0
    while not (answer := card(f"00B0{offset:04X}00")).startswith("6B00"):
        pieces, offset = pieces + answer[:-4], offset + len(answer) // 2 - 2
    assert whole[:-4] == pieces
    assert der and bytes.fromhex(pieces).rstrip(b"\xff") == der.rstrip(b"\xff")


@pytest.mark.parametrize(("reference", "key", "pin"), [("9B", "9A", "ABC123"), ("98", "97", "5678")])
def test_a_signature_pads_what_it_was_given_and_nothing_else(
    card: At, pki: Pki, reference: str, key: str, pin: str
) -> None:
    card.select(JPKI)
    digest_info = SHA256_PREFIX + sha256(b"statement").digest()
    sign = f"802A00{key}33{digest_info.hex()}00"
    assert card(sign) == "6982"
    card.verify(reference, pin)
    signature = bytes.fromhex(card(sign)[:-4])
    der = pki.credential(PEOPLE["excellent"], "sign" if key == "9A" else "auth").certificate
    public = x509.load_der_x509_certificate(der or b"").public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signature, b"statement", padding.PKCS1v15(), hashes.SHA256())
    assert card(f"802A00{key}F6" + "41" * 246 + "00") == "6700"


def test_my_number_has_a_valid_form_and_reading_it_is_noticed(card: At) -> None:
    card.select(TEXT)
    assert card("00B08100 11") == "6982" and not card.chip.my_number_was_read
    card.verify("91", "1234")
    assert card("00B08200 00").endswith("9000") and not card.chip.my_number_was_read
    number = my_number(PEOPLE["excellent"])
    assert card("00B08100 11") == "FF100C" + number.encode().hex() + "FFFF9000"
    assert card.chip.my_number_was_read


def test_numbers_printed_on_the_card_open_what_they_should(card: At) -> None:
    card.select(TEXT)
    number = my_number(PEOPLE["excellent"])
    assert card.verify("94", number) == "9000"
    assert card("00B08100 11").endswith("9000") and card("00B08200 04") == "6982"
    assert card("00200095") == "63CA"


def test_the_text_applications_signature_covers_the_attributes(card: At, pki: Pki) -> None:
    card.select(TEXT)
    card.verify("91", "1234")
    signed = bytes.fromhex(card("00B08300 000000")[:-4])
    content, signature = signed[5:75], signed[-256:]
    attributes = bytes.fromhex(card("00B08200 000000")[:-4])
    fields = attributes[int.from_bytes(attributes[6:8], "big") :].rstrip(b"\xff")
    assert content == b"\xdf\x31\x20" + content[3:35] + b"\xdf\x32\x20" + sha256(fields).digest()
    pki.key("text-signer").public_key().verify(signature, content, padding.PKCS1v15(), hashes.SHA256())
    assert card("00B08400 000000").startswith("7F2182")


def test_the_attributes_offsets_point_at_their_elements(pki: Pki) -> None:
    for key in ("excellent", "substitute"):
        for nonminimal in (False, True):
            card = of(pki, key, nonminimal_lengths=nonminimal)
            card.select(TEXT)
            card.verify("91", "1234")
            data = bytes.fromhex(card("00B08200 000000")[:-4])
            table = data.index(b"\xdf\x21") + (5 if nonminimal else 3)
            offsets = [int.from_bytes(data[table + n : table + n + 2], "big") for n in (0, 2, 4, 6)]
            assert [data[at : at + 2].hex() for at in offsets] == ["df22", "df23", "df24", "df25"]
            assert (b"\xff\x20\x82" in data[:3]) is (nonminimal or key == "substitute")


def test_each_certificates_presence_is_told(pki: Pki) -> None:
    told = {}
    for key in ("excellent", "child", "face"):
        card = of(pki, key)
        card.select(JPKI)
        told[key] = card("00B08800 03")
        assert (card("00A4020C 02 0001") == "9000") is (key == "excellent")
    assert told == {"excellent": "8F8F009000", "child": "008F009000", "face": "008F009000"}


def test_a_pin_never_set_looks_locked_or_absent(pki: Pki) -> None:
    for absent, answer in ((False, "6984"), (True, "6A82")):
        card = of(pki, "face", unset_pin_absent=absent, blocked_as=0x6984)
        card.select(TEXT)
        assert card("00200091") == card.verify("91", "1234") == answer


def test_a_phone_has_a_label_of_its_own_no_text_and_a_guarded_certificate(pki: Pki) -> None:
    phone = At(VirtualCard(PEOPLE["phone"], pki, "phone"))
    assert phone.select(TEXT) == phone.select(LICENCE) == "6A82"
    assert phone.select(JPKI) == "9000"
    assert bytes.fromhex(phone("00B08600 20")[:-4]) == b"JPKIAPGPSETOKEN".ljust(32)
    assert phone("00B08A00 04") == "6982"
    phone.verify("98", "5678")
    assert phone("00B08A00 04").endswith("9000")
    phone.verify("9B", "ABC123")
    card = pki.credential(PEOPLE["phone"], "sign").certificate
    assert card and bytes.fromhex(phone("00B08100 000000"))[: len(card)] != card


def test_the_licence_opens_with_its_pin_or_without_one_with_the_default(pki: Pki) -> None:
    for key, told, pin in (("excellent", "C101019000", "2468"), ("first", "C101009000", "****")):
        card = of(pki, key)
        assert card.select(LICENCE) == "9000"
        assert card("00B09A00 03") == told
        assert card("00200086") == "63CA" and card("00200082") == "6A82"
        assert card("00B09B00 00") == "6982"
        assert card.verify("86", pin) == "9000"
        assert len(card("00B09B00 000000")) // 2 == 5845 + 2
    assert of(pki, "no-licence").select(LICENCE) == "6A82"


def test_a_card_without_extended_length_or_short_identifiers_refuses_them(pki: Pki) -> None:
    card = of(pki, "excellent", extended_length=False, short_file_ids=False)
    card.select(JPKI)
    assert card("00B00000 000000") == "6700"
    assert card("00B08A00 00") == card("0020009B") == "6A86"


def test_a_card_may_refuse_its_first_command_and_a_verify_of_four_bytes(pki: Pki) -> None:
    card = of(pki, "excellent", first_command_6f00=True, verify_case1_6700=True)
    assert card.select(TEXT) == "6F00"
    assert card.select(TEXT) == "9000"
    assert card("00200091") == "6700"
    assert card("00200091 00") == "63C3"


def test_over_t0_lengths_are_negotiated(pki: Pki) -> None:
    card = of(pki, "excellent", t0=True)
    card.select(JPKI)
    assert card("00B08600 00") == "6CA0"
    assert card("00B08600 A0").endswith("9000")
    card.verify("9B", "ABC123")
    assert card("802A009A 33" + SHA256_PREFIX.hex() + "00" * 32 + "00") == "6100"
    assert len(card("00C00000 00")) // 2 == 258
    assert card("00C00000 00") == "6D00"


def test_a_read_past_the_end_may_be_warned_of(pki: Pki) -> None:
    card = of(pki, "excellent", end_of_file_6282=True)
    card.select(JPKI)
    assert card("00B08600 00").endswith("6282") and card("00B08600 A0").endswith("9000")


def test_a_fault_strikes_at_its_command_once(pki: Pki) -> None:
    card = At(VirtualCard(PEOPLE["excellent"], pki, faults=Faults(silent_at=2, answers={3: b"\x6f"}, pull_at=4)))
    assert card.select(TEXT) == "9000"
    assert card("00200091") == "" and card("00200091") == "6F"
    with pytest.raises(Pulled):
        card("00200091")
    assert card("00200091") == "63C3"
    card.chip.inflict(Faults(silent_at=1))
    assert card("00200091") == ""


def verified(faults: Faults, pki: Pki, behaviour: Behaviour | None = None, who: str = "excellent") -> At:
    """A card whose text PIN has been taken by its second command."""
    card = At(VirtualCard(PEOPLE[who], pki, behaviour=behaviour, faults=faults))
    assert card.select(TEXT) == "9000" and card.verify("91", "1234") == "9000"
    return card


def test_a_card_that_loses_power_knows_nothing_more_and_says_so_only_by_refusing(pki: Pki) -> None:
    assert verified(Faults(reset_at=3), pki)("00B08200 00") == "6A82"
    card = verified(Faults(reset_at=3), pki)
    assert card("00B00000 00") == "6986" and card("00A4020C020002") == "6A82" and card("00200091") == "6A82"
    assert card.select(TEXT) == "9000" and card("00200091") == "63C3"
    bare = verified(Faults(reset_at=3), pki, Behaviour(bare_as=0x6D00))
    assert bare("00B08200 00") == bare("00200091") == "6D00" and bare.select(TEXT) == "9000"


def test_a_warm_reset_leaves_the_pin_verified_and_forgetting_leaves_the_application_selected(pki: Pki) -> None:
    warm, forgetful = verified(Faults(warm_reset_at=3), pki), verified(Faults(forget_at=3), pki)
    assert warm("00B08200 00") == "6A82" and warm.select(TEXT) == warm("00200091") == "9000"
    assert forgetful("00B08200 00") == "6982" and forgetful("00200091") == "63C3"


@pytest.mark.parametrize("word", ["6200", "6281", "6300"])
def test_data_may_come_with_a_warning(pki: Pki, word: str) -> None:
    card = verified(Faults(), pki, Behaviour(read_as=int(word, 16)))
    read = card("00B08200 00")
    assert read.startswith("FF20") and read.endswith(word)
    assert card("00B07F00 00") == "6B00", "without data there is nothing to warn of"


def test_one_attribute_can_be_spoilt_alone(pki: Pki) -> None:
    def attributes(faults: Faults) -> str:
        return verified(faults, pki)("00B08200 000000")

    assert "DF2300DF2408" in attributes(Faults(empty_field="address"))
    assert "DF23" not in attributes(Faults(missing_field="address"))
    assert "DF23021BFFDF2408" in attributes(Faults(malformed_field="address"))


@pytest.mark.parametrize("der", [False, True])
def test_a_key_on_a_curve_signs_a_bare_digest_of_its_size(pki: Pki, der: bool) -> None:
    card = At(VirtualCard(PEOPLE["next"], pki, behaviour=Behaviour(ecdsa_der=der)))
    card.select(JPKI)
    card.verify("9B", "ABC123")
    assert card("802A009A 33" + SHA256_PREFIX.hex() + "00" * 32 + "00") == "6700"
    assert card("802A009A 20" + "00" * 32 + "00") == "6700"
    signature = bytes.fromhex(card("802A009A 30" + sha384(b"content").hexdigest() + "00").removesuffix("9000"))
    if not der:
        assert len(signature) == 96
        signature = encode_dss_signature(*(int.from_bytes(half, "big") for half in (signature[:48], signature[48:])))
    public = x509.load_der_x509_certificate(pki.credential(PEOPLE["next"], "sign").certificate or b"").public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, b"content", ec.ECDSA(hashes.SHA384()))


def test_a_signature_longer_than_a_short_answer_is_fetched(pki: Pki) -> None:
    person = replace(PEOPLE["next"], certificate=CertificateFacts(key="rsa3072"))
    card = At(VirtualCard(person, pki))
    card.select(JPKI)
    card.verify("9B", "ABC123")
    to_sign = SHA256_PREFIX.hex() + "00" * 32
    assert card(f"802A009A 33 {to_sign} 00") == "6100"
    assert len(card("00C00000 00")) // 2 == 256 + 2 and card.chip.trace[-1].sw == 0x6180
    assert len(card("00C00000 80")) // 2 == 128 + 2 and card.chip.trace[-1].sw == 0x9000
    assert len(card(f"802A009A 000033 {to_sign} 0180")) // 2 == 384 + 2


def test_contents_can_be_spoilt_in_each_way(pki: Pki) -> None:
    def attributes(faults: Faults) -> str:
        card = At(VirtualCard(PEOPLE["excellent"], pki, faults=faults))
        card.select(TEXT)
        card.verify("91", "1234")
        return card("00B08200 000000")[:-4]

    sound = attributes(Faults())
    assert attributes(Faults(garbage=True)) != sound
    assert "DF2200DF2300DF2400DF2500" in attributes(Faults(zero_length_fields=True))
    assert PEOPLE["excellent"].name.encode("cp932").hex().upper() in attributes(Faults(wrong_charset=True))
    assert len(attributes(Faults(endless_filler=True))) // 2 == 0x8000
    card = At(VirtualCard(PEOPLE["excellent"], pki, faults=Faults(truncated_certificate=True)))
    card.select(JPKI)
    assert len(card("00B08A00 000000")) // 2 < 800
    assert VirtualCard(PEOPLE["excellent"], pki, faults=Faults(mute=True)).atr == b""


def test_the_trace_counts_and_holds_no_data(card: At) -> None:
    card.select(TEXT)
    card.verify("91", "1234")
    verify = card.chip.trace[-1]
    assert (verify.ins, verify.p2, verify.lc, verify.sw, verify.sent, verify.received) == (0x20, 0x91, 4, 0x9000, 9, 2)
    assert not any(isinstance(value, bytes | str) for value in vars(verify).values())


def test_nothing_secret_shows_when_a_card_is_printed_by_accident(card: At) -> None:
    shown = repr(vars(card.chip))
    for secret in ("1234", "ABC123", "5678", "2468", PEOPLE["excellent"].name, my_number(PEOPLE["excellent"])):
        assert secret not in shown and secret.encode().hex() not in shown
