"""Exceptions for endpoints: one list for the whole deployment."""
