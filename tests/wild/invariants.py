"""What holds after every visit, whatever it was about. Each function names what is wrong, and nothing when it holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby, pairwise
from operator import itemgetter

from kiosk.card.licence import DEFAULT_PIN
from kiosk.portal.model import State
from tests.stage import words_about
from tests.wild.faults import BESIDE
from tests.wild.ground import ATTRACT_SECONDS, Ground
from tests.wild.keeper import PASSCODE, WRONG
from tests.wild.told import ENDS, LINKED, PERHAPS, PERHAPS_RELEASED, RELEASED, told
from tests.wild.visit import Visit
from tests.wild.walker import Seen

AT_THE_DOOR = {"staff_entrance", "staff_shut", "staff_card", "staff_card_pin", "staff_card_last", "staff_busy"}
SPARE = 2  # descriptors of the arbiter that may come and go
Invariant = Callable[[Ground, Seen], Iterator[str]]


def attract_again(ground: Ground, seen: Seen) -> Iterator[str]:
    shut = "kiosk closed" in seen.visit.strikes.values() or seen.visit.goal.startswith("closes")
    if seen.next_name not in ({"attract", "closed"} if shut else {"attract"}) or seen.seconds >= ATTRACT_SECONDS:
        yield f"after {seen.seconds:.1f} s there is {seen.next_name or 'nothing'}"


def no_exception(ground: Ground, seen: Seen) -> Iterator[str]:
    bad = ("session ends: problem", "Traceback", "ERROR kiosk", "CRITICAL")
    yield from (line for line in seen.log if any(word in line for word in bad))


def nothing_left_open(ground: Ground, seen: Seen) -> Iterator[str]:
    if not seen.settled:
        yield f"the portal's linkings are {[state.value for state in seen.states]}, on record {len(ground.record())}"


def pin_to_its_card_only(ground: Ground, seen: Seen) -> Iterator[str]:
    """Each to the card for which it was typed, which looks at it once at most. What stands for a licence PIN that was
    never set is nobody's, and is sent where the card says that it has none."""
    for card in ground.cards.values():
        typed = Counter(pin for inside, pin in seen.typed if inside is card)
        nobodys = () if card.person.pins.licence else (DEFAULT_PIN.decode(),)
        heard = [(pin, looked) for pin, looked in getattr(card, "heard", ()) if pin not in nobodys]
        looked = Counter(pin for pin, looked in heard if looked)
        if not {pin for pin, _ in heard} <= set(typed):
            yield f"{card.person.key}'s {card.device} was sent a PIN that was not typed for it"
        if looked - typed:
            yield f"{card.person.key}'s {card.device} has looked at a PIN more often than it was typed"


def tries_by_wrong_pins(ground: Ground, seen: Seen) -> Iterator[str]:
    for card in ground.cards.values():
        secrets = {pin.secret.decode("latin-1") for pin in card.pins.values()}
        wrong = sum(inside is card and pin not in secrets for inside, pin in seen.typed)
        full = type(card)(card.person, ground.pki, card.device, card.behaviour)
        lost = sum(
            full.pins[name].left - pin.left for name, pin in card.pins.items() if pin.left < full.pins[name].left
        )
        if lost > wrong:
            yield f"{card.person.key}'s {card.device} has lost {lost} tries, and {wrong} wrong PINs were typed"


def linked_only_when_so(ground: Ground, seen: Seen) -> Iterator[str]:
    """And never "not linked" when it is."""
    is_linked = State.COMPLETED in seen.states
    ends = [tell for tell in seen.tells if tell in ENDS - RELEASED]
    if "linked" in ends and not is_linked:
        yield "“linked” was told, and the portal knows nothing of it"
    if is_linked and ends and ends[-1] not in LINKED | PERHAPS:
        yield f"the portal has linked, and “{ends[-1]}” was told"


def released_only_when_so(ground: Ground, seen: Seen) -> Iterator[str]:
    """And never another end alone when it is."""
    is_released = State.COMPLETED in seen.releases
    ends = [tell for tell in seen.tells if tell in ENDS]
    if RELEASED & set(ends) and not is_released:
        yield "“released” was told, and the portal knows nothing of it"
    if is_released and ends and not (RELEASED | PERHAPS_RELEASED) & set(ends):
        yield f"the portal has released, and “{ends[-1]}” was told"


def printed_only_when_so(ground: Ground, seen: Seen) -> Iterator[str]:
    """And never "no paper" when there was nothing else and paper has come out."""
    if "printed" in seen.tells and not seen.slips:
        yield "“printed” was told, and no slip has come out"
    if "no paper" in seen.tells and not {"printed", "some paper"} & set(seen.tells) and seen.slips:
        yield "“no paper” was told, and a slip has come out"


def nobody_in_the_log(ground: Ground, seen: Seen) -> Iterator[str]:
    words = {word for who in ground.people.values() for word in words_about(who)}
    pins = {pin for _, pin in seen.typed if len(pin) > 4}  # four digits stand in a log by chance
    for line in seen.log:
        if any(word in re.sub(r"pid:\d+", "", line) for word in words | pins):
            yield "a line of the log says something about somebody"


