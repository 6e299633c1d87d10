# The words of the prompt.
