# The words of the prompt.

# What every page about a held request says.
prompt-back = Back to { $app }
prompt-back-undecided = { $back }, without deciding now
prompt-error = Error: { $title }
prompt-note = Note: { $title }
prompt-your-confirmation = Your confirmation
prompt-what-happened = What happened

# The slip: what is held.
slip-label = What is held
slip-many =
    { $count ->
        [one] One request that does { $count } thing
       *[other] One request that does { $count } things
    }
slip-values = The values of this request
slip-requested-by = Requested by
slip-requested-on = On
slip-original = As it was first written
slip-technical = Technical details
slip-request = Request
slip-digest = Digest
slip-number = Number
slip-digest-covers = The digest covers the request byte for byte. Only what it covers can be sent.
slip-until = Until { $time }, in { $left }
slip-spares-all = For { $time } after you confirm it, exactly the same action will not ask again here.
slip-spares-part = For { $time } after you confirm it, exactly the same action will ask for less here.

# Choosing.
prompt-title = Check and confirm
prompt-check = Check this before it happens
prompt-lead = Nothing of it has reached { $app } yet. It goes on only when you confirm it.
prompt-nothing = You cannot confirm this yourself
prompt-nothing-why = None of your authenticators can be used for it now. Ask your helpdesk, then open this page again.
prompt-confirm-with = Confirm with
prompt-step = Step { $step } of { $steps }
prompt-submit = Submit
prompt-choose-first = Choose one of these first.
prompt-unoffered = You also have, but not for this:
prompt-unoffered-kind = this action does not accept it
prompt-unoffered-done = it has done its part; another kind is needed now
prompt-unoffered-elsewhere = it does not work at this address
prompt-unoffered-new = it is new: it can be used from { $when } on
prompt-one-more = That was right. One more confirmation is needed.
prompt-not-any-more = That one cannot be used for this request any more. Choose another.

# The kinds of authenticator, and what to type.
kind-totp = Code from a phone app
kind-totp-ask = The code the app shows now
kind-totp-ask-digits = The { $digits }-digit code the app shows now
kind-hotp = Code from a hardware token
kind-hotp-ask = The code the token shows
kind-hotp-ask-digits = The { $digits }-digit code the token shows
kind-emergency = Temporary code from your helpdesk
kind-emergency-ask = The code your helpdesk gave you, with or without its dashes
kind-recovery = One of the codes that you keep
kind-recovery-ask = One of your codes that is not used yet, with or without its dashes
kind-other = One-time code
kind-other-ask = The code
kind-other-ask-digits = The { $digits }-digit code

# The code.
code-title = Enter the code
code-heading = Confirm with your code
code-lead = The code confirms exactly what this slip says, and nothing else.
code-other = Confirm with something else
code-missing = Enter the code.
code-too-long = That is too long to be a code.
code-wrong-wait = That code is not right, or it was used before. You have to wait now before you try again.
code-wrong =
    { $left ->
        [one] That code is not right, or it was used before. One try is left before you have to wait.
       *[other] That code is not right, or it was used before. { $left } tries are left before you have to wait.
    }

# Saying no.
reject-why = Not yours, or not what you wanted?
reject-not-me = I did not do this
reject-cancel = Cancel it

# Too many wrong codes.
pause-title = Too many wrong codes
pause-short = Too many wrong codes: a short pause
pause-blocked = Your codes are blocked
pause-lead = Nothing was sent to { $app }. The request is still held.
pause-what-now = What now
pause-wait = Wait { $time }
pause-then = Then try again. If your phone app shows codes that are never right, check that the phone sets its clock automatically.
pause-again = Try again
pause-operator = An operator must unblock you
pause-helpdesk = There were too many wrong codes in a row, here or elsewhere. Call your helpdesk; they will make sure that it is you and unblock you.
pause-not-you = If it was not you who entered them, tell them so.
pause-look = Look again

# Approved.
approved-title = Confirmed
approved-going = You are going back to { $app }, which receives it now.
approved-close = You can close this window; it goes on in { $app }.
approved-stamp = Countersigned
approved-yourself = If nothing happens, go on yourself.
approved-go = Go on in { $app }
approved-sent = The program or page that asked for it sends it now, once.

# Ended. The stamp is a word or two.
ended-open-stamp = Open
ended-open = This is not over yet
ended-open-text = Open the prompt again.
ended-sent-stamp = Sent
ended-forwarding = It is being carried out
ended-forwarding-text = It was countersigned and sent to { $app }, once. There is no answer yet.
ended-delivered = This was sent, once
ended-delivered-text = It reached { $app }. Opening this page again sends nothing.
ended-delivered-answered = It reached { $app }, which has answered. Opening this page again sends nothing.
ended-delivered-error = It reached { $app }, which answered with an error (status { $status }). Look there whether it happened.
ended-delivered-refused = It reached { $app }, which refused it (status { $status }): most likely the session there has ended. It is not sent again by itself.
ended-rejected-stamp = Rejected
ended-rejected = It was rejected
ended-rejected-text = It was stopped: nothing of it reached { $app }.
ended-rejected-reason = The reason given: { $reason }
ended-not-me = You said that you did not do this
ended-not-me-text = It was stopped and recorded: nothing of it reached { $app }.
ended-not-me-next = Somebody else may be using your account. Log out of { $app }, change your password, and tell your helpdesk.
ended-expired-stamp = Expired
ended-expired = The time ran out
ended-expired-text = It was not countersigned and released in time, so nothing of it reached { $app }.
ended-expired-next = If you still want it, do it again in { $app }.
ended-failed-over-stamp = Void
ended-failed-over = The gateway lost its place
ended-failed-over-text = The store of the gateway failed over while this waited, and what was decided last may be lost. So it is void, and is not passed on to { $app } any more.
ended-failed-over-next = See in { $app } whether it was carried out. If not, and you still want it, do it again there.
ended-cancelled-stamp = Cancelled
ended-cancelled = You took it back
ended-cancelled-text = It was stopped: nothing of it reached { $app }.
ended-not-sent-stamp = Not sent
ended-not-sent = It could not be sent
ended-not-sent-text = It was countersigned, but the application could not be reached: nothing of it reached { $app }.
ended-not-sent-next = It will not be sent later by itself. Try again when the application works.
ended-unknown-stamp = Unknown
ended-unknown = We cannot know whether it was carried out
ended-unknown-text = It was sent to { $app }, once, but the connection broke before the answer came.
ended-unknown-next = Look in { $app } whether it happened before you do it again. We never send it twice.
ended-back = Back to { $app }
ended-go-on = Go on in { $app }
ended-start-again = Start again in { $app }
ended-check = Check in { $app }
