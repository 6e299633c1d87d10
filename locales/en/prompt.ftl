# The words of prompts.
