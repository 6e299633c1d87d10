# Die Worte der Seiten, auf denen man sein eigenes Konto führt.

account-title = Ihr Konto
account-rooms = Ihr Konto
account-room-account = Konto
account-room-sessions = Sitzungen
account-to-account = Zu Ihrem Konto
account-back = Zurück, ohne fortzufahren
account-go-on = Weiter
account-error-title = Fehler:
account-note-title = Hinweis:

account-sign-in-title = Anmelden
account-sign-in-lead = Hier verwalten Sie, womit Sie wichtige Aktionen bestätigen: Authentifikatoren, Codes, Ihr Passwort.
account-sign-in = Anmelden
account-sign-in-refused = Das hat nicht funktioniert. Prüfen Sie Name und Passwort. Nach mehreren falschen Versuchen müssen Sie warten, nach vielen muss ein Operator Sie entsperren.
account-sign-in-first = Haben Sie einen Link oder einen Code bekommen?
account-sign-in-invited = Passwort wählen
account-signed-out = Sie sind abgemeldet.
account-sign-out = Abmelden
account-name = Benutzername
account-password = Passwort

account-invite-title = Wählen Sie Ihr Passwort
account-invite-lead = Sie sind eingeladen, Ihre eigenen Authentifikatoren hier zu verwalten. Wählen Sie zuerst ein Passwort.
account-invite-by-hand = Geben Sie Ihren Benutzernamen und den Code ein, den Sie bekommen haben, und wählen Sie ein Passwort.
account-invite-code = Code der Einladung
account-invite-not-good = Diese Einladung gilt nicht: sie wurde schon verwendet, ist zu alt oder unvollständig. Bitten Sie um eine neue.

account-password-new = Neues Passwort
account-password-again = Neues Passwort, noch einmal
account-password-hint = Mindestens { $least } Zeichen. Mehrere Wörter sind leichter zu merken als Sonderzeichen.
account-password-set = Passwort festlegen
account-password-present = Derzeitiges Passwort
account-password-change = Passwort ändern
account-password-since = Seit { $when }
account-password-ends = Überall sonst werden Sie abgemeldet.
account-password-differ = Die beiden Passwörter sind nicht gleich.
account-password-short = Es hat weniger als { $least } Zeichen.
account-password-long = Es hat mehr als 256 Zeichen.
account-password-common = Es gehört zu den ersten, die andere ausprobieren. Wählen Sie ein anderes.

account-second-title = Noch ein Schritt
account-second-lead = Ihr Passwort war richtig. Zeigen Sie nun, dass Sie es sind.
account-second-leave = Als jemand anderes anmelden
account-confirm-title = Zeigen Sie, dass Sie es sind
account-confirm-lead = Eine Änderung Ihres Kontos braucht eine frische Bestätigung. Sie gilt fünf Minuten lang.
account-again-lead = Eine Änderung Ihres Kontos braucht noch einmal Ihr Passwort. Es gilt fünf Minuten lang.
account-test-title = { $label } ausprobieren
account-test-lead = Es geschieht nichts, Sie sehen nur, ob es funktioniert.
account-choose-legend = Bestätigen mit
account-choose-first = Wählen Sie zuerst eine Möglichkeit aus.
account-choose-other = Diese Möglichkeit steht jetzt nicht zur Verfügung. Wählen Sie eine andere.
account-choose-none = Sie haben derzeit nichts, womit Sie bestätigen können. Fragen Sie Ihren Helpdesk.
account-choose-another = Auf andere Weise bestätigen
account-code-digits = Geben Sie den { $digits }-stelligen Code ein.
account-code-letters = Geben Sie den Code ein, mit oder ohne Bindestriche.
account-wrong-left = { $left ->
    [0] Das ist falsch oder wurde schon verwendet. Sie müssen jetzt warten, bevor Sie es erneut versuchen.
    [one] Das ist falsch oder wurde schon verwendet. Sie haben noch einen Versuch, danach müssen Sie warten.
   *[other] Das ist falsch oder wurde schon verwendet. Sie haben noch { $left } Versuche, danach müssen Sie warten.
}
account-wait = Zu viele falsche Versuche. Warten Sie { $span } und versuchen Sie es dann erneut.
account-locked = Zu viele falsche Versuche. Ein Operator muss Sie entsperren.
account-pause-title = Zu viele falsche Versuche: eine kurze Pause
account-pause-wait = Warten Sie { $span } und versuchen Sie es dann erneut.
account-pause-again = Erneut versuchen
account-blocked-title = Sie sind gesperrt
account-blocked-text = Es gab zu viele falsche Versuche hintereinander, hier oder anderswo. Rufen Sie Ihren Helpdesk an; dort wird geprüft, dass Sie es sind, und die Sperre aufgehoben. Wenn Sie es nicht waren, sagen Sie das dort.

