# Slová stránok, na ktorých si používateľ spravuje vlastné konto.

account-title = Vaše konto
account-rooms = Vaše konto
account-room-account = Konto
account-room-sessions = Relácie
account-to-account = Do vášho konta
account-back = Späť bez pokračovania
account-go-on = Pokračovať
account-error-title = Chyba:
account-note-title = Upozornenie:

account-sign-in-title = Prihlásenie
account-sign-in-lead = Tu si spravujete to, čím potvrdzujete dôležité akcie: overovacie prostriedky, kódy, heslo.
account-sign-in = Prihlásiť sa
account-sign-in-refused = Nepodarilo sa to. Skontrolujte meno a heslo. Po niekoľkých nesprávnych pokusoch musíte počkať a po mnohých vás musí odblokovať operátor.
account-sign-in-first = Dostali ste odkaz alebo kód?
account-sign-in-invited = Zvoliť si heslo
account-signed-out = Ste odhlásení.
account-sign-out = Odhlásiť sa
account-name = Používateľské meno
account-password = Heslo

account-invite-title = Zvoľte si heslo
account-invite-lead = Dostali ste pozvánku, aby ste si tu spravovali vlastné overovacie prostriedky. Najprv si zvoľte heslo.
account-invite-by-hand = Zadajte svoje používateľské meno a kód, ktorý ste dostali, a zvoľte si heslo.
account-invite-code = Kód pozvánky
account-invite-not-good = Táto pozvánka neplatí: bola už použitá, je príliš stará alebo neúplná. Požiadajte o novú.

account-password-new = Nové heslo
account-password-again = Nové heslo ešte raz
account-password-hint = Najmenej { $least } znakov. Niekoľko slov sa pamätá ľahšie než zvláštne znaky.
account-password-set = Nastaviť heslo
account-password-present = Súčasné heslo
account-password-change = Zmeniť heslo
account-password-since = Od { $when }
account-password-ends = Všade inde budete odhlásení.
account-password-differ = Heslá sa nezhodujú.
account-password-short = Má menej než { $least } znakov.
account-password-long = Má viac než 256 znakov.
account-password-common = Patrí medzi prvé, ktoré iní skúšajú. Zvoľte iné.

account-second-title = Ešte jeden krok
account-second-lead = Vaše heslo bolo správne. Teraz ukážte, že ste to vy.
account-second-leave = Prihlásiť sa ako niekto iný
account-confirm-title = Ukážte, že ste to vy
account-confirm-lead = Zmena vášho konta vyžaduje nové potvrdenie. Platí päť minút.
account-again-lead = Zmena vášho konta vyžaduje znova vaše heslo. Platí päť minút.
account-test-title = Vyskúšať { $label }
account-test-lead = Nič sa nestane, len uvidíte, či to funguje.
account-choose-legend = Potvrdiť pomocou
account-choose-first = Najprv vyberte jednu z možností.
account-choose-other = Túto možnosť teraz nemožno použiť. Vyberte inú.
account-choose-none = Teraz nemáte čím potvrdiť. Obráťte sa na helpdesk.
account-choose-another = Potvrdiť iným spôsobom
account-code-digits = Zadajte { $digits }-miestny kód.
account-code-letters = Zadajte kód, s pomlčkami alebo bez nich.
account-wrong-left = { $left ->
    [0] Nie je to správne alebo to už bolo použité. Pred ďalším pokusom musíte počkať.
    [one] Nie je to správne alebo to už bolo použité. Zostáva vám { $left } pokus, potom budete musieť počkať.
    [few] Nie je to správne alebo to už bolo použité. Zostávajú vám { $left } pokusy, potom budete musieť počkať.
   *[other] Nie je to správne alebo to už bolo použité. Zostáva vám { $left } pokusov, potom budete musieť počkať.
}
account-wait = Priveľa nesprávnych pokusov. Počkajte { $span } a potom to skúste znova.
account-locked = Priveľa nesprávnych pokusov. Odblokovať vás musí operátor.
account-pause-title = Priveľa nesprávnych pokusov: krátka prestávka
account-pause-wait = Počkajte { $span } a potom to skúste znova.
account-pause-again = Skúsiť znova
account-blocked-title = Ste zablokovaní
account-blocked-text = Bolo priveľa nesprávnych pokusov za sebou, tu alebo inde. Zavolajte na helpdesk; overia si, že ste to vy, a odblokujú vás. Ak ste to neboli vy, povedzte im to.

