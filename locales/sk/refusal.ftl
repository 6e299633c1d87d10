# The words of refusals.
