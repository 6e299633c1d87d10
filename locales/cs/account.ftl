# Slova stránek, na kterých si uživatel spravuje vlastní účet.

account-title = Váš účet
account-rooms = Váš účet
account-room-account = Účet
account-room-sessions = Relace
account-to-account = Do vašeho účtu
account-back = Zpět bez pokračování
account-go-on = Pokračovat
account-error-title = Chyba:
account-note-title = Upozornění:

account-sign-in-title = Přihlášení
account-sign-in-lead = Zde si spravujete to, čím potvrzujete důležité akce: ověřovací prostředky, kódy, heslo.
account-sign-in = Přihlásit se
account-sign-in-refused = Nepodařilo se to. Zkontrolujte jméno a heslo. Po několika nesprávných pokusech musíte počkat a po mnoha vás musí odblokovat operátor.
account-sign-in-first = Dostali jste odkaz nebo kód?
account-sign-in-invited = Zvolit si heslo
account-signed-out = Jste odhlášeni.
account-sign-out = Odhlásit se
account-name = Uživatelské jméno
account-password = Heslo

account-invite-title = Zvolte si heslo
account-invite-lead = Dostali jste pozvánku, abyste si zde spravovali vlastní ověřovací prostředky. Nejprve si zvolte heslo.
account-invite-by-hand = Zadejte své uživatelské jméno a kód, který jste dostali, a zvolte si heslo.
account-invite-code = Kód pozvánky
account-invite-not-good = Tato pozvánka neplatí: už byla použita, je příliš stará nebo neúplná. Požádejte o novou.

account-password-new = Nové heslo
account-password-again = Nové heslo ještě jednou
account-password-hint = Nejméně { $least } znaků. Několik slov se pamatuje snáze než zvláštní znaky.
account-password-set = Nastavit heslo
account-password-present = Současné heslo
account-password-change = Změnit heslo
account-password-since = Od { $when }
account-password-ends = Všude jinde budete odhlášeni.
account-password-differ = Hesla se neshodují.
account-password-short = Má méně než { $least } znaků.
account-password-long = Má více než 256 znaků.
account-password-common = Patří mezi první, která ostatní zkoušejí. Zvolte jiné.

account-second-title = Ještě jeden krok
account-second-lead = Vaše heslo bylo správné. Teď ukažte, že jste to vy.
account-second-leave = Přihlásit se jako někdo jiný
account-confirm-title = Ukažte, že jste to vy
account-confirm-lead = Změna vašeho účtu vyžaduje nové potvrzení. Platí pět minut.
account-again-lead = Změna vašeho účtu vyžaduje znovu vaše heslo. Platí pět minut.
account-test-title = Vyzkoušet { $label }
account-test-lead = Nic se nestane, jen uvidíte, zda to funguje.
account-choose-legend = Potvrdit pomocí
account-choose-first = Nejprve vyberte jednu z možností.
account-choose-other = Tuto možnost teď nelze použít. Vyberte jinou.
account-choose-none = Teď nemáte čím potvrdit. Obraťte se na helpdesk.
account-choose-another = Potvrdit jiným způsobem
account-code-digits = Zadejte { $digits }místný kód.
account-code-letters = Zadejte kód, s pomlčkami nebo bez nich.
account-wrong-left = { $left ->
    [0] Není to správně nebo to už bylo použito. Před dalším pokusem musíte počkat.
    [one] Není to správně nebo to už bylo použito. Zbývá vám { $left } pokus, pak budete muset počkat.
    [few] Není to správně nebo to už bylo použito. Zbývají vám { $left } pokusy, pak budete muset počkat.
   *[other] Není to správně nebo to už bylo použito. Zbývá vám { $left } pokusů, pak budete muset počkat.
}
account-wait = Příliš mnoho nesprávných pokusů. Počkejte { $span } a pak to zkuste znovu.
account-locked = Příliš mnoho nesprávných pokusů. Odblokovat vás musí operátor.
account-pause-title = Příliš mnoho nesprávných pokusů: krátká přestávka
account-pause-wait = Počkejte { $span } a pak to zkuste znovu.
account-pause-again = Zkusit znovu
account-blocked-title = Jste zablokováni
account-blocked-text = Bylo příliš mnoho nesprávných pokusů za sebou, zde nebo jinde. Zavolejte na helpdesk; ověří si, že jste to vy, a odblokují vás. Pokud jste to nebyli vy, řekněte jim to.

