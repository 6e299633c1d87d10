# Die Worte der Codes per E-Mail und SMS.

message-code-subject = Ihr Code für { $app }
message-code-lead = Ihr Code für { $app } ({ $host }):
message-code-for = Er bestätigt dies und nichts anderes:
message-code-where = Geben Sie ihn nur auf { $portal } ein, wo Sie ihn angefordert haben. Er gilt { $time } lang, ein einziges Mal.
message-code-never = Sagen Sie diesen Code niemandem.
message-code-nobody = Niemand, der für { $app } oder Ihren Helpdesk arbeitet, fragt danach.
message-code-not-you = Wenn das nicht ist, was Sie gerade tun, verwenden Sie den Code nicht: jemand benutzt möglicherweise Ihr Konto. Informieren Sie Ihren Helpdesk.
message-sms-lead = { $app }: Code { $code } für:
message-sms-rest = Gilt { $time }. Sagen Sie ihn niemandem. Nicht von Ihnen? Nicht verwenden, Helpdesk informieren.
message-purpose-sign-in = Anmeldung bei Ihrem Konto
message-purpose-change = Änderung Ihres Kontos
message-purpose-test = Prüfung, ob Codes Sie erreichen
message-purpose-resync = Uhr eines Authentifikators stellen
message-purpose-contact = Bestätigung, dass diese Adresse Ihnen gehört
message-sent = Der { $digits }-stellige Code, der zu { $to } unterwegs ist.
message-sent-last = Der Code aus der letzten Nachricht.
message-wait = Es kann noch kein weiterer Code gesendet werden. Der letzte gilt 10 Minuten lang; warten Sie { $time } auf einen neuen.

kind-email = Code per E-Mail
kind-email-ask = Der Code aus der E-Mail
kind-email-ask-digits = Der { $digits }-stellige Code aus der E-Mail
kind-sms = Code per SMS
kind-sms-ask = Der Code aus der SMS
kind-sms-ask-digits = Der { $digits }-stellige Code aus der SMS
sent-heading = Mit dem gesendeten Code bestätigen
sent-to = Ein Code ist unterwegs zu { $to }. Er gilt 10 Minuten lang.
sent-nothing-came = Ist nichts angekommen? Eine Minute nach dem letzten Code kann ein weiterer gesendet werden. Er ersetzt den letzten.
sent-another = Weiteren Code senden
sent-wait-resend = Ein Code wurde eben erst gesendet und gilt noch. Bis zum nächsten müssen Sie noch { $time } warten.
sent-wait-none = Es wurde kein Code gesendet: Der letzte ging eben erst dorthin, für etwas anderes. Ein Code hierfür kann in { $time } gesendet werden.
sent-wait-request = Für diese Anfrage werden keine weiteren Codes gesendet. Verwenden Sie den letzten oder etwas anderes.
sent-wait-many = In letzter Zeit wurden zu viele Codes gesendet. Bis zum nächsten müssen Sie noch { $time } warten.


message-add-email = E-Mail-Adresse hinzufügen
message-add-email-text = Dorthin gehen Codes für Bestätigungen und Mitteilungen zu Ihrem Konto.
message-add-sms = Telefonnummer hinzufügen
message-add-sms-text = Dorthin gehen Codes für Bestätigungen und Mitteilungen zu Ihrem Konto als SMS.
message-add-lead = Wir senden einen Code dorthin, um zu sehen, dass sie Ihnen gehört. Sonst ändert sich nichts, bevor Sie ihn hier eingeben.
message-address-title = Ihre Adresse
message-address-email = E-Mail-Adresse
message-address-sms = Telefonnummer
message-address-sms-hint = Mit der Landesvorwahl: +41 79 123 45 67.
message-send = Code senden
message-code = Code
message-unfit-email = Das ist keine E-Mail-Adresse wie name@example.com.
message-unfit-sms = Das ist keine Telefonnummer wie +41791234567.
message-unreachable = Von hier kann nichts dorthin gesendet werden. Fragen Sie Ihren Helpdesk.
message-known = Diese haben Sie bereits.
message-wait-address = Es kann noch kein Code gesendet werden. Warten Sie { $time } und versuchen Sie es dann erneut.
message-wrong =
    { $left ->
        [one] Dieser Code ist falsch. Sie haben noch einen Versuch.
       *[other] Dieser Code ist falsch. Sie haben noch { $left } Versuche.
    }
message-gone = Es ist kein Code mehr einzugeben. Beginnen Sie von Neuem.
