# The words of passkeys.

kind-passkey = Passkey
kind-passkey-ask = Unlock it with your fingerprint, your face or its PIN

passkey-title = Use your passkey
passkey-heading = Confirm with your passkey
passkey-lead = The passkey signs exactly what this slip says, and nothing else.
passkey-browser-asks = Your browser asks you for it.
passkey-use = Use the passkey
passkey-late = That took too long, or was sent twice. Use the passkey again.
passkey-wrong-wait = The passkey's answer could not be accepted. You have to wait now before you try again.
passkey-wrong =
    { $left ->
        [one] The passkey's answer could not be accepted. One try is left before you have to wait.
       *[other] The passkey's answer could not be accepted. { $left } tries are left before you have to wait.
    }

# What the page's script says.
passkey-no-script = A passkey needs script, and it is turned off in this browser. Turn it on for this page, or use something else.
passkey-cancelled = The passkey was not used: it was cancelled, took too long, or could not be unlocked. Try again, or use something else.
passkey-unsupported = This browser cannot use a passkey here. Use another browser, or something else.
passkey-failed = The browser could not use the passkey. Try again, or use something else.

# In the own account.
passkey-prove-hint = Unlock it with your fingerprint, your face or its PIN. Your browser asks you for it.
passkey-add-title = Add a passkey
passkey-add-lead = A passkey is a key in your computer, your phone or a security key. It signs what you confirm once you unlock it.
passkey-add-listed = Let the device list it by itself
passkey-add-listed-hint = Good for phones and computers. A security key has room for few of these.
passkey-add-go = Make the passkey
passkey-add-known = This device has a passkey of yours already. Use another one.
passkey-add-cancelled = No passkey was made: it was cancelled, took too long, or could not be unlocked. Try again.
passkey-add-address = This portal has an IP address instead of a name, and browsers make no passkeys for those.
passkey-add-insecure = This portal is not reached over https, and browsers make no passkeys then.
passkey-add-gone = That took too long, or was sent twice. Begin again.
passkey-add-wrong = The passkey could not be accepted. Begin again, or use another one.
passkey-add-taken = This passkey is in use already.
passkey-about-model = Model
passkey-about-unknown = Not told
passkey-about-number = Model number (AAGUID)
passkey-about-copies = Copies
passkey-about-synced = Its maker may keep it on your other devices too
passkey-about-bound = It stays on this one device
passkey-about-listed = Listed by the device
passkey-about-listed-yes = Yes
passkey-about-listed-no = No