account-authenticators = Ověřovací prostředky
account-unprotected = Zatím nemáte žádný ověřovací prostředek: váš účet chrání jen heslo a nemůžete nic potvrdit. Přidejte si teď nějaký.
account-add = Přidat
account-used = Naposledy použito: { $when }
account-never-used = Ještě nepoužito
account-contacts = Kontakty
account-contacts-lead = Sem vám oznamujeme, co se ve vašem účtu mění.
account-email = E-mail
account-phone = Telefon
account-contact-none = Žádný

account-done-welcome = Heslo je nastaveno. Teď si přidejte ověřovací prostředek.
account-done-password = Heslo je změněno. Všude jinde jste odhlášeni.
account-done-added = Ověřovací prostředek je přidán.
account-done-removed = Ověřovací prostředek je odebrán.
account-done-renamed = Nový název je uložen.
account-done-works = Funguje to.

account-add-title = Přidat ověřovací prostředek
account-add-lead = Mějte dva, abyste mohli potvrzovat, i když jeden ztratíte.
account-add-passkey = Passkey
account-add-passkey-text = Váš otisk prstu, obličej nebo bezpečnostní klíč: nic není třeba psát a nic od vás nelze odkoukat.
account-add-totp = Ověřovací aplikace
account-add-totp-text = Aplikace v telefonu zobrazuje každých 30 sekund nový kód.

account-totp-title = Přidat ověřovací aplikaci
account-totp-read = Načtěte kód svou aplikací
account-totp-read-text = Postačí jakákoli aplikace na šestimístné kódy. Otevřete ji a načtěte tento obrázek.
account-totp-qr = QR kód s klíčem pro vaši aplikaci
account-totp-open = Otevřít v aplikaci na tomto zařízení
account-totp-by-hand = Nejde načíst?
account-totp-by-hand-text = Zadejte do aplikace tento klíč (časový, 6 číslic):
account-totp-confirm = Zadejte, co zobrazuje
account-totp-code = 6místný kód
account-totp-wrong = To není to, co zobrazuje. Zkontrolujte, zda si telefon nastavuje čas automaticky, a zadejte kód, který zobrazuje teď.
account-totp-label-usual = Ověřovací aplikace
account-too-many = Měli jste příliš mnoho ověřovacích prostředků. Obraťte se na helpdesk.

account-label = Název
account-label-hint = Abyste ho poznali, například „Telefon“ nebo „Modrý klíč“.
account-label-unfit = Název má 1 až 64 viditelných znaků.
account-one-facts = Údaje o něm
account-one-kind = Druh
account-one-since = Přidáno
account-one-used = Naposledy použito
account-test = Vyzkoušet
account-rename = Přejmenovat
account-rename-title = Přejmenovat
account-rename-save = Uložit
account-remove = Odebrat
account-keep = Ponechat
account-remove-title = Odebrat tento ověřovací prostředek?
account-remove-text = { $label } se už nebude přijímat. Na to, co bylo díky němu zapamatováno, se budeme znovu ptát.
account-remove-last = Je to váš poslední. Bez něj nemůžete nic potvrdit a váš účet bude chránit jen heslo.
account-remove-sure = Vím, že je to můj poslední.
account-remove-sure-missing = Je to váš poslední. Zaškrtněte, že to víte, nebo si ho ponechte.
account-remove-password = Je to váš poslední a vaše heslo je příliš krátké na to, aby účet chránilo samo. Nejprve si zvolte heslo s nejméně { $least } znaky.

account-sessions-title = Kde jste přihlášeni
account-sessions-lead = Ukončete to, co neznáte, a pak si změňte heslo.
account-session-own = tato
account-session-times = Od { $since }, naposledy použito { $seen }
account-session-end = Ukončit
account-session-end-named = Ukončit relaci: { $agent }
account-sessions-end = Ukončit všechny ostatní
account-session-unnamed = Nepojmenovaný program

account-kind-passkey = Passkey nebo bezpečnostní klíč
account-kind-push = Ověření telefonem
account-kind-totp = Kód z aplikace v telefonu
account-kind-hotp = Kód z hardwarového tokenu
account-kind-email = Kód e-mailem
account-kind-sms = Kód v SMS
account-kind-emergency = Dočasný kód od helpdesku
account-kind-recovery = Obnovovací kódy
account-kind-other = Jednorázový kód

