# The words of passkeys.