account-authenticators = Overovacie prostriedky
account-unprotected = Zatiaľ nemáte žiadny overovací prostriedok: vaše konto chráni len heslo a nemôžete nič potvrdiť. Pridajte si teraz nejaký.
account-add = Pridať
account-used = Naposledy použité: { $when }
account-never-used = Ešte nepoužité
account-contacts = Kontakty
account-contacts-lead = Sem vám oznamujeme, čo sa vo vašom konte mení.
account-email = E-mail
account-phone = Telefón
account-contact-none = Žiadny

account-done-welcome = Heslo je nastavené. Teraz si pridajte overovací prostriedok.
account-done-password = Heslo je zmenené. Všade inde ste odhlásení.
account-done-added = Overovací prostriedok je pridaný.
account-done-removed = Overovací prostriedok je odstránený.
account-done-renamed = Nový názov je uložený.
account-done-works = Funguje to.

account-add-title = Pridať overovací prostriedok
account-add-lead = Majte dva, aby ste mohli potvrdzovať, aj keď jeden stratíte.
account-add-passkey = Passkey
account-add-passkey-text = Váš odtlačok prsta, tvár alebo bezpečnostný kľúč: nič netreba písať a nič od vás nemožno odpozorovať.
account-add-totp = Overovacia aplikácia
account-add-totp-text = Aplikácia v telefóne zobrazuje každých 30 sekúnd nový kód.

account-totp-title = Pridať overovaciu aplikáciu
account-totp-read = Načítajte kód svojou aplikáciou
account-totp-read-text = Postačí akákoľvek aplikácia na šesťmiestne kódy. Otvorte ju a načítajte tento obrázok.
account-totp-qr = QR kód s kľúčom pre vašu aplikáciu
account-totp-open = Otvoriť v aplikácii na tomto zariadení
account-totp-by-hand = Nedá sa načítať?
account-totp-by-hand-text = Zadajte do aplikácie tento kľúč (časový, 6 číslic):
account-totp-confirm = Zadajte, čo zobrazuje
account-totp-code = 6-miestny kód
account-totp-wrong = To nie je to, čo zobrazuje. Skontrolujte, či si telefón nastavuje čas automaticky, a zadajte kód, ktorý zobrazuje teraz.
account-totp-label-usual = Overovacia aplikácia
account-too-many = Mali ste priveľa overovacích prostriedkov. Obráťte sa na helpdesk.

account-label = Názov
account-label-hint = Aby ste ho spoznali, napríklad „Telefón“ alebo „Modrý kľúč“.
account-label-unfit = Názov má 1 až 64 viditeľných znakov.
account-one-facts = Údaje o ňom
account-one-kind = Druh
account-one-since = Pridané
account-one-used = Naposledy použité
account-test = Vyskúšať
account-rename = Premenovať
account-rename-title = Premenovať
account-rename-save = Uložiť
account-remove = Odstrániť
account-keep = Ponechať
account-remove-title = Odstrániť tento overovací prostriedok?
account-remove-text = { $label } sa už nebude prijímať. Na to, čo bolo vďaka nemu zapamätané, sa budeme znova pýtať.
account-remove-last = Je to váš posledný. Bez neho nemôžete nič potvrdiť a vaše konto bude chrániť len heslo.
account-remove-sure = Viem, že je to môj posledný.
account-remove-sure-missing = Je to váš posledný. Zaškrtnite, že to viete, alebo si ho ponechajte.
account-remove-password = Je to váš posledný a vaše heslo je príliš krátke na to, aby konto chránilo samo. Najprv si zvoľte heslo s najmenej { $least } znakmi.

account-sessions-title = Kde ste prihlásení
account-sessions-lead = Ukončite to, čo nepoznáte, a potom si zmeňte heslo.
account-session-own = táto
account-session-times = Od { $since }, naposledy použité { $seen }
account-session-end = Ukončiť
account-session-end-named = Ukončiť reláciu: { $agent }
account-sessions-end = Ukončiť všetky ostatné
account-session-unnamed = Nepomenovaný program

account-kind-passkey = Passkey alebo bezpečnostný kľúč
account-kind-push = Overenie telefónom
account-kind-totp = Kód z aplikácie v telefóne
account-kind-hotp = Kód z hardvérového tokenu
account-kind-email = Kód e-mailom
account-kind-sms = Kód v SMS
account-kind-emergency = Dočasný kód od helpdesku
account-kind-recovery = Obnovovacie kódy
account-kind-other = Jednorazový kód

