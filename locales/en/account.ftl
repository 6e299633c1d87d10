# The words of the self-service pages.

account-title = Your account
account-rooms = Your account
account-room-account = Account
account-room-sessions = Sessions
account-to-account = To your account
account-back = Back, without going on
account-go-on = Go on
account-error-title = Error:
account-note-title = Note:

account-sign-in-title = Sign in
account-sign-in-lead = Here you keep what you confirm important actions with: authenticators, codes, your password.
account-sign-in = Sign in
account-sign-in-refused = That did not work. Check the name and the password. After several wrong attempts you have to wait, and after many an operator must unblock you.
account-sign-in-first = You have been given a link or a code?
account-sign-in-invited = Choose your password
account-signed-out = You are signed out.
account-sign-out = Sign out
account-name = User name
account-password = Password

account-invite-title = Choose your password
account-invite-lead = You have been invited to keep your own authenticators here. First choose a password.
account-invite-by-hand = Enter your user name and the code that you were given, and choose a password.
account-invite-code = Code of the invitation
account-invite-not-good = This invitation is not good: it was used, it is too old, or it is not complete. Ask for a new one.

account-password-new = New password
account-password-again = New password, once more
account-password-hint = At least { $least } characters. Several words are easier to remember than signs.
account-password-set = Set the password
account-password-present = Present password
account-password-change = Change the password
account-password-since = Since { $when }
account-password-ends = Everywhere else you will be signed out.
account-password-differ = The two passwords are not the same.
account-password-short = It has fewer than { $least } characters.
account-password-long = It has more than 256 characters.
account-password-common = It is among the first that others try. Choose another.

account-second-title = One more step
account-second-lead = Your password was right. Now show that it is you.
account-second-leave = Sign in as somebody else
account-confirm-title = Show that it is you
account-confirm-lead = A change of your account needs a fresh confirmation. It counts for five minutes.
account-again-lead = A change of your account needs your password again. It counts for five minutes.
account-test-title = Try { $label }
account-test-lead = Nothing happens but that you see whether it works.
account-choose-legend = Confirm with
account-choose-first = Choose one of these first.
account-choose-other = That one cannot be used now. Choose another.
account-choose-none = You have nothing to confirm with now. Ask your helpdesk.
account-choose-another = Confirm with something else
account-code-digits = Enter the { $digits }-digit code.
account-code-letters = Enter the code, with or without its dashes.
account-wrong-left = { $left ->
    [0] That is not right, or it was used before. You have to wait now before you try again.
    [one] That is not right, or it was used before. One try is left before you have to wait.
   *[other] That is not right, or it was used before. { $left } tries are left before you have to wait.
}
account-wait = Too many wrong attempts. Wait { $span }, then try again.
account-locked = Too many wrong attempts. An operator must unblock you.
account-pause-title = Too many wrong attempts: a short pause
account-pause-wait = Wait { $span }, then try again.
account-pause-again = Try again
account-blocked-title = You are blocked
account-blocked-text = There were too many wrong attempts in a row, here or elsewhere. Call your helpdesk; they will make sure that it is you and unblock you. If it was not you, tell them so.

account-authenticators = Authenticators
account-unprotected = You have no authenticator yet: your account is guarded by its password only, and you cannot confirm anything. Add one now.
account-add = Add
account-used = Last used { $when }
account-never-used = Never used
account-contacts = Contacts
account-contacts-lead = Here we tell you what changes in your account.
account-email = E-mail
account-phone = Telephone
account-contact-none = None

account-done-welcome = Your password is set. Now add an authenticator.
account-done-password = Your password is changed. Everywhere else you are signed out.
account-done-added = The authenticator is added.
account-done-removed = The authenticator is removed.
account-done-renamed = The new name is saved.
account-done-works = It works.

account-add-title = Add an authenticator
account-add-lead = Have two, so that you can still confirm when one is lost.
account-add-passkey = Passkey
account-add-passkey-text = Your fingerprint, your face or a security key: nothing to type, and nothing that can be copied off you.
account-add-totp = Authenticator app
account-add-totp-text = An app on your phone shows a new code every 30 seconds.

account-totp-title = Add an authenticator app
account-totp-read = Read the code in with your app
account-totp-read-text = Any app for six-digit codes will do. Open it and read this picture in.
account-totp-qr = QR code with the key for your app
account-totp-open = Open in an app on this device
account-totp-by-hand = It cannot be read in?
account-totp-by-hand-text = Enter this key in the app (time-based, 6 digits):
account-totp-confirm = Enter what it shows
account-totp-code = 6-digit code
account-totp-wrong = That is not what it shows. Check that the phone sets its clock automatically, and enter the code that it shows now.
account-totp-label-usual = Authenticator app
account-too-many = You have had too many authenticators. Ask your helpdesk.

