# The words of e-mail and SMS codes.
