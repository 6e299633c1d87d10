# The words of one-time code apps and hardware tokens.
