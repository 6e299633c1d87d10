# Čo sa prehliadaču povie na adrese aplikácie.

# Odmietnutia: nadpis a čo sa stalo.
gateway-approval-required = Toto vyžaduje vaše potvrdenie
gateway-approval-required-text = Požiadavka je zadržaná, kým nebude potvrdená.
gateway-ambiguous-request = Túto požiadavku nemožno prečítať
gateway-ambiguous-request-text = Požiadavku možno čítať viacerými spôsobmi, preto nebola odovzdaná ďalej.
gateway-unreadable-body = Túto požiadavku nemožno prečítať
gateway-unreadable-body-text = Telo požiadavky nemožno prečítať, preto nebola odovzdaná ďalej.
gateway-body-too-large = Toto je príliš veľké
gateway-body-too-large-text = Telo požiadavky je väčšie, než možno zadržať.
gateway-unknown-user = Tu vás nepoznáme
gateway-unknown-user-text = Toto vyžaduje potvrdenie a brána vaše konto nepozná.
gateway-no-authenticator = Toto zatiaľ nemôžete potvrdiť
gateway-no-authenticator-text = Toto vyžaduje potvrdenie a nemáte žiadny overovací prostriedok, ktorý by naň platil.
gateway-not-holdable = Toto nemožno potvrdiť
gateway-not-holdable-text = Toto vyžaduje potvrdenie a požiadavka tohto druhu naň nemôže čakať.
gateway-quota = Čaká toho priveľa
gateway-quota-text = Na potvrdenie čaká priveľa požiadaviek.
gateway-cross-site-request = Toto prišlo z inej webovej lokality
gateway-cross-site-request-text = Toto vyžaduje potvrdenie a požiadala o to iná webová lokalita.
gateway-denied-by-policy = Toto nie je dovolené
gateway-denied-by-policy-text = Pravidlá to nedovoľujú.
gateway-wrong-answer = To nebolo správne
gateway-wrong-answer-text = Odpoveď je nesprávna.
gateway-throttled = Priveľa pokusov
gateway-throttled-text = Priveľa nesprávnych odpovedí; skúste to neskôr.
gateway-not-found = Nič tu nie je
gateway-not-found-text = To, čo ste žiadali, neexistuje alebo nie je vaše.
gateway-conflict = Teraz to nie je možné
gateway-conflict-text = Stav zadržanej požiadavky to nedovoľuje.
gateway-already-released = Toto už bolo vykonané
gateway-already-released-text = Zadržaná požiadavka už bola uvoľnená; nikdy sa nevykoná dvakrát.
gateway-expired = Príliš neskoro
gateway-expired-text = Zadržaná požiadavka nebola včas potvrdená.
gateway-rejected = Toto bolo odmietnuté
gateway-rejected-text = Zadržaná požiadavka bola odmietnutá.
gateway-store-unavailable = Momentálne to nie je možné
gateway-store-unavailable-text = Brána momentálne nemôže o tejto požiadavke rozhodnúť.
gateway-upstream-unreachable = Aplikácia je nedostupná
gateway-upstream-unreachable-text = Aplikácia neodpovedá.
gateway-upstream-timeout = Aplikácii to trvá príliš dlho
gateway-upstream-timeout-text = Aplikácia neodpovedala včas.
gateway-misdirected = Takáto webová lokalita tu nie je
gateway-misdirected-text = Pod týmto menom hostiteľa neodpovedá žiadna aplikácia.
gateway-method-refused = Táto metóda nie je možná
gateway-method-refused-text = Tunely tu nie sú možné.
gateway-head-too-large = Túto požiadavku nemožno prečítať
gateway-head-too-large-text = Hlavička požiadavky je príliš dlhá.
gateway-internal = Niečo sa pokazilo
gateway-internal-text = Brána nedokázala túto požiadavku spracovať.

# Presnejšie slová.
gateway-denied-closer = Pravidlá to nedovoľujú: { $summary }.
gateway-whoami-down = Aplikácie sa nemožno opýtať, kto ste, preto sa jej nič neodovzdalo. Skúste to znova, keď bude fungovať.
gateway-too-large-closer = Toto vyžaduje potvrdenie a zadržať preň možno najviac { $most }. Aplikácii { $app } sa nič neodovzdalo.
gateway-nobody = Toto vyžaduje potvrdenie a aplikácia neuvádza, kto ste. Prihláste sa do nej a skúste to znova.
gateway-cross-site-closer = Toto vyžaduje potvrdenie a požiadala o to iná webová lokalita. Ak ste to boli vy, začnite znova v aplikácii.
gateway-unreachable-approved = Aplikácia je nedostupná. Čo bolo potvrdené, zostáva potvrdené: obnovte stránku a skúste to znova.
gateway-unreachable-nothing-sent = Aplikácia bola nedostupná a nič sa do nej neodoslalo. Začnite znova v aplikácii.
gateway-outcome-unknown = Požiadavka bola odoslaná a nevie sa, či ju aplikácia vykonala. Skôr než to skúsite znova, pozrite sa tam.
gateway-named-twice = Predradený proxy server uvádza používateľa viac než raz. Nič sa neodovzdalo ďalej.
gateway-no-such-user = Toto vyžaduje potvrdenie a v adresári nie je používateľ „{ $user }“. Obráťte sa na svojho správcu.
gateway-no-authenticator-closer = Toto vyžaduje potvrdenie jedným z týchto prostriedkov: { $accepted }. Nemáte ani jeden z nich. Požiadajte svojho správcu, aby vám niektorý zriadil, a skúste to znova.
gateway-quota-yours = Na potvrdenie čaká priveľa vašich požiadaviek. Najprv niektoré potvrďte alebo odmietnite.
gateway-quota-all = Na potvrdenie čaká priveľa požiadaviek. Skúste to neskôr.
gateway-guess = Čo prehliadač načíta dopredu, nič neuvoľní.
gateway-release-foreign = Uvoľnenie neprišlo zo stránky samotnej aplikácie.
gateway-other-request = Toto oprávnenie patrí k inej požiadavke: { $line }.
gateway-waiting = Toto ešte čaká na potvrdenie: { $what }.