account-stop-foreign = Tento formulář nepřišel z naší stránky
account-stop-foreign-text = Odeslala ho jiná stránka nebo bez údaje o původu, proto se nic neprovedlo.
account-stop-stale = Tato stránka je neaktuální
account-stop-stale-text = Formulář patří k jiné relaci, proto se nic neprovedlo. Otevřete znovu svůj účet a pokračujte tam.
account-stop-form = Tento formulář nelze přečíst
account-stop-form-text = Je neúplný, příliš dlouhý nebo nedorazil. Nic se neprovedlo. Vraťte se zpět a odešlete ho znovu.
account-stop-store = Teď to nedokážeme zjistit
account-stop-store-text = Místo, kde jsou uloženy účty, neodpovídá. Nic se nezměnilo. Chvíli počkejte a zkuste to znovu.

account-room-requests = Požadavky
account-requests-title = Vaše požadavky
account-requests-lead = Co jste měli v posledních dnech potvrdit a jak to dopadlo.
account-requests-none = V poslední době se pro vás nic nezadrželo.
account-receipt = Potvrzenka
account-grants = Znovu se neptáme
account-grants-lead = Co jste potvrdili, si nějakou dobu pamatujeme. Pokud to ukončíte, příště se znovu zeptáme.
account-grant-times = Potvrzeno { $made }, zapamatováno do { $until }
account-grant-end = Ukončit
account-state-held = Čeká
account-state-approved = Potvrzeno
account-state-forwarding = Odesílá se
account-state-delivered = Odesláno
account-state-refused = Nepřijato aplikací
account-state-rejected = Odmítnuto
account-state-expired = Vypršelo
account-state-failed-over = Neplatné
account-state-cancelled = Zrušeno
account-state-failed = Neodesláno
account-state-unknown = Výsledek nejistý

account-recovery-title = Obnovovací kódy
account-recovery-lead = Deset kódů na papíře pro den, kdy ztratíte všechno ostatní. Každý jednou otevře váš účet, spolu s vaším heslem.
account-recovery-none = Žádné. Vytvořte si je, abyste se mohli přihlásit, i když ztratíte ověřovací prostředky.
account-recovery-left = { $left ->
    [0] Všechny jsou použity. Vytvořte si nové.
    [one] Zbývá { $left } kód.
    [few] Zbývají { $left } kódy.
   *[other] Zbývá { $left } kódů.
}
account-recovery-replaces = Nové kódy nahradí staré, které pak neplatí.
account-recovery-make = Vytvořit kódy
account-recovery-renew = Nové kódy
account-recovery-keep = Vytiskněte si tyto kódy nebo si je teď zapište. Znovu se nezobrazí.
account-recovery-once = Každý kód platí jednou. Uložte je tam, kde je nikdo jiný nenajde, ne v tomto zařízení.
account-recovery-done = Mám je uložené

account-new-from = Nové: potvrzuje od { $when }
account-new-until = Přidali jste ho teprve nedávno. Aby nikdo jiný nemohl použít to, co bylo přidáno vaším jménem, nepotvrdí nic dříve než { $when }. Přihlásit se jím a vyzkoušet ho už můžete.
account-new-not-yet = Máte také toto, ale pro tento účel zatím ne:
account-remove-others = Ostatní jsou nové: nepotvrdí nic dříve než { $when }.
account-remove-sure-others = Vím, že do té doby nemohu nic potvrdit.

account-resync = Synchronizovat
account-resync-title = Synchronizovat kódy
account-resync-clock = Pokud se kódy nepřijímají, možná nejdou správně hodiny. Zadejte kód, který se zobrazuje teď, počkejte na další a zadejte i ten.
account-resync-pressed = Pokud se kódy nepřijímají, tlačítko bylo možná stisknuto příliš mnohokrát. Stiskněte ho a zadejte kód, stiskněte ho znovu a zadejte i ten.
account-resync-first = První kód
account-resync-second = Další kód
account-done-resynced = Kódy se znovu přijímají.
account-resync-wrong = Toto nejsou dva po sobě jdoucí, dosud nepoužité kódy. Počet pokusů, které vám zbývají, než budete muset počkat: { $left }.
