"""Forms that are made from the commands' classes: a new command has a usable form at once, without a line of its own.

- `tree.py`: a command's class as a tree of inputs
- `filling.py`: what a browser sent, as that tree is filled; and as the data that the API takes
- `drawing.py`: the filled tree as a page shows it: labels, hints, choices, what is wrong where
- `form.py`: one command's form: shown, sent, and shown again with what is wrong
- `pages.py`: the addresses: which forms there are, each form, what was recorded
- `wording.py`: what a service calls its forms and their fields
"""
