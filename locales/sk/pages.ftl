# Čo majú všetky stránky portálu spoločné, a stránky bez zadržanej požiadavky.

pages-brand = Countersign
pages-warning = Nikdy nikomu neprezrádzajte kód a nikdy ho nezadávajte pre niečo, čo ste sami nezačali.
pages-language = Jazyk
pages-language-use = Použiť
pages-open-prompt = Otvoriť stránku s potvrdením
pages-reference = Referencia pre helpdesk: { $reference }
pages-unmade = Túto stránku sa nepodarilo vytvoriť. O ničom sa nerozhodlo.

home-title = Nie je tu čo potvrdiť
home-what = Na tomto mieste potvrdzujete dôležité akcie: platbu, vymazanie, zmenu hesla. Keď aplikácia potrebuje vaše potvrdenie, sama vás sem privedie a potom vás vráti späť.
home-address = Adresa skutočnej stránky s potvrdením sa vždy začína na { $origin }
home-account = Svoje overovacie prostriedky, heslo a minulé požiadavky nájdete vo svojom účte.