# Čo sa stalo s požiadavkou; $what je to, čo vykonáva.
gateway-over-open = Stav to nedovoľuje: { $what }.
gateway-over-forwarding = Toto bolo uvoľnené a práve sa vykonáva: { $what }. Nikdy sa to nevykoná dvakrát.
gateway-over-delivered = Toto bolo raz vykonané: { $what }. Nikdy sa to nevykoná dvakrát.
gateway-over-delivered-error = Toto bolo raz odoslané: { $what }. Aplikácia odpovedala chybou (stav { $status }); pozrite sa tam, či sa to vykonalo. Nikdy sa to nevykoná dvakrát.
gateway-over-delivered-refused = Toto bolo raz odoslané: { $what }. Aplikácia to neprijala (stav { $status }), najskôr preto, že tam relácia skončila. Nikdy sa to nevykoná dvakrát.
gateway-over-unknown = Toto bolo uvoľnené a nevie sa, či to aplikácia vykonala: { $what }. Skôr než to skúsite znova, pozrite sa tam.
gateway-over-not-sent = Toto bolo uvoľnené, ale do aplikácie nič nedorazilo: { $what }. Začnite znova v aplikácii.
gateway-over-rejected = Aplikácia to nikdy nedostala: { $what }.
gateway-over-cancelled = Vzali ste to späť a aplikácia to nikdy nedostala: { $what }.
gateway-over-expired = Čas na to vypršal: { $what }. Nič sa neodovzdalo ďalej.
gateway-over-failed-over = Úložisko brány sa počas čakania preplo: { $what }. Je to neplatné a už sa to neodovzdá ďalej. Pozrite sa v aplikácii, či sa to vykonalo; ak nie, urobte to znova.

# Stránky.
gateway-brand = Countersign
gateway-reference = Referencia pre helpdesk: { $reference }
gateway-held = Toto vyžaduje vaše potvrdenie
gateway-held-text = Aplikácii { $app } sa zatiaľ nič neodovzdalo.
gateway-held-go = Prejsť na potvrdenie
gateway-approved = Potvrdené
gateway-going-on = Pokračuje sa do aplikácie.
gateway-go-on = Pokračovať
gateway-one-moment = Okamih
gateway-state-held = Čaká na vaše potvrdenie
gateway-state-held-text = Toto čaká na vaše potvrdenie. Zatiaľ sa nič neodovzdalo ďalej.
gateway-state-approved-text = Toto je potvrdené a ešte nebolo odovzdané ďalej.
gateway-carry-out = Vykonať teraz
gateway-to-approval = Na potvrdenie
gateway-to-app = Do aplikácie
gateway-back-to-app = Späť do aplikácie
gateway-from-here = Vykonať odtiaľto
gateway-show-answer = Zobraziť odpoveď aplikácie

# For a terminal.
gateway-plain-approve = Potvrďte to tu, do { $until }:
gateway-plain-then = Potom pošlite tú istú požiadavku ešte raz, presne ako predtým, ale bez tela a s týmto poľom v hlavičke. S `Prefer: wait=300` počká na potvrdenie a prinesie odpoveď aplikácie.
gateway-plain-curl = Pomocou curl, ktorý tu číta kľúč zo svojho vstupu, aby ho nikto nevidel v zozname procesov (doplňte, podľa čoho vás aplikácia spozná):

# Sent, but not taken.
gateway-refused = Potvrdené, ale aplikácia to neprijala
gateway-refused-text = Toto bolo raz odoslané, presne ako ste to potvrdili, ale aplikácia neodpovedala tak ako po vykonaní. Najskôr tam relácia skončila. Samo sa nič znova neodošle.
gateway-refused-answer = { $app } odpovedala stavom { $status }.
gateway-refused-leads = { $app } odpovedala stavom { $status } a vedie na { $place }.
gateway-refused-follow = Ísť tam, kam vedie aplikácia
gateway-refused-input = Čo ste zadali
gateway-refused-input-text = Skopírujte si to odtiaľto, keď to budete zadávať znova. Čo sa nikdy nezobrazuje, napríklad PIN, tu chýba.
gateway-refused-more = Bolo toho viac, než sa dá uchovať.
