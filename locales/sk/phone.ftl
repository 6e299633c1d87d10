# The words of the phone authenticator.
