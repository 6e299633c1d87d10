# Die Worte der Sicherheitsfragen.

question-title = Sicherheitsfragen
question-open = Fragen
question-lead = Ihr Helpdesk kann Ihnen am Telefon eine davon stellen, um sicherer zu sein, dass Sie es sind. Niemand kann Ihre Antworten lesen, und sie allein bestätigen nichts.
question-off = Sicherheitsfragen werden hier nicht mehr verwendet. Sie können Ihre entfernen.
question-few = { $kept ->
    [0] Sie haben noch keine. Es sollten { $least } sein.
   *[other] Sie haben { $kept }. Es sollten { $least } sein.
}
question-kept = { $kept ->
    [one] Sie haben eine.
   *[other] Sie haben { $kept }.
}
question-add = Frage hinzufügen
question-question = Frage
question-own-choice = Eine eigene Frage
question-own = Eigene Frage
question-own-hint = Wählen Sie eine, die nur Sie beantworten können.
question-own-only = Nur, wenn Sie oben „Eine eigene Frage“ gewählt haben. Wählen Sie eine, die nur Sie beantworten können.
question-answer = Antwort
question-answer-hint = Mindestens { $least } Buchstaben oder Ziffern. Sie muss nicht wahr sein, solange Sie sie wieder wissen. Großschreibung, Leerzeichen und Satzzeichen spielen keine Rolle.
question-answer-unfit = Eine Antwort hat mindestens { $least } Buchstaben oder Ziffern, höchstens 200, und steht nicht in der Frage.
question-keep = Speichern
question-again = Antwort ändern
question-remove = Frage entfernen
question-remove-title = Diese Frage entfernen?
question-unfit = Eine Frage hat 1 bis 200 sichtbare Zeichen.
question-taken = Diese Frage haben Sie schon. Wählen Sie eine andere.
question-enough = Sie haben schon { $most } Fragen. Entfernen Sie zuerst eine.
question-choose = Wählen Sie eine der Fragen.
question-done-kept = Die Frage ist gespeichert.
question-done-removed = Die Frage ist entfernt.
question-both = Sie haben eine Frage gewählt und eine geschrieben. Löschen Sie Ihre eigene, oder wählen Sie „Eine eigene Frage“.
