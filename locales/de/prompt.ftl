# Was jede Seite zu einer angehaltenen Anfrage sagt.
prompt-back = Zurück zu { $app }
prompt-back-undecided = { $back }, ohne jetzt zu entscheiden
prompt-error = Fehler: { $title }
prompt-note = Hinweis: { $title }
prompt-your-confirmation = Ihre Bestätigung
prompt-what-happened = Was geschehen ist

# Der Beleg: was angehalten ist.
slip-label = Was angehalten ist
slip-many =
    { $count ->
        [one] Eine Anfrage, die { $count } Aktion ausführt
       *[other] Eine Anfrage, die { $count } Aktionen ausführt
    }
slip-values = Die Werte dieser Anfrage
slip-requested-by = Angefordert von
slip-requested-on = Am
slip-original = Im ursprünglichen Wortlaut
slip-technical = Technische Angaben
slip-request = Anfrage
slip-digest = Prüfsumme
slip-number = Nummer
slip-digest-covers = Die Prüfsumme erfasst die Anfrage Byte für Byte. Nur was sie erfasst, kann gesendet werden.
slip-until = Bis { $time }, noch { $left }
slip-spares-all = Nach Ihrer Bestätigung wird hier { $time } lang bei genau derselben Aktion nicht erneut gefragt.
slip-spares-part = Nach Ihrer Bestätigung wird hier { $time } lang bei genau derselben Aktion weniger verlangt.

# Auswählen.
prompt-title = Prüfen und bestätigen
prompt-check = Prüfen Sie das, bevor es geschieht
prompt-lead = Davon ist noch nichts bei { $app } angekommen. Es geht erst weiter, wenn Sie es bestätigen.
prompt-nothing = Sie können das nicht selbst bestätigen
prompt-nothing-why = Keiner Ihrer Authentifikatoren kann derzeit dafür verwendet werden. Fragen Sie Ihren Helpdesk und öffnen Sie diese Seite dann erneut.
prompt-confirm-with = Bestätigen mit
prompt-step = Schritt { $step } von { $steps }
prompt-submit = Weiter
prompt-choose-first = Wählen Sie zuerst eine Möglichkeit aus.
prompt-unoffered = Außerdem haben Sie, aber nicht hierfür:
prompt-unoffered-kind = diese Aktion lässt es nicht zu
prompt-unoffered-done = es hat seinen Teil getan; jetzt ist eine andere Art nötig
prompt-unoffered-elsewhere = unter dieser Adresse funktioniert es nicht
prompt-unoffered-new = es ist neu und kann ab { $when } verwendet werden
prompt-one-more = Das war richtig. Es ist noch eine Bestätigung nötig.
prompt-not-any-more = Diese Möglichkeit steht für die Anfrage nicht mehr zur Verfügung. Wählen Sie eine andere.

# Die Arten von Authentifikatoren und was einzugeben ist.
kind-totp = Code aus einer App auf dem Telefon
kind-totp-ask = Der Code, den die App gerade anzeigt
kind-totp-ask-digits = Der { $digits }-stellige Code, den die App gerade anzeigt
kind-hotp = Code von einem Hardware-Token
kind-hotp-ask = Der Code, den das Token anzeigt
kind-hotp-ask-digits = Der { $digits }-stellige Code, den das Token anzeigt
kind-emergency = Vorübergehender Code von Ihrem Helpdesk
kind-emergency-ask = Der Code, den Ihnen Ihr Helpdesk gegeben hat, mit oder ohne Bindestriche
kind-recovery = Einer der Codes, die Sie verwahren
kind-recovery-ask = Einer Ihrer noch nicht benutzten Codes, mit oder ohne Bindestriche
kind-other = Einmalcode
kind-other-ask = Der Code
kind-other-ask-digits = Der { $digits }-stellige Code

# Der Code.
code-title = Code eingeben
code-heading = Mit Ihrem Code bestätigen
code-lead = Der Code bestätigt genau das, was auf diesem Beleg steht, und nichts anderes.
code-other = Auf andere Weise bestätigen
code-missing = Geben Sie den Code ein.
code-too-long = Das ist zu lang für einen Code.
code-wrong-wait = Dieser Code ist falsch oder wurde schon verwendet. Sie müssen jetzt warten, bevor Sie es erneut versuchen.
code-wrong =
    { $left ->
        [one] Dieser Code ist falsch oder wurde schon verwendet. Sie haben noch einen Versuch, danach müssen Sie warten.
       *[other] Dieser Code ist falsch oder wurde schon verwendet. Sie haben noch { $left } Versuche, danach müssen Sie warten.
    }

# Nein sagen.
reject-why = Nicht von Ihnen oder nicht das, was Sie wollten?
reject-not-me = Das war ich nicht
reject-cancel = Abbrechen

