# The prompt in a frame of the application's page.

frame-window = Otvoriť vo vlastnom okne
frame-moved = Pokračuje to vo vlastnom okne.
frame-no-script = Na toto je potrebný skript a tu je vypnutý. Otvorte to vo vlastnom okne.
frame-passkey-forbidden = Táto stránka tu nesmie žiadať o passkey. Otvorte výzvu vo vlastnom okne alebo použite niečo iné.
frame-passkey-untold = Tento prehliadač nehovorí, v čej stránke bol passkey použitý, preto tu nemôže platiť. Otvorte výzvu vo vlastnom okne alebo použite niečo iné.
frame-lost = Táto výzva bola načítaná znova
frame-lost-text = Vnútri stránky sa výzva otvorí len raz. Nič nebolo odoslané ani rozhodnuté.
frame-lost-next = Pokračujte vo vlastnom okne.
refusal-not-framed = Táto adresa je určená pre vnútro stránky
refusal-not-framed-text = Výzvu, ktorú aplikácia ukazuje vo vlastnej stránke, nemožno otvoriť inde. Nič nebolo rozhodnuté.
refusal-not-framed-next = Vráťte sa do aplikácie; tá vás k výzve privedie.
