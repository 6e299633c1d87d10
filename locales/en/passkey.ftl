# The words of passkeys.

kind-passkey = Passkey
kind-passkey-ask = Unlock it with your fingerprint, your face or its PIN

passkey-title = Use your passkey
passkey-heading = Confirm with your passkey
passkey-lead = The passkey signs exactly what this slip says, and nothing else.
passkey-browser-asks = Your browser asks you for it.
passkey-no-script = A passkey needs script, and it is turned off in this browser. Turn it on for this page, or confirm with something else.
passkey-use = Use the passkey
passkey-cancelled = The passkey was not used: it was cancelled, took too long, or could not be unlocked. Try again, or confirm with something else.
passkey-unsupported = This browser cannot use a passkey here. Use another browser, or confirm with something else.
passkey-failed = The browser could not use the passkey. Try again, or confirm with something else.
passkey-late = That took too long, or was sent twice. Use the passkey again.
passkey-wrong-wait = The passkey's answer could not be accepted. You have to wait now before you try again.
passkey-wrong =
    { $left ->
        [one] The passkey's answer could not be accepted. One try is left before you have to wait.
       *[other] The passkey's answer could not be accepted. { $left } tries are left before you have to wait.
    }