# Zu viele falsche Codes.
pause-title = Zu viele falsche Codes
pause-short = Zu viele falsche Codes: eine kurze Pause
pause-blocked = Ihre Codes sind gesperrt
pause-lead = Es wurde nichts an { $app } gesendet. Die Anfrage ist weiterhin angehalten.
pause-what-now = Was jetzt zu tun ist
pause-wait = Warten Sie { $time }
pause-then = Versuchen Sie es dann erneut. Wenn die Codes Ihrer App nie richtig sind, prüfen Sie, ob das Telefon seine Uhr automatisch stellt.
pause-again = Erneut versuchen
pause-operator = Ein Operator muss Sie entsperren
pause-helpdesk = Es gab zu viele falsche Codes hintereinander, hier oder anderswo. Rufen Sie Ihren Helpdesk an; dort wird geprüft, dass Sie es sind, und die Sperre aufgehoben.
pause-not-you = Wenn nicht Sie die Codes eingegeben haben, sagen Sie das dort.
pause-look = Erneut nachsehen

# Genehmigt.
approved-title = Bestätigt
approved-going = Sie gelangen jetzt zurück zu { $app }; dort kommt die Anfrage nun an.
approved-close = Sie können dieses Fenster schließen; es geht in { $app } weiter.
approved-stamp = Gegengezeichnet
approved-yourself = Wenn nichts geschieht, fahren Sie selbst fort.
approved-go = Weiter in { $app }
approved-sent = Das Programm oder die Seite, von der die Anfrage kam, sendet sie jetzt, ein einziges Mal.

# Beendet. Der Stempel ist ein Wort oder zwei.
ended-open-stamp = Offen
ended-open = Das ist noch nicht abgeschlossen
ended-open-text = Öffnen Sie die Bestätigungsseite erneut.
ended-sent-stamp = Gesendet
ended-forwarding = Es wird ausgeführt
ended-forwarding-text = Es wurde gegengezeichnet und einmal an { $app } gesendet. Es gibt noch keine Antwort.
ended-delivered = Das wurde gesendet, ein einziges Mal
ended-delivered-text = Es ist bei { $app } angekommen. Wenn Sie diese Seite erneut öffnen, wird nichts gesendet.
ended-delivered-answered = Es ist bei { $app } angekommen und wurde beantwortet. Wenn Sie diese Seite erneut öffnen, wird nichts gesendet.
ended-delivered-error = Es ist bei { $app } angekommen, die Antwort war jedoch ein Fehler (Status { $status }). Sehen Sie dort nach, ob es geschehen ist.
ended-delivered-refused = Es ist bei { $app } angekommen und wurde nicht angenommen (Status { $status }): Wahrscheinlich ist die Sitzung dort abgelaufen. Von selbst wird es nicht noch einmal gesendet.
ended-rejected-stamp = Abgelehnt
ended-rejected = Es wurde abgelehnt
ended-rejected-text = Es wurde angehalten: nichts davon ist bei { $app } angekommen.
ended-rejected-reason = Der angegebene Grund: { $reason }
ended-not-me = Sie haben angegeben, dass Sie das nicht waren
ended-not-me-text = Es wurde angehalten und aufgezeichnet: nichts davon ist bei { $app } angekommen.
ended-not-me-next = Möglicherweise benutzt jemand anderes Ihr Konto. Melden Sie sich bei { $app } ab, ändern Sie Ihr Passwort und informieren Sie Ihren Helpdesk.
ended-expired-stamp = Abgelaufen
ended-expired = Die Zeit ist abgelaufen
ended-expired-text = Es wurde nicht rechtzeitig gegengezeichnet und freigegeben; nichts davon ist bei { $app } angekommen.
ended-expired-next = Wenn Sie es noch wollen, führen Sie es in { $app } erneut aus.
ended-failed-over-stamp = Ungültig
ended-failed-over = Der Stand ist verloren
ended-failed-over-text = Der Speicher des Gateways wurde umgeschaltet, während dies wartete; die letzten Entscheidungen können verloren sein. Deshalb ist es ungültig und wird nicht mehr an { $app } weitergegeben.
ended-failed-over-next = Sehen Sie in { $app } nach, ob es ausgeführt wurde. Wenn nicht und Sie es noch wollen, führen Sie es dort erneut aus.
ended-cancelled-stamp = Abgebrochen
ended-cancelled = Sie haben es zurückgenommen
ended-cancelled-text = Es wurde angehalten: nichts davon ist bei { $app } angekommen.
ended-not-sent-stamp = Nicht gesendet
ended-not-sent = Es konnte nicht gesendet werden
ended-not-sent-text = Es wurde gegengezeichnet, aber die Anwendung war nicht erreichbar: nichts davon ist bei { $app } angekommen.
ended-not-sent-next = Es wird später nicht von selbst gesendet. Versuchen Sie es erneut, wenn die Anwendung wieder funktioniert.
ended-unknown-stamp = Ungewiss
ended-unknown = Wir können nicht wissen, ob es ausgeführt wurde
ended-unknown-text = Es wurde einmal an { $app } gesendet, aber die Verbindung brach ab, bevor die Antwort kam.
ended-unknown-next = Sehen Sie in { $app } nach, ob es geschehen ist, bevor Sie es wiederholen. Wir senden es nie ein zweites Mal.
ended-back = Zurück zu { $app }
ended-go-on = Weiter in { $app }
ended-start-again = Neu beginnen in { $app }
ended-check = Nachsehen in { $app }
