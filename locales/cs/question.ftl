# Slova ověřovacích otázek.

question-title = Ověřovací otázky
question-open = Otázky
question-lead = Helpdesk vám může po telefonu položit jednu z nich, aby si byl jistější, že jste to vy. Vaše odpovědi nemůže nikdo číst a samy o sobě nic nepotvrzují.
question-off = Ověřovací otázky se zde už nepoužívají. Své můžete odstranit.
question-few = { $kept ->
    [0] Zatím nemáte žádnou. Doporučený počet: { $least }.
   *[other] Počet vašich otázek: { $kept }. Doporučený počet: { $least }.
}
question-kept = Počet vašich otázek: { $kept }.
question-add = Přidat otázku
question-question = Otázka
question-own-choice = Vlastní otázka
question-own = Vaše vlastní otázka
question-own-hint = Zvolte takovou, na kterou umíte odpovědět jen vy.
question-own-only = Jen pokud jste výše vybrali „Vlastní otázka“. Zvolte takovou, na kterou umíte odpovědět jen vy.
question-answer = Odpověď
question-answer-hint = Nejmenší počet písmen nebo číslic: { $least }. Nemusí být pravdivá, stačí, že si na ni vzpomenete. Na velkých písmenech, mezerách a interpunkci nezáleží.
question-answer-unfit = Nejmenší počet písmen nebo číslic odpovědi je { $least }, největší 200, a odpověď nesmí stát v otázce.
question-keep = Uložit
question-again = Změnit odpověď
question-remove = Odstranit otázku
question-remove-title = Odstranit tuto otázku?
question-unfit = Otázka má 1 až 200 viditelných znaků.
question-taken = Tuto otázku už máte. Vyberte jinou.
question-enough = Největší počet otázek je { $most }. Nejprve jednu odstraňte.
question-choose = Vyberte jednu z otázek.
question-done-kept = Otázka je uložena.
question-done-removed = Otázka je odstraněna.
question-both = Vybrali jste otázku a napsali i vlastní. Vymažte svou, nebo vyberte „Vlastní otázka“.
