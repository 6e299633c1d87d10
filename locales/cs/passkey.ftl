# Slova o passkey.

kind-passkey = Passkey
kind-passkey-ask = Odemkněte ho otiskem prstu, obličejem nebo jeho kódem PIN

passkey-title = Použijte svůj passkey
passkey-heading = Potvrďte svým passkey
passkey-lead = Passkey podepíše přesně to, co je na tomto lístku, a nic jiného.
passkey-browser-asks = Prohlížeč si ho od vás vyžádá.
passkey-use = Použít passkey
passkey-late = Trvalo to příliš dlouho nebo to bylo odesláno dvakrát. Použijte passkey znovu.
passkey-wrong-wait = Odpověď passkey nebylo možné přijmout. Před dalším pokusem musíte počkat.
passkey-wrong =
    { $left ->
        [one] Odpověď passkey nebylo možné přijmout. Zbývá vám { $left } pokus, pak budete muset počkat.
        [few] Odpověď passkey nebylo možné přijmout. Zbývají vám { $left } pokusy, pak budete muset počkat.
       *[other] Odpověď passkey nebylo možné přijmout. Zbývá vám { $left } pokusů, pak budete muset počkat.
    }

# Co říká skript stránky.
passkey-no-script = Passkey potřebuje skripty a ty jsou v tomto prohlížeči vypnuté. Povolte je pro tuto stránku nebo použijte něco jiného.
passkey-cancelled = Passkey nebyl použit: bylo to zrušeno, trvalo to příliš dlouho nebo se ho nepodařilo odemknout. Zkuste to znovu nebo použijte něco jiného.
passkey-unsupported = Tento prohlížeč zde nedokáže použít passkey. Použijte jiný prohlížeč nebo něco jiného.
passkey-failed = Prohlížeči se nepodařilo použít passkey. Zkuste to znovu nebo použijte něco jiného.

# Ve vlastním účtu.
passkey-prove-hint = Odemkněte ho otiskem prstu, obličejem nebo jeho kódem PIN. Prohlížeč si ho od vás vyžádá.
passkey-add-title = Přidat passkey
passkey-add-lead = Passkey je klíč ve vašem počítači, telefonu nebo v bezpečnostním klíči. Podepíše to, co potvrzujete, jakmile ho odemknete.
passkey-add-listed = Ať ho zařízení nabízí samo
passkey-add-listed-hint = Vhodné pro telefony a počítače. Do bezpečnostního klíče se jich vejde jen málo.
passkey-add-go = Vytvořit passkey
passkey-add-known = Toto zařízení už váš passkey má. Použijte jiné.
passkey-add-cancelled = Passkey nebyl vytvořen: bylo to zrušeno, trvalo to příliš dlouho nebo se nepodařilo odemčení. Zkuste to znovu.
passkey-add-address = Tento portál má místo jména IP adresu a pro ty prohlížeče passkey nevytvářejí.
passkey-add-insecure = Tento portál se neotevírá přes https a tehdy prohlížeče passkey nevytvářejí.
passkey-add-gone = Trvalo to příliš dlouho nebo to bylo odesláno dvakrát. Začněte znovu.
passkey-add-wrong = Passkey nebylo možné přijmout. Začněte znovu nebo použijte jiný.
passkey-add-taken = Tento passkey se už používá.
passkey-about-model = Model
passkey-about-unknown = Neuvedeno
passkey-about-number = Číslo modelu (AAGUID)
passkey-about-copies = Kopie
passkey-about-synced = Jeho výrobce ho může uchovávat i na vašich dalších zařízeních
passkey-about-bound = Zůstává na tomto jednom zařízení
passkey-about-listed = Nabízí ho zařízení
passkey-about-listed-yes = Ano
passkey-about-listed-no = Ne
