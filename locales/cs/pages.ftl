# The words of what all pages of the portal share, and those about no held request.
