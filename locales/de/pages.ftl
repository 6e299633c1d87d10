# Was allen Seiten des Portals gemeinsam ist, und die Seiten zu keiner angehaltenen Anfrage.

pages-brand = Countersign
pages-warning = Lesen Sie niemandem einen Code vor, und geben Sie nie einen für etwas ein, das Sie nicht selbst begonnen haben.
pages-language = Sprache
pages-language-use = Verwenden
pages-open-prompt = Bestätigungsseite öffnen
pages-reference = Referenz für Ihren Helpdesk: { $reference }
pages-unmade = Diese Seite konnte nicht erstellt werden. Es wurde nichts entschieden.

home-title = Hier gibt es nichts zu bestätigen
home-what = An dieser Stelle bestätigen Sie wichtige Aktionen: eine Zahlung, eine Löschung, ein geändertes Passwort. Wenn eine Anwendung Ihre Bestätigung braucht, führt sie Sie von selbst hierher und danach wieder zurück.
home-address = Die Adresse einer echten Bestätigungsseite beginnt immer mit { $origin }
home-account = Ihre Authentifikatoren, Ihr Passwort und Ihre bisherigen Anfragen finden Sie in Ihrem Konto.
