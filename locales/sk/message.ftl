# Slová kódov posielaných e-mailom a v SMS.

message-code-subject = Váš kód pre aplikáciu { $app }
message-code-lead = Váš kód pre aplikáciu { $app } ({ $host }):
message-code-for = Potvrdzuje toto a nič iné:
message-code-where = Zadajte ho len na { $portal }, kde ste oň požiadali. Platí { $time }, a to raz.
message-code-never = Tento kód nikomu neprezrádzajte.
message-code-nobody = Nikto, kto pracuje pre aplikáciu { $app } alebo pre helpdesk, ho od vás nebude žiadať.
message-code-not-you = Ak to nie je to, čo práve robíte, kód nepoužite: vaše konto možno používa niekto iný. Oznámte to helpdesku.
message-sms-lead = { $app }: kód { $code } pre:
message-sms-rest = Platí { $time }. Nikomu ho neprezrádzajte. Nie ste to vy? Nepoužite ho a oznámte to helpdesku.
message-purpose-sign-in = Prihlásenie do vášho konta
message-purpose-change = Zmena vášho konta
message-purpose-test = Overenie, či k vám kódy dorazia
message-purpose-resync = Nastavenie hodín overovacieho prostriedku
message-purpose-contact = Potvrdenie, že táto adresa je vaša
message-sent = { $digits }-miestny kód, ktorý je na ceste na { $to }.
message-sent-last = Kód z poslednej správy.
message-wait = Ďalší kód zatiaľ nemožno odoslať. Posledný platí 10 minút; na nový počkajte { $time }.

kind-email = Kód e-mailom
kind-email-ask = Kód z e-mailu
kind-email-ask-digits = { $digits }-miestny kód z e-mailu
kind-sms = Kód v SMS
kind-sms-ask = Kód zo SMS
kind-sms-ask-digits = { $digits }-miestny kód zo SMS
sent-heading = Potvrďte zaslaným kódom
sent-to = Kód je na ceste na { $to }. Platí 10 minút.
sent-nothing-came = Nič neprišlo? Minútu po poslednom kóde možno poslať ďalší. Ten nahradí posledný.
sent-another = Poslať ďalší kód
sent-wait-resend = Kód bol odoslaný pred chvíľou a ešte platí. Ďalší možno poslať o { $time }.
sent-wait-none = Žiadny kód nebol odoslaný: posledný tam išiel pred chvíľou, na niečo iné. Kód na toto možno poslať o { $time }.
sent-wait-request = Pre túto požiadavku sa už ďalšie kódy neposielajú. Použite posledný alebo niečo iné.
sent-wait-many = V poslednom čase bolo odoslaných priveľa kódov. Ďalší možno poslať o { $time }.


message-add-email = Pridať e-mailovú adresu
message-add-email-text = Posielajú sa tam kódy na potvrdenie a oznámenia o vašom konte.
message-add-sms = Pridať telefónne číslo
message-add-sms-text = Posielajú sa tam kódy na potvrdenie a oznámenia o vašom konte ako SMS.
message-add-lead = Pošleme tam kód, aby sme videli, že patrí vám. Kým ho sem nezadáte, nič iné sa nezmení.
message-address-title = Vaša adresa
message-address-email = E-mailová adresa
message-address-sms = Telefónne číslo
message-address-sms-hint = S predvoľbou krajiny: +41 79 123 45 67.
message-send = Poslať kód
message-code = Kód
message-unfit-email = To nie je e-mailová adresa v tvare meno@example.com.
message-unfit-sms = To nie je telefónne číslo v tvare +41791234567.
message-unreachable = Odtiaľto sa tam nedá nič poslať. Obráťte sa na helpdesk.
message-known = To už máte.
message-wait-address = Kód zatiaľ nemožno poslať. Skúste to znova o { $time }.
message-wrong =
    { $left ->
        [one] Kód nie je správny. Zostáva vám { $left } pokus.
        [few] Kód nie je správny. Zostávajú vám { $left } pokusy.
       *[other] Kód nie je správny. Zostáva vám { $left } pokusov.
    }
message-gone = Už niet kódu, ktorý by sa dal zadať. Začnite znova.
