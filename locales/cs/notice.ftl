# The words of notices sent to contacts.
