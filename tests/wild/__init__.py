"""What nobody thought of, looked for by machine.

    ground       the stage, with people whose cards remember which PINs they were sent
    keeper       the caretaker of it, with one officer, killed and started anew
    told         what a screen tells, as short words
    faults       whatever else can happen in a visit, as a table
    visit        who comes, for what, and what goes wrong with them: made from a seed and a number alone
    walker       somebody who plays such a visit through the socket, and what was seen of it
    officer      one of the staff, who plays theirs
    play         either of them, until the next person could begin
    invariants   what must hold after each, whatever it was about
    fuzz         `make fuzz`: visits by chance
    sweep        `make sweep`: every fault at every place, kept as a table in docs/faults.md
    endurance    `make endurance`: the same thing very often, and what grows, kept in docs/benchmarks.md

The kiosk is a process of its own and runs production code; page, card, portal and printer stand around it
(tests/stage). What a walk does follows from the seed, when it does it also from the machine: a visit that failed once
may need some replays on a machine that is as busy.
"""
