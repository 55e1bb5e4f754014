"""What every operation owes: authentication, ``kbn-xsrf``, versions, spaces, errors, status."""
