# The words of the self-service pages.
