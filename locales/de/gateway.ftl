# Was einem Browser auf der Adresse einer Anwendung gesagt wird.

# Ablehnungen: ein Titel und was geschehen ist.
gateway-approval-required = Dies erfordert Ihre Bestätigung
gateway-approval-required-text = Die Anfrage ist angehalten, bis sie bestätigt wird.
gateway-ambiguous-request = Diese Anfrage ist nicht lesbar
gateway-ambiguous-request-text = Die Anfrage lässt sich auf mehr als eine Weise lesen und wurde nicht weitergegeben.
gateway-unreadable-body = Diese Anfrage ist nicht lesbar
gateway-unreadable-body-text = Der Inhalt der Anfrage ist nicht lesbar und wurde nicht weitergegeben.
gateway-body-too-large = Das ist zu groß
gateway-body-too-large-text = Der Inhalt der Anfrage ist größer als das, was angehalten werden kann.
gateway-unknown-user = Sie sind hier nicht bekannt
gateway-unknown-user-text = Dies erfordert eine Bestätigung, und Ihr Konto ist dem Gateway nicht bekannt.
gateway-no-authenticator = Sie können dies noch nicht bestätigen
gateway-no-authenticator-text = Dies erfordert eine Bestätigung, und Sie haben keinen Authentifikator, der dafür gilt.
gateway-not-holdable = Dies kann nicht bestätigt werden
gateway-not-holdable-text = Dies erfordert eine Bestätigung, und eine Anfrage dieser Art kann nicht darauf warten.
gateway-quota = Zu vieles wartet
gateway-quota-text = Zu viele Anfragen warten auf Bestätigung.
gateway-cross-site-request = Dies kam von einer anderen Website
gateway-cross-site-request-text = Dies erfordert eine Bestätigung, und eine andere Website hat es angefordert.
gateway-denied-by-policy = Dies ist nicht erlaubt
gateway-denied-by-policy-text = Eine Richtlinie erlaubt dies nicht.
gateway-wrong-answer = Das war nicht richtig
gateway-wrong-answer-text = Die Antwort ist falsch.
gateway-throttled = Zu viele Versuche
gateway-throttled-text = Zu viele falsche Antworten; versuchen Sie es später erneut.
gateway-not-found = Hier ist nichts
gateway-not-found-text = Was Sie angefordert haben, gibt es nicht, oder es gehört nicht Ihnen.
gateway-conflict = Das ist jetzt nicht möglich
gateway-conflict-text = Der Zustand der angehaltenen Anfrage lässt dies nicht zu.
gateway-already-released = Dies wurde bereits ausgeführt
gateway-already-released-text = Die angehaltene Anfrage wurde bereits freigegeben; sie wird nie zweimal ausgeführt.
gateway-expired = Zu spät
gateway-expired-text = Die angehaltene Anfrage wurde nicht rechtzeitig bestätigt.
gateway-rejected = Dies wurde abgelehnt
gateway-rejected-text = Die angehaltene Anfrage wurde abgelehnt.
gateway-store-unavailable = Derzeit nicht möglich
gateway-store-unavailable-text = Das Gateway kann derzeit nicht über diese Anfrage entscheiden.
gateway-upstream-unreachable = Die Anwendung ist nicht erreichbar
gateway-upstream-unreachable-text = Die Anwendung antwortet nicht.
gateway-upstream-timeout = Die Anwendung braucht zu lange
gateway-upstream-timeout-text = Die Anwendung hat nicht rechtzeitig geantwortet.
gateway-misdirected = Diese Website gibt es hier nicht
gateway-misdirected-text = Keine Anwendung antwortet unter diesem Hostnamen.
gateway-method-refused = Diese Methode ist nicht möglich
gateway-method-refused-text = Tunnel sind hier nicht möglich.
gateway-head-too-large = Diese Anfrage ist nicht lesbar
gateway-head-too-large-text = Der Kopf der Anfrage ist zu lang.
gateway-internal = Etwas ist schiefgegangen
gateway-internal-text = Das Gateway konnte diese Anfrage nicht verarbeiten.

# Genauere Worte.
gateway-denied-closer = Eine Richtlinie erlaubt dies nicht: { $summary }.
gateway-whoami-down = Die Anwendung kann nicht gefragt werden, wer Sie sind; daher wurde nichts an sie weitergegeben. Versuchen Sie es erneut, wenn sie wieder funktioniert.
gateway-too-large-closer = Dies erfordert eine Bestätigung, und dafür können höchstens { $most } angehalten werden. Es wurde nichts an { $app } weitergegeben.
gateway-nobody = Dies erfordert eine Bestätigung, und die Anwendung sagt nicht, wer Sie sind. Melden Sie sich dort an und versuchen Sie es erneut.
gateway-cross-site-closer = Dies erfordert eine Bestätigung, und eine andere Website hat es angefordert. Wenn Sie es waren, beginnen Sie in der Anwendung von Neuem.
gateway-unreachable-approved = Die Anwendung ist nicht erreichbar. Was bestätigt wurde, bleibt bestätigt: laden Sie die Seite neu, um es erneut zu versuchen.
gateway-unreachable-nothing-sent = Die Anwendung war nicht erreichbar, und es wurde nichts an sie gesendet. Beginnen Sie in der Anwendung von Neuem.
gateway-outcome-unknown = Die Anfrage wurde gesendet, und es ist nicht bekannt, ob die Anwendung sie ausgeführt hat. Sehen Sie dort nach, bevor Sie es erneut versuchen.
gateway-named-twice = Der vorgeschaltete Proxy nennt den Benutzer mehr als einmal. Es wurde nichts weitergegeben.
gateway-no-such-user = Dies erfordert eine Bestätigung, und im Verzeichnis gibt es keinen Benutzer „{ $user }“. Wenden Sie sich an Ihre Administration.
gateway-no-authenticator-closer = Dies erfordert eine Bestätigung mit einem von: { $accepted }. Sie haben nichts davon. Bitten Sie Ihre Administration, etwas davon einzurichten, und versuchen Sie es dann erneut.
gateway-quota-yours = Zu viele Ihrer Anfragen warten auf Bestätigung. Bestätigen Sie zuerst einige oder lehnen Sie sie ab.
gateway-quota-all = Zu viele Anfragen warten auf Bestätigung. Versuchen Sie es später erneut.
gateway-guess = Was ein Browser auf Verdacht lädt, gibt nichts frei.
gateway-release-foreign = Die Freigabe kam nicht von einer Seite der Anwendung selbst.
gateway-other-request = Dieser Freigabeschlüssel gehört zu einer anderen Anfrage: { $line }.
gateway-waiting = Dies wartet noch auf seine Bestätigung: { $what }.

