"""The published language of sanguan: events per owner, codes, the envelope, and the shapes of a declaration.

Everything here is standard library only, so that a decider, a fold, a verifier or a subscriber can rest on it
without resting on a framework.
"""
