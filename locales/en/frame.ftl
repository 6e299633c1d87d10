# The prompt in a frame of the application's page.

frame-window = Open it in a window of its own
frame-moved = It goes on in a window of its own.
frame-no-script = This needs script, and it is turned off here. Open it in a window of its own.
frame-passkey-forbidden = This page may not ask for a passkey here. Open the prompt in a window of its own, or use something else.
frame-passkey-untold = This browser does not say in whose page the passkey was used, so it cannot count here. Open the prompt in a window of its own, or use something else.
frame-lost = This prompt was loaded again
frame-lost-text = A prompt inside a page opens once. Nothing was sent and nothing was decided.
frame-lost-next = Go on in a window of its own.
refusal-not-framed = This address is for the inside of a page
refusal-not-framed-text = A prompt that an application shows inside its own page cannot be opened elsewhere. Nothing was decided.
refusal-not-framed-next = Go back to the application; it leads to the prompt.
