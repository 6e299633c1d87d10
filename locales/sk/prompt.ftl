# Čo hovorí každá stránka o zadržanej požiadavke.
prompt-back = Späť do aplikácie { $app }
prompt-back-undecided = { $back } bez rozhodnutia
prompt-error = Chyba: { $title }
prompt-note = Upozornenie: { $title }
prompt-your-confirmation = Vaše potvrdenie
prompt-what-happened = Čo sa stalo

# Lístok: čo je zadržané.
slip-label = Čo je zadržané
slip-many =
    { $count ->
        [one] Jedna požiadavka, ktorá vykoná { $count } akciu
        [few] Jedna požiadavka, ktorá vykoná { $count } akcie
       *[other] Jedna požiadavka, ktorá vykoná { $count } akcií
    }
slip-values = Hodnoty tejto požiadavky
slip-requested-by = Požiadal
slip-requested-on = Dátum
slip-original = V pôvodnom znení
slip-technical = Technické podrobnosti
slip-request = Požiadavka
slip-digest = Odtlačok
slip-number = Číslo
slip-digest-covers = Odtlačok zahŕňa požiadavku bajt po bajte. Odoslať možno len to, čo zahŕňa.
slip-until = Do { $time }, ešte { $left }
slip-spares-all = Po potvrdení sa tu { $time } nebudeme na presne rovnakú akciu znova pýtať.
slip-spares-part = Po potvrdení budeme tu { $time } na presne rovnakú akciu žiadať menej.

# Výber.
prompt-title = Skontrolujte a potvrďte
prompt-check = Skontrolujte to skôr, než sa to stane
prompt-lead = Do aplikácie { $app } z toho zatiaľ nič nedorazilo. Pokračuje sa, až keď to potvrdíte.
prompt-nothing = Toto nemôžete potvrdiť sami
prompt-nothing-why = Žiadny z vašich overovacích prostriedkov sa na to teraz nedá použiť. Obráťte sa na helpdesk a potom túto stránku otvorte znova.
prompt-confirm-with = Potvrdiť pomocou
prompt-step = Krok { $step } z { $steps }
prompt-submit = Pokračovať
prompt-choose-first = Najprv vyberte jednu z možností.
prompt-unoffered = Máte aj toto, ale nie na tento úkon:
prompt-unoffered-kind = tento úkon ho neprijíma
prompt-unoffered-done = svoju úlohu už splnil; teraz treba iný druh
prompt-unoffered-elsewhere = na tejto adrese nefunguje
prompt-unoffered-new = je nový: možno ho použiť od { $when }
prompt-one-more = To bolo správne. Je potrebné ešte jedno potvrdenie.
prompt-not-any-more = Túto možnosť už pre požiadavku nemožno použiť. Vyberte inú.

# Druhy overovacích prostriedkov a čo treba zadať.
kind-totp = Kód z aplikácie v telefóne
kind-totp-ask = Kód, ktorý aplikácia práve zobrazuje
kind-totp-ask-digits = { $digits }-miestny kód, ktorý aplikácia práve zobrazuje
kind-hotp = Kód z hardvérového tokenu
kind-hotp-ask = Kód, ktorý token zobrazuje
kind-hotp-ask-digits = { $digits }-miestny kód, ktorý token zobrazuje
kind-emergency = Dočasný kód od helpdesku
kind-emergency-ask = Kód, ktorý ste dostali od helpdesku, s pomlčkami alebo bez nich
kind-recovery = Jeden z kódov, ktoré máte odložené
kind-recovery-ask = Jeden z vašich ešte nepoužitých kódov, s pomlčkami alebo bez nich
kind-other = Jednorazový kód
kind-other-ask = Kód
kind-other-ask-digits = { $digits }-miestny kód

# Kód.
code-title = Zadajte kód
code-heading = Potvrďte svojím kódom
code-lead = Kód potvrdzuje presne to, čo je na tomto lístku, a nič iné.
code-other = Potvrdiť iným spôsobom
code-missing = Zadajte kód.
code-too-long = Na kód je to príliš dlhé.
code-wrong-wait = Kód nie je správny alebo už bol použitý. Pred ďalším pokusom musíte chvíľu počkať.
code-wrong =
    { $left ->
        [one] Kód nie je správny alebo už bol použitý. Zostáva vám { $left } pokus, potom budete musieť počkať.
        [few] Kód nie je správny alebo už bol použitý. Zostávajú vám { $left } pokusy, potom budete musieť počkať.
       *[other] Kód nie je správny alebo už bol použitý. Zostáva vám { $left } pokusov, potom budete musieť počkať.
    }

# Odmietnutie.
reject-why = Nie je to vaše alebo to nie je to, čo ste chceli?
reject-not-me = Neurobil som to ja
reject-cancel = Zrušiť