account-authenticators = Authentifikatoren
account-unprotected = Sie haben noch keinen Authentifikator: Ihr Konto ist nur durch sein Passwort geschützt, und Sie können nichts bestätigen. Fügen Sie jetzt einen hinzu.
account-add = Hinzufügen
account-used = Zuletzt verwendet: { $when }
account-never-used = Noch nie verwendet
account-contacts = Kontaktdaten
account-contacts-lead = Hier teilen wir Ihnen mit, was sich an Ihrem Konto ändert.
account-email = E-Mail
account-phone = Telefon
account-contact-none = Keine Angabe

account-done-welcome = Ihr Passwort ist festgelegt. Fügen Sie nun einen Authentifikator hinzu.
account-done-password = Ihr Passwort ist geändert. Überall sonst sind Sie abgemeldet.
account-done-added = Der Authentifikator ist hinzugefügt.
account-done-removed = Der Authentifikator ist entfernt.
account-done-renamed = Der neue Name ist gespeichert.
account-done-works = Es funktioniert.

account-add-title = Authentifikator hinzufügen
account-add-lead = Halten Sie zwei bereit, damit Sie noch bestätigen können, wenn einer verloren geht.
account-add-passkey = Passkey
account-add-passkey-text = Ihr Fingerabdruck, Ihr Gesicht oder ein Sicherheitsschlüssel: nichts einzutippen und nichts, was man Ihnen ablesen kann.
account-add-totp = Authentifizierungs-App
account-add-totp-text = Eine App auf Ihrem Telefon zeigt alle 30 Sekunden einen neuen Code.

account-totp-title = Authentifizierungs-App hinzufügen
account-totp-read = Lesen Sie den Code mit Ihrer App ein
account-totp-read-text = Jede App für sechsstellige Codes ist geeignet. Öffnen Sie sie und lesen Sie dieses Bild ein.
account-totp-qr = QR-Code mit dem Schlüssel für Ihre App
account-totp-open = In einer App auf diesem Gerät öffnen
account-totp-by-hand = Lässt er sich nicht einlesen?
account-totp-by-hand-text = Geben Sie diesen Schlüssel in die App ein (zeitbasiert, 6 Ziffern):
account-totp-confirm = Geben Sie ein, was sie anzeigt
account-totp-code = 6-stelliger Code
account-totp-wrong = Das ist nicht, was sie anzeigt. Prüfen Sie, ob das Telefon seine Uhr automatisch stellt, und geben Sie den Code ein, den es jetzt anzeigt.
account-totp-label-usual = Authentifizierungs-App
account-too-many = Sie hatten zu viele Authentifikatoren. Fragen Sie Ihren Helpdesk.

account-label = Name
account-label-hint = Damit Sie ihn wiedererkennen, zum Beispiel „Telefon“ oder „Blauer Schlüssel“.
account-label-unfit = Ein Name hat 1 bis 64 sichtbare Zeichen.
account-one-facts = Angaben dazu
account-one-kind = Art
account-one-since = Hinzugefügt
account-one-used = Zuletzt verwendet
account-test = Ausprobieren
account-rename = Umbenennen
account-rename-title = Umbenennen
account-rename-save = Speichern
account-remove = Entfernen
account-keep = Behalten
account-remove-title = Diesen Authentifikator entfernen?
account-remove-text = { $label } wird nicht mehr angenommen. Wofür eine Bestätigung damit gemerkt wurde, wird wieder gefragt.
account-remove-last = Es ist Ihr letzter. Ohne ihn können Sie nichts bestätigen, und Ihr Konto ist nur durch sein Passwort geschützt.
account-remove-sure = Ich weiß, dass es mein letzter ist.
account-remove-sure-missing = Es ist Ihr letzter. Bestätigen Sie mit dem Häkchen, dass Sie das wissen, oder behalten Sie ihn.
account-remove-password = Es ist Ihr letzter, und Ihr Passwort ist zu kurz, um Ihr Konto allein zu schützen. Wählen Sie zuerst eines mit mindestens { $least } Zeichen.

account-sessions-title = Wo Sie angemeldet sind
account-sessions-lead = Beenden Sie, was Sie nicht kennen, und ändern Sie dann Ihr Passwort.
account-session-own = diese hier
account-session-times = Seit { $since }, zuletzt verwendet { $seen }
account-session-end = Beenden
account-session-end-named = Sitzung von { $agent } beenden
account-sessions-end = Alle anderen beenden
account-session-unnamed = Unbenanntes Programm

account-kind-passkey = Passkey oder Sicherheitsschlüssel
account-kind-push = Authentifizierung per Telefon
account-kind-totp = Code aus einer App auf dem Telefon
account-kind-hotp = Code von einem Hardware-Token
account-kind-email = Code per E-Mail
account-kind-sms = Code per SMS
account-kind-emergency = Vorübergehender Code von Ihrem Helpdesk
account-kind-recovery = Wiederherstellungscodes
account-kind-other = Einmalcode

