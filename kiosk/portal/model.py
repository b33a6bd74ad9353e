"""What goes over the wire to the portal and back, as types: the same shapes as the schemas of `openapi.yaml`.

Everything that comes from the portal is checked here once, by msgspec while it decodes: types, lengths, patterns.
Patterns end in \\Z, since $ would let a line feed through. Unknown members are ignored, so that a portal may add some.
Whatever says something about a person stays out of every repr.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from enum import Enum
from typing import Annotated, ClassVar, Final, Literal, NewType

import msgspec
from msgspec import Meta

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Moment = Annotated[datetime, Meta(tz=True)]
# What may stand on paper, told apart from every other text and moment by its type (receipts/slips.py).
Reference = NewType("Reference", str)
LinkedAt = NewType("LinkedAt", datetime)
ReleasedAt = NewType("ReleasedAt", datetime)
OpensAt = NewType("OpensAt", datetime)
Sex = Literal["male", "female", "unknown"]


class Private(msgspec.Struct, frozen=True):
    """Something about a person: its repr says what it is, never what is in it."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Purpose(Enum):
    """What a request is signed for. From this one word come its path, its statement and its name on record."""

    LINKING = "linking"
    RELEASE = "release"  # of a link


class Offer(Enum):
    """What a portal may do beyond linking (openapi.yaml, "What a portal may leave out")."""

    RELEASE = "release"  # a link can be released here
    LINKED_LICENCE = "linked_licence"  # whoever is linked already is shown their licence


class Status(Private, frozen=True, omit_defaults=True):
    """The portal links people now. When it does not it answers the problem `closed`."""

    status: Literal["open"]
    offers: Annotated[tuple[Annotated[str, Meta(pattern=r"^[a-z_]{1,32}\Z")], ...], Meta(max_length=32)] = ()

    @property
    def known(self) -> frozenset[Offer]:
        """Those of the offers that this kiosk knows."""
        return frozenset(each for each in Offer if each.value in self.offers)


class Refusal(Enum):
    """Why the portal did not do it. Each has a page of its own at the kiosk, and a problem type in the contract."""

    ALREADY_LINKED = "already_linked"
    NO_LICENCE = "no_licence"  # no マイナ免許証 is recorded for this person
    ATTRIBUTES_DIFFER = "attributes_differ"  # card face data and certificate disagree: moved, renamed
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_REVOKED = "certificate_revoked"
    CERTIFICATE_UNKNOWN = "certificate_unknown"  # issued by nobody the portal trusts
    RELEASE_FIRST = "release_first"  # licence lapsed and re-obtained: the earlier link must be released
    TERMS_CHANGED = "terms_changed"  # other terms are in force than those agreed to
    EXPIRED = "expired"  # this linking timed out, or the portal no longer knows it
    SIGNATURE_INVALID = "signature_invalid"
    NOT_LINKED = "not_linked"  # there is no link to release
    RELEASE_NOT_HERE = "release_not_here"  # the link is in force, and this portal releases none such


# What the portal may not answer to each.
FOREIGN: Final = {
    Purpose.LINKING: frozenset({Refusal.NOT_LINKED, Refusal.RELEASE_NOT_HERE}),
    Purpose.RELEASE: frozenset({Refusal.ALREADY_LINKED, Refusal.RELEASE_FIRST, Refusal.NO_LICENCE}),
}