def one_worker(ground: Ground, seen: Seen) -> Iterator[str]:
    if seen.workers != 1:
        yield f"{seen.workers} workers"


def no_growth(ground: Ground, seen: Seen) -> Iterator[str]:
    now = ground.size
    first = ground.sizes.setdefault(ground.arbiter, now)
    if now[0] > first[0] + SPARE or now[1] > first[1]:
        yield f"{first} descriptors and files have become {now}"


def nothing_of_the_last_picture(ground: Ground, seen: Seen) -> Iterator[str]:
    about = words_about(ground.people[seen.visit.who])
    if any(word in seen.next_html for word in about) or told(seen.next_html) & ENDS:
        yield "the next person sees something of the last"


def nobody_beside_anothers_card(ground: Ground, seen: Seen) -> Iterator[str]:
    """What was read of a card is not brought back by another. The page that was on its way when they were changed may
    come with the other in, and goes."""
    own = ground.people[seen.visit.who]
    words = (own.address, *own.name.split("　"))
    for whose, pages in groupby(seen.beside, key=itemgetter(0)):
        shown = [all(word in html for word in words) for _, html in pages]
        if whose != own.key and (False, True) in pairwise(shown):
            yield "data of the one before come back while another's card is in"


def my_number_is_not_read(ground: Ground, seen: Seen) -> Iterator[str]:
    yield from (f"of {card.person.key}" for card in ground.cards.values() if card.my_number_was_read)


def printer_understands(ground: Ground, seen: Seen) -> Iterator[str]:
    if not seen.visit.printer and not seen.visit.strikes:
        yield from ground.printer.faults


def in_only_by_the_right_passcode(ground: Ground, seen: Seen) -> Iterator[str]:
    inside = {name for name, _ in seen.screens if name.startswith("staff_")} - AT_THE_DOOR
    if inside and PASSCODE not in seen.passcodes:
        yield f"{', '.join(sorted(inside))} came up without a right passcode"


def served_to_the_end(ground: Ground, seen: Seen) -> Iterator[str]:
    """Whatever becomes of the caretaker, and whatever the staff do, once somebody has begun."""
    struck = {place: strike for place, strike in seen.visit.strikes.items() if place != "home"}
    plain = Visit(seed=seen.visit.seed, strikes=struck, faults=seen.visit.faults)
    if struck and set(struck.values()) <= BESIDE.keys() and seen.visit == plain and "linked" not in seen.tells:
        yield f"{', '.join(seen.visit.faults)} was noticed: {' → '.join(name for name, _ in seen.screens)}"


def acts_are_so_and_stand_in_the_trail(ground: Ground, seen: Seen) -> Iterator[str]:
    keeper = ground.keeper
    if not keeper.sound:
        yield "the trail does not hold together"
    told = [line.event for line in keeper.trail]
    doors = [each for each in told if each in ("kiosk_closed", "kiosk_opened", "kiosk_reopened")]
    if keeper.doors.open != (doors[-1:] != ["kiosk_closed"]):
        yield f"the kiosk is {'open' if keeper.doors.open else 'closed'}, and the trail says {doors[-1:]}"
    if keeper.rolls != told.count("paper_changed"):
        yield f"{keeper.rolls} rolls, and {told.count('paper_changed')} in the trail"
    if told.count("staff_left") > told.count("staff_admitted"):
        yield "more of the staff have left than were let in"


def nobody_in_what_is_kept(ground: Ground, seen: Seen) -> Iterator[str]:
    """No passcode, and nothing about a person, with the caretaker, in the log, or on a screen of the staff's."""
    kept = ground.keeper.texts()
    words = {word for who in ground.people.values() for word in words_about(who)}
    words |= {pin for _, pin in seen.typed if len(pin) > 4} | {PASSCODE, WRONG}
    if any(word in kept for word in words):
        yield "the caretaker keeps something about somebody"
    staffs = "\n".join(html for name, html in seen.screens if name.startswith("staff_"))
    if any(word in staffs for word in words):
        yield "a screen of the staff's says something about somebody"
    if any(passcode in line for line in seen.log for passcode in (PASSCODE, WRONG)):
        yield "a passcode stands in the log"


INVARIANTS: tuple[Invariant, ...] = (
    attract_again,
    no_exception,
    nothing_left_open,
    pin_to_its_card_only,
    tries_by_wrong_pins,
    linked_only_when_so,
    released_only_when_so,
    printed_only_when_so,
    nobody_in_the_log,
    one_worker,
    no_growth,
    nothing_of_the_last_picture,
    my_number_is_not_read,
    nobody_beside_anothers_card,
    printer_understands,
    in_only_by_the_right_passcode,
    served_to_the_end,
    acts_are_so_and_stand_in_the_trail,
    nobody_in_what_is_kept,
)


def broken(ground: Ground, seen: Seen) -> list[str]:
    """What does not hold, each with its name."""
    return [f"{each.__name__}: {what}" for each in INVARIANTS for what in each(ground, seen)]
