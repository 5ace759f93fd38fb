"""Who asks, and what they may do. Default: no.

| visitor | who asks: an actor in a role, and the place that they belong to |
| policy | the one table of who may do what, and the one place where it is checked |
| places | which jurisdictions lie within which |
| accounts, sessions | people: how they sign in, and how long that holds |
| tokens, machines | programs: signed tokens that expire soon, and kept ones with scopes |
| tables | what all of these keep |
"""