# Priveľa nesprávnych kódov.
pause-title = Priveľa nesprávnych kódov
pause-short = Priveľa nesprávnych kódov: krátka prestávka
pause-blocked = Vaše kódy sú zablokované
pause-lead = Do aplikácie { $app } sa nič neodoslalo. Požiadavka je stále zadržaná.
pause-what-now = Čo teraz
pause-wait = Počkajte { $time }
pause-then = Potom to skúste znova. Ak kódy z aplikácie v telefóne nikdy nie sú správne, skontrolujte, či si telefón nastavuje čas automaticky.
pause-again = Skúsiť znova
pause-operator = Odblokovať vás musí operátor
pause-helpdesk = Bolo zadaných priveľa nesprávnych kódov za sebou, tu alebo inde. Zavolajte na helpdesk; overia si, že ste to vy, a odblokujú vás.
pause-not-you = Ak ste kódy nezadávali vy, povedzte im to.
pause-look = Pozrieť znova

# Schválené.
approved-title = Potvrdené
approved-going = Vraciate sa do aplikácie { $app }, ktorá teraz požiadavku dostane.
approved-close = Toto okno môžete zavrieť; pokračuje sa v aplikácii { $app }.
approved-stamp = Potvrdené
approved-yourself = Ak sa nič nedeje, pokračujte sami.
approved-go = Pokračovať v aplikácii { $app }
approved-sent = Program alebo stránka, ktorá o to požiadala, to teraz odošle, a to jediný raz.

# Ukončené. Pečiatka je jedno či dve slová.
ended-open-stamp = Otvorené
ended-open = Toto ešte nie je ukončené
ended-open-text = Otvorte znova stránku s potvrdením.
ended-sent-stamp = Odoslané
ended-forwarding = Práve sa to vykonáva
ended-forwarding-text = Bolo to potvrdené a raz odoslané do aplikácie { $app }. Odpoveď ešte neprišla.
ended-delivered = Toto bolo odoslané, a to jediný raz
ended-delivered-text = Do aplikácie { $app } to dorazilo. Opätovným otvorením tejto stránky sa nič neodošle.
ended-delivered-answered = Do aplikácie { $app } to dorazilo a aplikácia odpovedala. Opätovným otvorením tejto stránky sa nič neodošle.
ended-delivered-error = Do aplikácie { $app } to dorazilo, ale odpoveďou bola chyba (stav { $status }). Pozrite sa tam, či sa to vykonalo.
ended-delivered-refused = Do aplikácie { $app } to dorazilo, ale aplikácia to neprijala (stav { $status }): relácia tam najskôr skončila. Samo sa to znova neodošle.
ended-rejected-stamp = Odmietnuté
ended-rejected = Bolo to odmietnuté
ended-rejected-text = Bolo to zastavené: do aplikácie { $app } z toho nič nedorazilo.
ended-rejected-reason = Uvedený dôvod: { $reason }
ended-not-me = Uviedli ste, že ste to neurobili vy
ended-not-me-text = Bolo to zastavené a zaznamenané: do aplikácie { $app } z toho nič nedorazilo.
ended-not-me-next = Vaše konto možno používa niekto iný. Odhláste sa z aplikácie { $app }, zmeňte si heslo a oznámte to helpdesku.
ended-expired-stamp = Vypršané
ended-expired = Čas vypršal
ended-expired-text = Nebolo to včas potvrdené a uvoľnené, takže do aplikácie { $app } z toho nič nedorazilo.
ended-expired-next = Ak to stále chcete, urobte to v aplikácii { $app } znova.
ended-failed-over-stamp = Neplatné
ended-failed-over = Stav sa stratil
ended-failed-over-text = Úložisko brány sa počas čakania preplo a posledné rozhodnutia sa mohli stratiť. Preto je to neplatné a do aplikácie { $app } sa to už neodovzdá.
ended-failed-over-next = Pozrite sa v aplikácii { $app }, či sa to vykonalo. Ak nie a stále to chcete, urobte to tam znova.
ended-cancelled-stamp = Zrušené
ended-cancelled = Vzali ste to späť
ended-cancelled-text = Bolo to zastavené: do aplikácie { $app } z toho nič nedorazilo.
ended-not-sent-stamp = Neodoslané
ended-not-sent = Nepodarilo sa to odoslať
ended-not-sent-text = Bolo to potvrdené, ale aplikácia bola nedostupná: do aplikácie { $app } z toho nič nedorazilo.
ended-not-sent-next = Neskôr sa to samo neodošle. Skúste to znova, keď bude aplikácia fungovať.
ended-unknown-stamp = Neisté
ended-unknown = Nemôžeme vedieť, či sa to vykonalo
ended-unknown-text = Bolo to raz odoslané do aplikácie { $app }, ale spojenie sa prerušilo skôr, než prišla odpoveď.
ended-unknown-next = Skôr než to zopakujete, pozrite sa v aplikácii { $app }, či sa to vykonalo. Dvakrát to nikdy neodošleme.
ended-back = Späť do aplikácie { $app }
ended-go-on = Pokračovať v aplikácii { $app }
ended-start-again = Začať znova v aplikácii { $app }
ended-check = Pozrieť sa v aplikácii { $app }
