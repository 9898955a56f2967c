"""The studio: what Sparring can do, in a browser, on this machine alone.

A page is a file in `studio/pages/` and joins by being there. It holds

    PATH = "/train"        where it is found
    TITLE = "train"        the key of its title in `words.py`
    ICON = "fitness_center"  the name of a Material icon
    ORDER = 40             its place in the menu

and `build(place: Place)`, which draws it into the frame of `shell.py`. `place` knows the `desk`
(models, runs, what was made), says words in the reader's language (`place.say("stop")`), and holds
what was `asked` after the question mark of the address. Nothing that takes longer than a tenth of a
second may run in `build` or in a handler: `await asyncio.to_thread(...)` keeps the page alive.
"""
