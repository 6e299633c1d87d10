# What all pages of the portal share, and the pages about no held request.

pages-brand = Countersign
pages-warning = Never read a code out to anybody, and never enter one for something that you did not start yourself.
pages-language = Language
pages-language-use = Use it
pages-open-prompt = Open the prompt
pages-reference = Reference for your helpdesk: { $reference }
pages-unmade = This page could not be made. Nothing was decided.

home-title = Nothing to confirm here
home-what = This is the place where you confirm important actions: a payment, a deletion, a changed password. When an application needs your confirmation, it leads you here by itself and brings you back afterwards.
home-address = The address of a real prompt always begins with { $origin }
home-account = Your authenticators, your password and your past requests are kept in your account.
