"""A stand-in Kibana: it speaks a contract, keeps state, and can be told to misbehave.

It shares no judgement with the harness: it reads a :class:`~pytest_kibana.contract.Contract` and nothing else of
this project, so that one wrong idea cannot pass on both sides.
"""
