# The words of e-mail and SMS codes.

message-code-subject = Your code for { $app }
message-code-lead = Your code for { $app } ({ $host }):
message-code-for = It countersigns this, and nothing else:
message-code-where = Type it on { $portal } only, where you asked for it. It is good for { $time }, once.
message-code-never = Never tell this code to anybody.
message-code-nobody = Nobody who works for { $app } or your helpdesk will ask for it.
message-code-not-you = If this is not what you are doing, do not use the code: somebody may be using your account. Tell your helpdesk.
# A text message: this, then what it is for, then the next one.
message-sms-lead = { $app }: code { $code } for:
message-sms-rest = Good for { $time }. Never tell it to anybody. Not you? Do not use it, tell your helpdesk.
message-purpose-sign-in = Sign in to your account
message-purpose-change = Change your account
message-purpose-test = Try whether codes reach you
message-purpose-resync = Set the clock of an authenticator
message-purpose-contact = Confirm that this address is yours
message-sent = The { $digits }-digit code that is on its way to { $to }.
message-sent-last = The code from the last message.
message-wait = No other code can be sent yet. The last one is good for 10 minutes; wait { $time } for another.

# At the prompt.
kind-email = Code by e-mail
kind-email-ask = The code from the e-mail
kind-email-ask-digits = The { $digits }-digit code from the e-mail
kind-sms = Code by text message
kind-sms-ask = The code from the text message
kind-sms-ask-digits = The { $digits }-digit code from the text message
sent-heading = Confirm with the code we sent
sent-to = A code is on its way to { $to }. It is good for 10 minutes.
sent-nothing-came = Nothing came? Another code can be sent a minute after the last one. It takes the place of the last one.
sent-another = Send another code
sent-wait-resend = A code was sent a moment ago and is still good. Another can be sent in { $time }.
sent-wait-request = No more codes are sent for this request. Use the last one, or something else.
sent-wait-many = Too many codes were sent lately. Another can be sent in { $time }.