account-label = Name
account-label-hint = So that you know it again, for example “Phone” or “Blue key”.
account-label-unfit = A name has 1 to 64 visible characters.
account-one-facts = About it
account-one-kind = Kind
account-one-since = Added
account-one-used = Last used
account-test = Try it
account-rename = Rename
account-rename-title = Rename
account-rename-save = Save
account-remove = Remove
account-keep = Keep it
account-remove-title = Remove this authenticator?
account-remove-text = { $label } will not be accepted any more. What it has been remembered for is asked again.
account-remove-last = It is your last one. Without it you cannot confirm anything, and your account is guarded by its password only.
account-remove-sure = I know that it is my last one.
account-remove-sure-missing = It is your last one. Tick that you know it, or keep it.
account-remove-password = It is your last one, and your password is too short to guard your account alone. Choose one of at least { $least } characters first.

account-sessions-title = Where you are signed in
account-sessions-lead = End what you do not know, then change your password.
account-session-own = this one
account-session-times = Since { $since }, last used { $seen }
account-session-end = End
account-session-end-named = End the session of { $agent }
account-sessions-end = End all others
account-session-unnamed = Unnamed program

account-kind-passkey = Passkey or security key
account-kind-push = Phone authenticator
account-kind-totp = Code from a phone app
account-kind-hotp = Code from a hardware token
account-kind-email = Code by e-mail
account-kind-sms = Code by text message
account-kind-emergency = Temporary code from your helpdesk
account-kind-recovery = Recovery codes
account-kind-other = One-time code

account-stop-foreign = This form did not come from our page
account-stop-foreign-text = It was sent by another page or without saying from where, so nothing was done.
account-stop-stale = This page is out of date
account-stop-stale-text = The form was made for another session, so nothing was done. Open your account again and go on from there.
account-stop-form = This form cannot be read
account-stop-form-text = It is not complete, too long, or did not arrive. Nothing was done. Go back and submit it again.
account-stop-store = We cannot look this up right now
account-stop-store-text = The place where accounts are kept does not answer. Nothing was changed. Wait a moment, then try again.

account-room-requests = Requests
account-requests-title = Your requests
account-requests-lead = What you were asked to confirm in the last days, and what became of it.
account-requests-none = Nothing was held for you lately.
account-receipt = Receipt
account-grants = Not asked again
account-grants-lead = What you confirmed is remembered for a while. End it, and the next one asks again.
account-grant-times = Confirmed { $made }, remembered until { $until }
account-grant-end = End
account-state-held = Waiting
account-state-approved = Confirmed
account-state-forwarding = Being sent
account-state-delivered = Sent
account-state-refused = Refused by the application
account-state-rejected = Rejected
account-state-expired = Expired
account-state-failed-over = Void
account-state-cancelled = Cancelled
account-state-failed = Not sent
account-state-unknown = Outcome unknown

account-recovery-title = Recovery codes
account-recovery-lead = Ten codes on paper for the day when you have lost everything else. Each opens your account once, together with your password.
account-recovery-none = None. Make some, so that you can still sign in when your authenticators are lost.
account-recovery-left = { $left ->
    [0] All are used. Make new ones.
    [one] One code is left.
   *[other] { $left } codes are left.
}
account-recovery-replaces = New codes take the place of the old ones, which are void then.
account-recovery-make = Make codes
account-recovery-renew = New codes
account-recovery-keep = Print these codes or write them down now. They are not shown again.
account-recovery-once = Each code works once. Keep them where nobody else finds them, not on this device.
account-recovery-done = I have kept them

account-new-from = New: confirms from { $when } on
account-new-until = You have added it a short while ago. So that nobody else can use one that was added in your name, it confirms nothing before { $when }. You can sign in with it and try it.
account-new-not-yet = You also have, but not yet for this:
account-remove-others = The others are new: they confirm nothing before { $when }.
account-remove-sure-others = I know that until then I can confirm nothing.

account-resync = Synchronise
account-resync-title = Synchronise the codes
account-resync-clock = If its codes are not accepted, its clock may be wrong. Enter the code that it shows now, wait until it shows the next, and enter that one too.
account-resync-pressed = If its codes are not accepted, its button may have been pressed too often. Press it and enter the code, press it again and enter that one too.
account-resync-first = First code
account-resync-second = Next code
account-done-resynced = Its codes are accepted again.
account-resync-wrong = { $left ->
    [one] These are not two codes that follow each other and were not used yet. One try is left before you have to wait.
   *[other] These are not two codes that follow each other and were not used yet. { $left } tries are left before you have to wait.
}
