# Slová overovacích otázok.

question-title = Overovacie otázky
question-open = Otázky
question-lead = Helpdesk vám môže po telefóne položiť jednu z nich, aby si bol istejší, že ste to vy. Vaše odpovede nemôže nikto čítať a samy osebe nič nepotvrdzujú.
question-off = Overovacie otázky sa tu už nepoužívajú. Svoje môžete odstrániť.
question-few = { $kept ->
    [0] Zatiaľ nemáte žiadnu. Odporúčaný počet: { $least }.
   *[other] Počet vašich otázok: { $kept }. Odporúčaný počet: { $least }.
}
question-kept = Počet vašich otázok: { $kept }.
question-add = Pridať otázku
question-question = Otázka
question-own-choice = Vlastná otázka
question-own = Vaša vlastná otázka
question-own-hint = Zvoľte takú, na ktorú viete odpovedať iba vy.
question-own-only = Iba ak ste vyššie vybrali „Vlastná otázka“. Zvoľte takú, na ktorú viete odpovedať iba vy.
question-answer = Odpoveď
question-answer-hint = Najmenší počet písmen alebo číslic: { $least }. Nemusí byť pravdivá, stačí, že si na ňu spomeniete. Na veľkých písmenách, medzerách a interpunkcii nezáleží.
question-answer-unfit = Najmenší počet písmen alebo číslic odpovede je { $least }, najväčší 200, a odpoveď sa nesmie nachádzať v otázke.
question-keep = Uložiť
question-again = Zmeniť odpoveď
question-remove = Odstrániť otázku
question-remove-title = Odstrániť túto otázku?
question-unfit = Otázka má 1 až 200 viditeľných znakov.
question-taken = Túto otázku už máte. Vyberte inú.
question-enough = Najväčší počet otázok je { $most }. Najprv jednu odstráňte.
question-choose = Vyberte jednu z otázok.
question-done-kept = Otázka je uložená.
question-done-removed = Otázka je odstránená.
question-both = Vybrali ste otázku a napísali aj vlastnú. Vymažte svoju, alebo vyberte „Vlastná otázka“.