class Applicant(Private, frozen=True, forbid_unknown_fields=True):
    """The four attributes of アカウント登録用情報 (manual.txt, step 7), as the card gives them."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    address: Annotated[str, Meta(min_length=1, max_length=400)]
    birth_date: Annotated[str, Meta(pattern=r"^[0-9]{8}\Z")]  # YYYYMMDD, an unknown part 00
    sex: Sex


class Terms(msgspec.Struct, frozen=True):
    """The terms of use in force (利用規約): plain text. `sha256` is over `text` in UTF-8, and must fit."""

    version: Annotated[str, Meta(pattern=r"^[0-9A-Za-z._-]{1,32}\Z")]
    sha256: Sha256
    text: Annotated[str, Meta(min_length=1, max_length=60_000)]

    def __post_init__(self) -> None:
        if hashlib.sha256(self.text.encode()).hexdigest() != self.sha256:
            raise ValueError("the digest is not that of the text")
        if any(character < " " and character != "\n" for character in self.text):
            raise ValueError("control characters in the text")


class Request(Private, frozen=True):
    """What is begun at the portal, to be agreed to and signed. It ends by itself at `expires`, and what was held of the
    applicant with it."""

    purpose: ClassVar[Purpose]
    id: Annotated[str, Meta(pattern=r"^[0-9A-Za-z_-]{16,64}\Z")]
    nonce: Annotated[str, Meta(pattern=r"^[0-9A-Za-z_-]{22,86}\Z")]
    terms: Terms
    expires: Moment


class Linking(Request, frozen=True):
    """The request to link a licence."""

    purpose: ClassVar[Purpose] = Purpose.LINKING


class Release(Request, frozen=True):
    """The request to release a link. scope: only that of a lapsed licence; or, when there is none, the one in force."""

    purpose: ClassVar[Purpose] = Purpose.RELEASE
    scope: Literal["lapsed", "any"]


class Held(Private, frozen=True):
    """It is held. `phone_certificate`: a スマホ用署名用電子証明書 is registered, step 9′."""

    phone_certificate: bool


class Licence(Private, frozen=True):
    """What the licence page shows after linking (leaflet.txt).

    online_lecture: オンライン更新時講習 is open to this person (優良・一般 only, within the renewal period).
    one_stop_address: the one-stop change of address is open (マイナ免許証のみ only).
    """

    colour: Literal["gold", "blue", "green"]
    category: Literal["excellent", "general", "violation", "first"]  # 優良 一般 違反 初回
    expires: date
    renewal_from: date
    renewal_until: date
    holding: Literal["card_only", "card_and_licence"]  # マイナ免許証のみ / マイナ免許証と運転免許証
    online_lecture: bool
    one_stop_address: bool


class Linked(Private, frozen=True):
    """The portal has linked. `reference` is what the person can quote afterwards; it identifies nobody by itself."""

    reference: Annotated[Reference, Meta(pattern=r"^[0-9A-Z-]{4,32}\Z")]
    linked_at: Annotated[LinkedAt, Meta(tz=True)]
    licence: Licence


class Released(Private, frozen=True):
    """The portal has released a link. lapsed: of a former licence; else the one that was in force."""

    reference: Annotated[Reference, Meta(pattern=r"^[0-9A-Z-]{4,32}\Z")]
    released_at: Annotated[ReleasedAt, Meta(tz=True)]
    lapsed: bool


class State(Enum):
    """Where a request stands. The last four are ends; nothing leads out of an end."""

    BEGUN = "begun"
    HELD = "held"
    COMPLETED = "completed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class RequestState(Private, frozen=True, omit_defaults=True):
    """The answer to "how does it stand?": what was done comes with COMPLETED, `refusal` with REFUSED, else neither.
    Of one purpose: a LinkingState or a ReleaseState."""

    purpose: ClassVar[Purpose]
    state: State
    applicant_data: Literal["none", "held", "erased"]
    erased_at: Moment | None = None
    refusal: Refusal | None = None

    @property
    def done(self) -> Linked | Released | None:
        """What was done when it was completed."""
        raise NotImplementedError

    def __post_init__(self) -> None:
        if (self.done is not None) != (self.state is State.COMPLETED):
            raise ValueError("what was done comes with completed, and only with it")
        if (self.refusal is not None) != (self.state is State.REFUSED):
            raise ValueError("refusal comes with refused, and only with it")
        if self.refusal in FOREIGN[self.purpose]:
            raise ValueError("the refusal is not one of this purpose")


class LinkingState(RequestState, frozen=True, omit_defaults=True):
    """licence: what a person who is linked already has; it may come with that refusal."""

    purpose: ClassVar[Purpose] = Purpose.LINKING
    linked: Linked | None = None
    licence: Licence | None = None

    @property
    def done(self) -> Linked | None:
        return self.linked

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.licence is not None and self.refusal is not Refusal.ALREADY_LINKED:
            raise ValueError("the licence comes with already_linked, and only with it")


class ReleaseState(RequestState, frozen=True, omit_defaults=True):
    purpose: ClassVar[Purpose] = Purpose.RELEASE
    released: Released | None = None

    @property
    def done(self) -> Released | None:
        return self.released
