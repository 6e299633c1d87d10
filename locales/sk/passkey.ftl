# Slová o passkey.

kind-passkey = Passkey
kind-passkey-ask = Odomknite ho odtlačkom prsta, tvárou alebo jeho kódom PIN

passkey-title = Použite svoj passkey
passkey-heading = Potvrďte svojím passkey
passkey-lead = Passkey podpíše presne to, čo je na tomto lístku, a nič iné.
passkey-browser-asks = Prehliadač si ho od vás vypýta.
passkey-use = Použiť passkey
passkey-late = Trvalo to príliš dlho alebo to bolo odoslané dvakrát. Použite passkey znova.
passkey-wrong-wait = Odpoveď passkey nebolo možné prijať. Pred ďalším pokusom musíte počkať.
passkey-wrong =
    { $left ->
        [one] Odpoveď passkey nebolo možné prijať. Zostáva vám { $left } pokus, potom budete musieť počkať.
        [few] Odpoveď passkey nebolo možné prijať. Zostávajú vám { $left } pokusy, potom budete musieť počkať.
       *[other] Odpoveď passkey nebolo možné prijať. Zostáva vám { $left } pokusov, potom budete musieť počkať.
    }

# Čo hovorí skript stránky.
passkey-no-script = Passkey potrebuje skripty a tie sú v tomto prehliadači vypnuté. Povoľte ich pre túto stránku alebo použite niečo iné.
passkey-cancelled = Passkey nebol použitý: bolo to zrušené, trvalo to príliš dlho alebo sa nepodarilo odomknúť ho. Skúste to znova alebo použite niečo iné.
passkey-unsupported = Tento prehliadač tu nedokáže použiť passkey. Použite iný prehliadač alebo niečo iné.
passkey-failed = Prehliadaču sa nepodarilo použiť passkey. Skúste to znova alebo použite niečo iné.

# Vo vlastnom konte.
passkey-prove-hint = Odomknite ho odtlačkom prsta, tvárou alebo jeho kódom PIN. Prehliadač si ho od vás vypýta.
passkey-add-title = Pridať passkey
passkey-add-lead = Passkey je kľúč vo vašom počítači, telefóne alebo v bezpečnostnom kľúči. Podpíše to, čo potvrdzujete, len čo ho odomknete.
passkey-add-listed = Nech ho zariadenie ponúka samo
passkey-add-listed-hint = Vhodné pre telefóny a počítače. Do bezpečnostného kľúča sa ich zmestí len málo.
passkey-add-go = Vytvoriť passkey
passkey-add-known = Toto zariadenie už váš passkey má. Použite iné.
passkey-add-cancelled = Passkey nebol vytvorený: bolo to zrušené, trvalo to príliš dlho alebo sa nepodarilo odomknutie. Skúste to znova.
passkey-add-address = Tento portál má namiesto mena IP adresu a pre tie prehliadače passkey nevytvárajú.
passkey-add-insecure = Tento portál sa neotvára cez https a vtedy prehliadače passkey nevytvárajú.
passkey-add-gone = Trvalo to príliš dlho alebo to bolo odoslané dvakrát. Začnite znova.
passkey-add-wrong = Passkey nebolo možné prijať. Začnite znova alebo použite iný.
passkey-add-taken = Tento passkey sa už používa.
passkey-about-model = Model
passkey-about-unknown = Neuvedené
passkey-about-number = Číslo modelu (AAGUID)
passkey-about-copies = Kópie
passkey-about-synced = Jeho výrobca ho môže uchovávať aj na vašich ďalších zariadeniach
passkey-about-bound = Zostáva na tomto jednom zariadení
passkey-about-listed = Ponúka ho zariadenie
passkey-about-listed-yes = Áno
passkey-about-listed-no = Nie
