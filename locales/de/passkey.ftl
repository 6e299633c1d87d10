# Die Worte zu Passkeys.

kind-passkey = Passkey
kind-passkey-ask = Entsperren Sie ihn mit Ihrem Fingerabdruck, Ihrem Gesicht oder seiner PIN

passkey-title = Passkey verwenden
passkey-heading = Mit Ihrem Passkey bestätigen
passkey-lead = Der Passkey unterschreibt genau das, was auf diesem Beleg steht, und nichts anderes.
passkey-browser-asks = Ihr Browser fragt Sie danach.
passkey-use = Passkey verwenden
passkey-late = Das hat zu lange gedauert oder wurde zweimal gesendet. Verwenden Sie den Passkey noch einmal.
passkey-wrong-wait = Die Antwort des Passkeys konnte nicht angenommen werden. Sie müssen jetzt warten, bevor Sie es erneut versuchen.
passkey-wrong =
    { $left ->
        [one] Die Antwort des Passkeys konnte nicht angenommen werden. Sie haben noch einen Versuch, danach müssen Sie warten.
       *[other] Die Antwort des Passkeys konnte nicht angenommen werden. Sie haben noch { $left } Versuche, danach müssen Sie warten.
    }

# Was das Skript der Seite sagt.
passkey-no-script = Ein Passkey braucht Skripte, und die sind in diesem Browser ausgeschaltet. Erlauben Sie sie für diese Seite oder verwenden Sie etwas anderes.
passkey-cancelled = Der Passkey wurde nicht verwendet: es wurde abgebrochen, dauerte zu lange, oder er konnte nicht entsperrt werden. Versuchen Sie es erneut oder verwenden Sie etwas anderes.
passkey-unsupported = Dieser Browser kann hier keinen Passkey verwenden. Nehmen Sie einen anderen Browser oder etwas anderes.
passkey-failed = Der Browser konnte den Passkey nicht verwenden. Versuchen Sie es erneut oder verwenden Sie etwas anderes.

# Im eigenen Konto.
passkey-prove-hint = Entsperren Sie ihn mit Ihrem Fingerabdruck, Ihrem Gesicht oder seiner PIN. Ihr Browser fragt Sie danach.
passkey-add-title = Passkey hinzufügen
passkey-add-lead = Ein Passkey ist ein Schlüssel in Ihrem Computer, Ihrem Telefon oder einem Sicherheitsschlüssel. Er unterschreibt, was Sie bestätigen, sobald Sie ihn entsperren.
passkey-add-listed = Vom Gerät selbst anbieten lassen
passkey-add-listed-hint = Gut für Telefone und Computer. Ein Sicherheitsschlüssel hat nur für wenige davon Platz.
passkey-add-go = Passkey anlegen
passkey-add-known = Dieses Gerät hat bereits einen Passkey von Ihnen. Nehmen Sie ein anderes.
passkey-add-cancelled = Es wurde kein Passkey angelegt: es wurde abgebrochen, dauerte zu lange, oder es konnte nicht entsperrt werden. Versuchen Sie es erneut.
passkey-add-address = Dieses Portal hat eine IP-Adresse statt eines Namens, und dafür legen Browser keine Passkeys an.
passkey-add-insecure = Dieses Portal wird nicht über https erreicht, und dann legen Browser keine Passkeys an.
passkey-add-gone = Das hat zu lange gedauert oder wurde zweimal gesendet. Beginnen Sie von Neuem.
passkey-add-wrong = Der Passkey konnte nicht angenommen werden. Beginnen Sie von Neuem oder nehmen Sie einen anderen.
passkey-add-taken = Dieser Passkey wird bereits verwendet.
passkey-about-model = Modell
passkey-about-unknown = Nicht angegeben
passkey-about-number = Modellnummer (AAGUID)
passkey-about-copies = Kopien
passkey-about-synced = Sein Hersteller kann ihn auch auf Ihren anderen Geräten bereithalten
passkey-about-bound = Er bleibt auf diesem einen Gerät
passkey-about-listed = Vom Gerät angeboten
passkey-about-listed-yes = Ja
passkey-about-listed-no = Nein
