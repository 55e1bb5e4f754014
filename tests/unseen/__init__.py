"""Defects that no catalogue names: does the harness notice what nobody wrote a check for?"""
