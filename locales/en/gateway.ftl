# What a browser is told on an application's own origin.

# Refusals: a title, and what happened.
gateway-approval-required = This needs your approval
gateway-approval-required-text = The request is held until it is approved.
gateway-ambiguous-request = This request cannot be read
gateway-ambiguous-request-text = The request can be read in more than one way and was not passed on.
gateway-unreadable-body = This request cannot be read
gateway-unreadable-body-text = The body of the request cannot be read and was not passed on.
gateway-body-too-large = This is too large
gateway-body-too-large-text = The body of the request is larger than what can be held.
gateway-unknown-user = You are not known here
gateway-unknown-user-text = This needs an approval, and your account is not known to the gateway.
gateway-no-authenticator = You cannot approve this yet
gateway-no-authenticator-text = This needs an approval, and you have no authenticator that counts for it.
gateway-not-holdable = This cannot be approved
gateway-not-holdable-text = This needs an approval, and a request of this sort cannot wait for one.
gateway-quota = Too much is waiting
gateway-quota-text = Too many requests are waiting for approval.
gateway-cross-site-request = This came from another site
gateway-cross-site-request-text = This needs an approval, and another site asked for it.
gateway-denied-by-policy = This is not allowed
gateway-denied-by-policy-text = A policy does not allow this.
gateway-wrong-answer = That was not right
gateway-wrong-answer-text = The answer is wrong.
gateway-throttled = Too many tries
gateway-throttled-text = Too many wrong answers; try again later.
gateway-not-found = There is nothing here
gateway-not-found-text = What you asked for does not exist, or is not yours.
gateway-conflict = That is not possible now
gateway-conflict-text = The state of the held request does not allow this.
gateway-already-released = This was done already
gateway-already-released-text = The held request was released before; it is never executed twice.
gateway-expired = Too late
gateway-expired-text = The held request was not approved in time.
gateway-rejected = This was rejected
gateway-rejected-text = The held request was rejected.
gateway-store-unavailable = Not possible at the moment
gateway-store-unavailable-text = The gateway cannot decide about this request at the moment.
gateway-upstream-unreachable = The application cannot be reached
gateway-upstream-unreachable-text = The application does not answer.
gateway-upstream-timeout = The application takes too long
gateway-upstream-timeout-text = The application did not answer in time.
gateway-misdirected = There is no such site here
gateway-misdirected-text = No application answers to this host name.
gateway-method-refused = This method is not possible
gateway-method-refused-text = Tunnels are not possible here.
gateway-head-too-large = This request cannot be read
gateway-head-too-large-text = The head of the request is too long.
gateway-internal = Something went wrong
gateway-internal-text = The gateway failed to handle this request.

# Closer words.
gateway-denied-closer = A policy does not allow this: { $summary }.
gateway-whoami-down = The application cannot be asked who you are, so nothing was passed on to it. Try again when it works.
gateway-too-large-closer = This needs an approval, and at most { $most } can be held for one. Nothing was passed on to { $app }.
gateway-nobody = This needs an approval, and the application does not say who you are. Sign in to it and try again.
gateway-cross-site-closer = This needs an approval, and another site asked for it. If it was you, start again from the application.
gateway-unreachable-approved = The application cannot be reached. What was approved stays approved: reload to try again.
gateway-unreachable-nothing-sent = The application could not be reached, and nothing was sent to it. Start again from the application.
gateway-outcome-unknown = The request was sent, and it is not known whether the application carried it out. Look there before you try again.
gateway-named-twice = The proxy in front names the user more than once. Nothing was passed on.
gateway-no-such-user = This needs an approval, and there is no user `{ $user }` in the directory. Ask your administrator.
gateway-no-authenticator-closer = This needs an approval with one of: { $accepted }. You have none of these. Ask your administrator to enrol one, then try again.
gateway-quota-yours = Too many of your requests are waiting for approval. Approve or reject some first.
gateway-quota-all = Too many requests are waiting for approval. Try again later.
gateway-guess = A browser's guess releases nothing.
gateway-release-foreign = The release did not come from the application's own page.
gateway-other-request = This credential belongs to another request: { $line }.
gateway-waiting = This is still waiting for its approval: { $what }.

# What became of a request; $what is what it does.
gateway-over-open = The state does not allow this: { $what }.
gateway-over-forwarding = This was released and is being carried out: { $what }. It is never executed twice.
gateway-over-delivered = This was carried out once: { $what }. It is never executed twice.
gateway-over-delivered-error = This was sent once: { $what }. The application answered with an error (status { $status }); look there whether it happened. It is never executed twice.
gateway-over-delivered-refused = This was sent once: { $what }. The application refused it (status { $status }), most likely because the session there has ended. It is never executed twice.
gateway-over-unknown = This was released, and it is not known whether the application carried it out: { $what }. Look there before you try again.
gateway-over-not-sent = This was released, but nothing reached the application: { $what }. Start again from the application.
gateway-over-rejected = The application never received it: { $what }.
gateway-over-cancelled = You took it back, and the application never received it: { $what }.
gateway-over-expired = The time for this ran out: { $what }. Nothing was passed on.
gateway-over-failed-over = The gateway’s store failed over while this waited: { $what }. It is void and is not passed on any more. See in the application whether it was carried out; if not, do it again.

# Pages.
gateway-brand = Countersign
gateway-reference = Reference for your helpdesk: { $reference }
gateway-held = This needs your approval
gateway-held-text = Nothing has been passed on to { $app } yet.
gateway-held-go = Go to the approval
gateway-approved = Approved
gateway-going-on = Going on to the application.
gateway-go-on = Go on
gateway-one-moment = One moment
gateway-state-held = Waiting for your approval
gateway-state-held-text = This is waiting for your approval. Nothing has been passed on yet.
gateway-state-approved-text = This is approved and has not been passed on yet.
gateway-carry-out = Carry it out now
gateway-to-approval = To the approval
gateway-to-app = To the application
gateway-back-to-app = Back to the application
gateway-from-here = Do it from here
gateway-show-answer = Show the application's answer

# For a terminal.
gateway-plain-approve = Approve it here, until { $until }:
gateway-plain-then = Then send the same request once more, just as you sent it, but without its body and with this field in its head. With `Prefer: wait=300` it waits for the approval, and brings the answer of the application.
gateway-plain-curl = With curl, which reads the credential from its input here, so that nobody sees it in a list of processes (add what tells the application who you are):

# Sent, but not taken.
gateway-refused = Approved, but the application refused it
gateway-refused-text = This was sent once, just as you approved it, but the application did not answer as it does when it has carried something out. Most likely the session there has ended. Nothing is sent again by itself.
gateway-refused-answer = { $app } answered with status { $status }.
gateway-refused-leads = { $app } answered with status { $status } and leads to { $place }.
gateway-refused-follow = Go where the application leads
gateway-refused-input = What you had entered
gateway-refused-input-text = Copy it from here when you enter it again. What is never shown, such as a PIN, is left out.
gateway-refused-more = There was more than can be kept.
