# The prompt in a frame of the application's page.

frame-window = Otevřít ve vlastním okně
frame-moved = Pokračuje to ve vlastním okně.
frame-no-script = K tomu je potřeba skript a zde je vypnutý. Otevřete to ve vlastním okně.
frame-passkey-forbidden = Tato stránka zde nesmí žádat o passkey. Otevřete výzvu ve vlastním okně, nebo použijte něco jiného.
frame-passkey-untold = Tento prohlížeč neříká, v čí stránce byl passkey použit, proto zde nemůže platit. Otevřete výzvu ve vlastním okně, nebo použijte něco jiného.
frame-lost = Tato výzva byla načtena znovu
frame-lost-text = Uvnitř stránky se výzva otevře jen jednou. Nic nebylo odesláno ani rozhodnuto.
frame-lost-next = Pokračujte ve vlastním okně.
refusal-not-framed = Tato adresa je určena pro vnitřek stránky
refusal-not-framed-text = Výzvu, kterou aplikace ukazuje ve vlastní stránce, nelze otevřít jinde. Nic nebylo rozhodnuto.
refusal-not-framed-next = Vraťte se do aplikace; ta vás k výzvě dovede.
