# Co říká každá stránka o zadrženém požadavku.
prompt-back = Zpět do aplikace { $app }
prompt-back-undecided = { $back } bez rozhodnutí
prompt-error = Chyba: { $title }
prompt-note = Upozornění: { $title }
prompt-your-confirmation = Vaše potvrzení
prompt-what-happened = Co se stalo

# Lístek: co je zadrženo.
slip-label = Co je zadrženo
slip-many =
    { $count ->
        [one] Jeden požadavek, který provede { $count } akci
        [few] Jeden požadavek, který provede { $count } akce
       *[other] Jeden požadavek, který provede { $count } akcí
    }
slip-values = Hodnoty tohoto požadavku
slip-requested-by = Požádal
slip-requested-on = Datum
slip-original = V původním znění
slip-technical = Technické podrobnosti
slip-request = Požadavek
slip-digest = Otisk
slip-number = Číslo
slip-digest-covers = Otisk zahrnuje požadavek bajt po bajtu. Odeslat lze jen to, co zahrnuje.
slip-until = Do { $time }, ještě { $left }
slip-spares-all = Po potvrzení se tu { $time } nebudeme na přesně stejnou akci znovu ptát.
slip-spares-part = Po potvrzení tu budeme { $time } u přesně stejné akce požadovat méně.

# Výběr.
prompt-title = Zkontrolujte a potvrďte
prompt-check = Zkontrolujte to dříve, než se to stane
prompt-lead = Do aplikace { $app } z toho zatím nic nedorazilo. Pokračuje se, až když to potvrdíte.
prompt-nothing = Toto nemůžete potvrdit sami
prompt-nothing-why = Žádný z vašich ověřovacích prostředků k tomu teď nelze použít. Obraťte se na helpdesk a pak tuto stránku otevřete znovu.
prompt-confirm-with = Potvrdit pomocí
prompt-step = Krok { $step } z { $steps }
prompt-submit = Pokračovat
prompt-choose-first = Nejprve vyberte jednu z možností.
prompt-unoffered = Máte také toto, ale ne pro tento úkon:
prompt-unoffered-kind = tento úkon jej nepřijímá
prompt-unoffered-done = svou úlohu už splnil; teď je třeba jiný druh
prompt-unoffered-elsewhere = na této adrese nefunguje
prompt-unoffered-new = je nový: lze ho použít od { $when }
prompt-one-more = To bylo správně. Je potřeba ještě jedno potvrzení.
prompt-not-any-more = Tuto možnost už pro požadavek nelze použít. Vyberte jinou.

# Druhy ověřovacích prostředků a co je třeba zadat.
kind-totp = Kód z aplikace v telefonu
kind-totp-ask = Kód, který aplikace právě zobrazuje
kind-totp-ask-digits = { $digits }místný kód, který aplikace právě zobrazuje
kind-hotp = Kód z hardwarového tokenu
kind-hotp-ask = Kód, který token zobrazuje
kind-hotp-ask-digits = { $digits }místný kód, který token zobrazuje
kind-emergency = Dočasný kód od helpdesku
kind-emergency-ask = Kód, který jste dostali od helpdesku, s pomlčkami nebo bez nich
kind-recovery = Jeden z kódů, které máte uschované
kind-recovery-ask = Jeden z vašich dosud nepoužitých kódů, s pomlčkami nebo bez nich
kind-other = Jednorázový kód
kind-other-ask = Kód
kind-other-ask-digits = { $digits }místný kód

# Kód.
code-title = Zadejte kód
code-heading = Potvrďte svým kódem
code-lead = Kód potvrzuje přesně to, co je na tomto lístku, a nic jiného.
code-other = Potvrdit jiným způsobem
code-missing = Zadejte kód.
code-too-long = Na kód je to příliš dlouhé.
code-wrong-wait = Kód není správný nebo už byl použit. Před dalším pokusem musíte chvíli počkat.
code-wrong =
    { $left ->
        [one] Kód není správný nebo už byl použit. Zbývá vám { $left } pokus, pak budete muset počkat.
        [few] Kód není správný nebo už byl použit. Zbývají vám { $left } pokusy, pak budete muset počkat.
       *[other] Kód není správný nebo už byl použit. Zbývá vám { $left } pokusů, pak budete muset počkat.
    }

# Odmítnutí.
reject-why = Není to vaše nebo to není to, co jste chtěli?
reject-not-me = Tohle jsem neudělal já
reject-cancel = Zrušit

