# Co mají všechny stránky portálu společné, a stránky bez zadrženého požadavku.

pages-brand = Countersign
pages-warning = Nikdy nikomu neprozrazujte kód a nikdy ho nezadávejte pro něco, co jste sami nezačali.
pages-language = Jazyk
pages-language-use = Použít
pages-open-prompt = Otevřít stránku s potvrzením
pages-reference = Reference pro helpdesk: { $reference }
pages-unmade = Tuto stránku se nepodařilo vytvořit. O ničem se nerozhodlo.

home-title = Není tu co potvrdit
home-what = Na tomto místě potvrzujete důležité akce: platbu, smazání, změnu hesla. Když aplikace potřebuje vaše potvrzení, sama vás sem přivede a pak vás vrátí zpět.
home-address = Adresa skutečné stránky s potvrzením vždy začíná na { $origin }
home-account = Své ověřovací prostředky, heslo a minulé požadavky najdete ve svém účtu.