account-stop-foreign = Tento formulár neprišiel z našej stránky
account-stop-foreign-text = Odoslala ho iná stránka alebo bez údaja o pôvode, preto sa nič nevykonalo.
account-stop-stale = Táto stránka je neaktuálna
account-stop-stale-text = Formulár patrí k inej relácii, preto sa nič nevykonalo. Otvorte znova svoje konto a pokračujte tam.
account-stop-form = Tento formulár nemožno prečítať
account-stop-form-text = Je neúplný, príliš dlhý alebo nedorazil. Nič sa nevykonalo. Vráťte sa späť a odošlite ho znova.
account-stop-store = Teraz to nevieme zistiť
account-stop-store-text = Miesto, kde sú uložené kontá, neodpovedá. Nič sa nezmenilo. Chvíľu počkajte a skúste to znova.

account-room-requests = Požiadavky
account-requests-title = Vaše požiadavky
account-requests-lead = Čo ste mali v posledných dňoch potvrdiť a ako to dopadlo.
account-requests-none = V poslednom čase sa pre vás nič nezadržalo.
account-receipt = Potvrdenka
account-grants = Znova sa nepýtame
account-grants-lead = Čo ste potvrdili, si nejaký čas pamätáme. Ak to ukončíte, nabudúce sa znova opýtame.
account-grant-times = Potvrdené { $made }, zapamätané do { $until }
account-grant-end = Ukončiť
account-state-held = Čaká
account-state-approved = Potvrdené
account-state-forwarding = Odosiela sa
account-state-delivered = Odoslané
account-state-refused = Neprijaté aplikáciou
account-state-rejected = Odmietnuté
account-state-expired = Vypršané
account-state-failed-over = Neplatné
account-state-cancelled = Zrušené
account-state-failed = Neodoslané
account-state-unknown = Výsledok neistý

account-recovery-title = Obnovovacie kódy
account-recovery-lead = Desať kódov na papieri pre deň, keď stratíte všetko ostatné. Každý raz otvorí vaše konto, spolu s vaším heslom.
account-recovery-none = Žiadne. Vytvorte si ich, aby ste sa mohli prihlásiť, aj keď stratíte overovacie prostriedky.
account-recovery-left = { $left ->
    [0] Všetky sú použité. Vytvorte si nové.
    [one] Zostáva { $left } kód.
    [few] Zostávajú { $left } kódy.
   *[other] Zostáva { $left } kódov.
}
account-recovery-replaces = Nové kódy nahradia staré, ktoré potom neplatia.
account-recovery-make = Vytvoriť kódy
account-recovery-renew = Nové kódy
account-recovery-keep = Vytlačte si tieto kódy alebo si ich teraz zapíšte. Znova sa nezobrazia.
account-recovery-once = Každý kód platí raz. Uložte ich tam, kde ich nikto iný nenájde, nie v tomto zariadení.
account-recovery-done = Mám ich uložené

account-new-from = Nové: potvrdzuje od { $when }
account-new-until = Pridali ste ho len nedávno. Aby nikto iný nemohol použiť to, čo bolo pridané vo vašom mene, nepotvrdí nič skôr než { $when }. Prihlásiť sa ním a vyskúšať ho už môžete.
account-new-not-yet = Máte aj toto, ale na tento účel zatiaľ nie:
account-remove-others = Ostatné sú nové: nepotvrdia nič skôr než { $when }.
account-remove-sure-others = Viem, že dovtedy nemôžem nič potvrdiť.

account-resync = Zosynchronizovať
account-resync-title = Zosynchronizovať kódy
account-resync-clock = Ak sa kódy neprijímajú, možno nejdú správne hodiny. Zadajte kód, ktorý sa zobrazuje teraz, počkajte na ďalší a zadajte aj ten.
account-resync-pressed = Ak sa kódy neprijímajú, tlačidlo bolo možno stlačené priveľa ráz. Stlačte ho a zadajte kód, stlačte ho znova a zadajte aj ten.
account-resync-first = Prvý kód
account-resync-second = Ďalší kód
account-done-resynced = Kódy sa znova prijímajú.
account-resync-wrong = Toto nie sú dva po sebe idúce, ešte nepoužité kódy. Počet pokusov, ktoré vám zostávajú, než budete musieť počkať: { $left }.