account-stop-foreign = Dieses Formular kam nicht von unserer Seite
account-stop-foreign-text = Es wurde von einer anderen Seite oder ohne Angabe der Herkunft gesendet, daher wurde nichts ausgeführt.
account-stop-stale = Diese Seite ist veraltet
account-stop-stale-text = Das Formular gehört zu einer anderen Sitzung, daher wurde nichts ausgeführt. Öffnen Sie Ihr Konto erneut und fahren Sie dort fort.
account-stop-form = Dieses Formular ist nicht lesbar
account-stop-form-text = Es ist unvollständig, zu lang oder nicht angekommen. Es wurde nichts ausgeführt. Gehen Sie zurück und senden Sie es erneut ab.
account-stop-store = Wir können das gerade nicht nachsehen
account-stop-store-text = Der Speicher, in dem die Konten liegen, antwortet nicht. Es wurde nichts geändert. Warten Sie einen Moment und versuchen Sie es dann erneut.

account-room-requests = Anfragen
account-requests-title = Ihre Anfragen
account-requests-lead = Was Sie in den letzten Tagen bestätigen sollten und was daraus geworden ist.
account-requests-none = In letzter Zeit wurde nichts für Sie angehalten.
account-receipt = Quittung
account-grants = Wird nicht erneut gefragt
account-grants-lead = Was Sie bestätigt haben, wird eine Zeit lang gemerkt. Beenden Sie es, dann wird beim nächsten Mal wieder gefragt.
account-grant-times = Bestätigt { $made }, gemerkt bis { $until }
account-grant-end = Beenden
account-state-held = Wartet
account-state-approved = Bestätigt
account-state-forwarding = Wird gesendet
account-state-delivered = Gesendet
account-state-refused = Von der Anwendung nicht angenommen
account-state-rejected = Abgelehnt
account-state-expired = Abgelaufen
account-state-failed-over = Ungültig
account-state-cancelled = Abgebrochen
account-state-failed = Nicht gesendet
account-state-unknown = Ausgang ungewiss

account-recovery-title = Wiederherstellungscodes
account-recovery-lead = Zehn Codes auf Papier für den Tag, an dem Sie alles andere verloren haben. Jeder öffnet Ihr Konto einmal, zusammen mit Ihrem Passwort.
account-recovery-none = Keine. Erstellen Sie welche, damit Sie sich noch anmelden können, wenn Ihre Authentifikatoren verloren sind.
account-recovery-left = { $left ->
    [0] Alle sind verbraucht. Erstellen Sie neue.
    [one] Ein Code ist noch übrig.
   *[other] { $left } Codes sind noch übrig.
}
account-recovery-replaces = Neue Codes ersetzen die alten; diese gelten dann nicht mehr.
account-recovery-make = Codes erstellen
account-recovery-renew = Neue Codes
account-recovery-keep = Drucken Sie diese Codes aus oder schreiben Sie sie jetzt auf. Sie werden nicht noch einmal angezeigt.
account-recovery-once = Jeder Code gilt einmal. Bewahren Sie sie dort auf, wo sie sonst niemand findet, nicht auf diesem Gerät.
account-recovery-done = Ich habe sie aufbewahrt

account-new-from = Neu: bestätigt ab { $when }
account-new-until = Sie haben es erst vor Kurzem hinzugefügt. Damit niemand anderes etwas verwenden kann, das in Ihrem Namen hinzugefügt wurde, bestätigt es nichts vor { $when }. Anmelden und ausprobieren können Sie es schon.
account-new-not-yet = Außerdem haben Sie, aber noch nicht hierfür:
account-remove-others = Die anderen sind neu: Sie bestätigen nichts vor { $when }.
account-remove-sure-others = Ich weiß, dass ich bis dahin nichts bestätigen kann.

account-resync = Synchronisieren
account-resync-title = Codes synchronisieren
account-resync-clock = Werden die Codes nicht angenommen, geht vielleicht die Uhr falsch. Geben Sie den Code ein, der jetzt angezeigt wird, warten Sie auf den nächsten und geben Sie auch diesen ein.
account-resync-pressed = Werden die Codes nicht angenommen, wurde die Taste vielleicht zu oft gedrückt. Drücken Sie sie und geben Sie den Code ein, drücken Sie sie noch einmal und geben Sie auch diesen ein.
account-resync-first = Erster Code
account-resync-second = Nächster Code
account-done-resynced = Die Codes werden wieder angenommen.
account-resync-wrong = { $left ->
    [one] Das sind nicht zwei aufeinanderfolgende, noch nicht verwendete Codes. Sie haben noch einen Versuch, danach müssen Sie warten.
   *[other] Das sind nicht zwei aufeinanderfolgende, noch nicht verwendete Codes. Sie haben noch { $left } Versuche, danach müssen Sie warten.
}
