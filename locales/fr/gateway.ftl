# The words of the pages on an application's own origin.
