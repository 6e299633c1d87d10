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
sent-wait-none = No code was sent: the last one went there a moment ago, for something else. One for this can be sent in { $time }.
sent-wait-request = No more codes are sent for this request. Use the last one, or something else.
sent-wait-many = Too many codes were sent lately. Another can be sent in { $time }.

message-add-email = Add an e-mail address
message-add-email-text = Codes for confirmations, and notices about your account, go there.
message-add-sms = Add a telephone number
message-add-sms-text = Codes for confirmations, and notices about your account, go there as text messages.
message-add-lead = We send a code there, to see that it is yours. Nothing else changes before you type it here.
message-address-title = Your address
message-address-email = E-mail address
message-address-sms = Telephone number
message-address-sms-hint = With the country code: +41 79 123 45 67.
message-send = Send a code
message-code = Code
message-unfit-email = That is not an e-mail address like name@example.com.
message-unfit-sms = That is not a telephone number like +41791234567.
message-unreachable = Nothing can be sent there from here. Ask your helpdesk.
message-known = You have that one already.
message-wait-address = No code can be sent yet. Try again in { $time }.
message-wrong =
    { $left ->
        [one] That code is not right. One try is left.
       *[other] That code is not right. { $left } tries are left.
    }
message-gone = There is no code to be typed any more. Begin again.
