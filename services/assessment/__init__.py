"""How well it went 考核. Where what is:

- `rules/`: plans and rulebooks, how people's files are read and checked, versions, periods; those that ship in
  `plans/` and `rulebooks/`
- `ledgers/`: the tables that events become; `evidence/`: the same as a rulebook sees them, at the end of a day
- `due/`: what is owed, by whom, until when, and what became of it
- `scoring/`: measuring, publishing by hand (`publishing`) and by itself (`schedule`), restating with causes, appeals,
  places
- `rescoring/`: the script that computes every published score again from a bundle, and what lies beside it there
- `explaining/`: a score down to its events, what changed since the last one, and the words for all of it
- `flags/`: what looks odd beside a score; `what_if/`: the same record under other rules; `grids`: work by grid
- `papers/`: the office's papers; `public/`: what anybody may see; `pages/`, `api/`: how all this is shown
- `commands`, `entry_commands`, `entries`: what may be asked and entered; `refusals`: what is refused, in words;
  `compartments`: what is sealed, and who may open it; `clauses`: what of each clause of the plan lives where
"""