# Příliš mnoho nesprávných kódů.
pause-title = Příliš mnoho nesprávných kódů
pause-short = Příliš mnoho nesprávných kódů: krátká přestávka
pause-blocked = Vaše kódy jsou zablokovány
pause-lead = Do aplikace { $app } se nic neodeslalo. Požadavek je stále zadržen.
pause-what-now = Co teď
pause-wait = Počkejte { $time }
pause-then = Pak to zkuste znovu. Pokud kódy z aplikace v telefonu nikdy nejsou správné, zkontrolujte, zda si telefon nastavuje čas automaticky.
pause-again = Zkusit znovu
pause-operator = Odblokovat vás musí operátor
pause-helpdesk = Bylo zadáno příliš mnoho nesprávných kódů za sebou, zde nebo jinde. Zavolejte na helpdesk; ověří si, že jste to vy, a odblokují vás.
pause-not-you = Pokud jste kódy nezadávali vy, řekněte jim to.
pause-look = Podívat se znovu

# Schváleno.
approved-title = Potvrzeno
approved-going = Vracíte se do aplikace { $app }, která teď požadavek dostane.
approved-close = Toto okno můžete zavřít; pokračuje se v aplikaci { $app }.
approved-stamp = Potvrzeno
approved-yourself = Pokud se nic neděje, pokračujte sami.
approved-go = Pokračovat v aplikaci { $app }
approved-sent = Program nebo stránka, která o to požádala, to teď odešle, a to jedinkrát.

# Ukončeno. Razítko je jedno či dvě slova.
ended-open-stamp = Otevřeno
ended-open = Tohle ještě není ukončeno
ended-open-text = Otevřete znovu stránku s potvrzením.
ended-sent-stamp = Odesláno
ended-forwarding = Právě se to provádí
ended-forwarding-text = Bylo to potvrzeno a jednou odesláno do aplikace { $app }. Odpověď ještě nepřišla.
ended-delivered = Tohle bylo odesláno, a to jedinkrát
ended-delivered-text = Do aplikace { $app } to dorazilo. Opětovným otevřením této stránky se nic neodešle.
ended-delivered-answered = Do aplikace { $app } to dorazilo a aplikace odpověděla. Opětovným otevřením této stránky se nic neodešle.
ended-delivered-error = Do aplikace { $app } to dorazilo, ale odpovědí byla chyba (stav { $status }). Podívejte se tam, zda se to provedlo.
ended-delivered-refused = Do aplikace { $app } to dorazilo, ale aplikace to nepřijala (stav { $status }): relace tam nejspíš skončila. Samo se to znovu neodešle.
ended-rejected-stamp = Odmítnuto
ended-rejected = Bylo to odmítnuto
ended-rejected-text = Bylo to zastaveno: do aplikace { $app } z toho nic nedorazilo.
ended-rejected-reason = Uvedený důvod: { $reason }
ended-not-me = Uvedli jste, že jste to neudělali vy
ended-not-me-text = Bylo to zastaveno a zaznamenáno: do aplikace { $app } z toho nic nedorazilo.
ended-not-me-next = Váš účet možná používá někdo jiný. Odhlaste se z aplikace { $app }, změňte si heslo a oznamte to helpdesku.
ended-expired-stamp = Vypršelo
ended-expired = Čas vypršel
ended-expired-text = Nebylo to včas potvrzeno a uvolněno, takže do aplikace { $app } z toho nic nedorazilo.
ended-expired-next = Pokud to stále chcete, udělejte to v aplikaci { $app } znovu.
ended-failed-over-stamp = Neplatné
ended-failed-over = Stav se ztratil
ended-failed-over-text = Úložiště brány se během čekání přepnulo a poslední rozhodnutí mohla být ztracena. Proto je to neplatné a do aplikace { $app } se to už nepředá.
ended-failed-over-next = Podívejte se v aplikaci { $app }, zda to bylo provedeno. Pokud ne a stále to chcete, udělejte to tam znovu.
ended-cancelled-stamp = Zrušeno
ended-cancelled = Vzali jste to zpět
ended-cancelled-text = Bylo to zastaveno: do aplikace { $app } z toho nic nedorazilo.
ended-not-sent-stamp = Neodesláno
ended-not-sent = Nepodařilo se to odeslat
ended-not-sent-text = Bylo to potvrzeno, ale aplikace byla nedostupná: do aplikace { $app } z toho nic nedorazilo.
ended-not-sent-next = Později se to samo neodešle. Zkuste to znovu, až bude aplikace fungovat.
ended-unknown-stamp = Nejisté
ended-unknown = Nemůžeme vědět, zda se to provedlo
ended-unknown-text = Bylo to jednou odesláno do aplikace { $app }, ale spojení se přerušilo dříve, než přišla odpověď.
ended-unknown-next = Než to zopakujete, podívejte se v aplikaci { $app }, zda se to provedlo. Dvakrát to nikdy neodešleme.
ended-back = Zpět do aplikace { $app }
ended-go-on = Pokračovat v aplikaci { $app }
ended-start-again = Začít znovu v aplikaci { $app }
ended-check = Podívat se v aplikaci { $app }
