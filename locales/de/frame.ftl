# The prompt in a frame of the application's page.

frame-window = In einem eigenen Fenster öffnen
frame-moved = Es geht in einem eigenen Fenster weiter.
frame-no-script = Dafür wird Skripte gebraucht, und die sind hier ausgeschaltet. Öffnen Sie es in einem eigenen Fenster.
frame-passkey-forbidden = Diese Seite darf hier nicht nach einem Passkey fragen. Öffnen Sie die Bestätigungsseite in einem eigenen Fenster, oder nehmen Sie etwas anderes.
frame-passkey-untold = Dieser Browser sagt nicht, in wessen Seite der Passkey benutzt wurde, deshalb kann er hier nicht zählen. Öffnen Sie die Bestätigungsseite in einem eigenen Fenster, oder nehmen Sie etwas anderes.
frame-lost = Diese Bestätigungsseite wurde neu geladen
frame-lost-text = Innerhalb einer Seite öffnet sie sich nur einmal. Nichts wurde gesendet und nichts entschieden.
frame-lost-next = Machen Sie in einem eigenen Fenster weiter.
refusal-not-framed = Diese Adresse ist für das Innere einer Seite
refusal-not-framed-text = Was eine Anwendung in ihrer eigenen Seite zeigt, lässt sich nicht anderswo öffnen. Nichts wurde entschieden.
refusal-not-framed-next = Gehen Sie zurück zur Anwendung; sie führt zur Bestätigung.