# Was aus einer Anfrage geworden ist; $what ist, was sie bewirkt.
gateway-over-open = Der Zustand lässt dies nicht zu: { $what }.
gateway-over-forwarding = Dies wurde freigegeben und wird ausgeführt: { $what }. Es wird nie zweimal ausgeführt.
gateway-over-delivered = Dies wurde einmal ausgeführt: { $what }. Es wird nie zweimal ausgeführt.
gateway-over-delivered-error = Dies wurde einmal gesendet: { $what }. Die Anwendung antwortete mit einem Fehler (Status { $status }); sehen Sie dort nach, ob es geschehen ist. Es wird nie zweimal ausgeführt.
gateway-over-delivered-refused = Dies wurde einmal gesendet: { $what }. Die Anwendung hat es nicht angenommen (Status { $status }), wahrscheinlich, weil die Sitzung dort abgelaufen ist. Es wird nie zweimal ausgeführt.
gateway-over-unknown = Dies wurde freigegeben, und es ist nicht bekannt, ob die Anwendung es ausgeführt hat: { $what }. Sehen Sie dort nach, bevor Sie es erneut versuchen.
gateway-over-not-sent = Dies wurde freigegeben, aber nichts ist bei der Anwendung angekommen: { $what }. Beginnen Sie in der Anwendung von Neuem.
gateway-over-rejected = Die Anwendung hat es nie erhalten: { $what }.
gateway-over-cancelled = Sie haben es zurückgenommen, und die Anwendung hat es nie erhalten: { $what }.
gateway-over-expired = Die Zeit dafür ist abgelaufen: { $what }. Es wurde nichts weitergegeben.
gateway-over-failed-over = Der Speicher des Gateways wurde umgeschaltet, während dies wartete: { $what }. Es ist ungültig und wird nicht mehr weitergegeben. Sehen Sie in der Anwendung nach, ob es ausgeführt wurde; wenn nicht, führen Sie es erneut aus.

# Seiten.
gateway-brand = Countersign
gateway-reference = Referenz für Ihren Helpdesk: { $reference }
gateway-held = Dies erfordert Ihre Bestätigung
gateway-held-text = Bisher wurde nichts an { $app } weitergegeben.
gateway-held-go = Zur Bestätigung
gateway-approved = Bestätigt
gateway-going-on = Weiter zur Anwendung.
gateway-go-on = Weiter
gateway-one-moment = Einen Moment
gateway-state-held = Wartet auf Ihre Bestätigung
gateway-state-held-text = Dies wartet auf Ihre Bestätigung. Bisher wurde nichts weitergegeben.
gateway-state-approved-text = Dies ist bestätigt und wurde noch nicht weitergegeben.
gateway-carry-out = Jetzt ausführen
gateway-to-approval = Zur Bestätigung
gateway-to-app = Zur Anwendung
gateway-back-to-app = Zurück zur Anwendung
gateway-from-here = Von hier aus ausführen
gateway-show-answer = Antwort der Anwendung anzeigen

# For a terminal.
gateway-plain-approve = Bestätigen Sie es hier, bis { $until }:
gateway-plain-then = Senden Sie danach dieselbe Anfrage noch einmal, genau wie zuvor, jedoch ohne Inhalt und mit diesem Feld im Kopf. Mit `Prefer: wait=300` wartet sie auf die Bestätigung und bringt die Antwort der Anwendung.
gateway-plain-curl = Mit curl, das den Schlüssel hier aus seiner Eingabe liest, damit ihn niemand in einer Prozessliste sieht (ergänzen Sie, woran die Anwendung Sie erkennt):

# Sent, but not taken.
gateway-refused = Bestätigt, aber von der Anwendung nicht angenommen
gateway-refused-text = Dies wurde einmal gesendet, genau wie Sie es bestätigt haben, aber die Anwendung hat nicht so geantwortet wie nach einer Ausführung. Wahrscheinlich ist die Sitzung dort abgelaufen. Von selbst wird nichts noch einmal gesendet.
gateway-refused-answer = { $app } antwortete mit Status { $status }.
gateway-refused-leads = { $app } antwortete mit Status { $status } und führt zu { $place }.
gateway-refused-follow = Der Anwendung folgen
gateway-refused-input = Was Sie eingegeben hatten
gateway-refused-input-text = Kopieren Sie es von hier, wenn Sie es erneut eingeben. Was nie gezeigt wird, etwa eine PIN, fehlt hier.
gateway-refused-more = Es war mehr, als aufbewahrt werden kann.
