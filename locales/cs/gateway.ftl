# Co se prohlížeči řekne na adrese aplikace.

# Odmítnutí: nadpis a co se stalo.
gateway-approval-required = Toto vyžaduje vaše potvrzení
gateway-approval-required-text = Požadavek je zadržen, dokud nebude potvrzen.
gateway-ambiguous-request = Tento požadavek nelze přečíst
gateway-ambiguous-request-text = Požadavek lze číst více způsoby, proto nebyl předán dál.
gateway-unreadable-body = Tento požadavek nelze přečíst
gateway-unreadable-body-text = Tělo požadavku nelze přečíst, proto nebyl předán dál.
gateway-body-too-large = Tohle je příliš velké
gateway-body-too-large-text = Tělo požadavku je větší, než lze zadržet.
gateway-unknown-user = Tady vás neznáme
gateway-unknown-user-text = Toto vyžaduje potvrzení a brána váš účet nezná.
gateway-no-authenticator = Toto zatím nemůžete potvrdit
gateway-no-authenticator-text = Toto vyžaduje potvrzení a nemáte žádný ověřovací prostředek, který by na ně platil.
gateway-not-holdable = Toto nelze potvrdit
gateway-not-holdable-text = Toto vyžaduje potvrzení a požadavek tohoto druhu na ně nemůže čekat.
gateway-quota = Čeká toho příliš mnoho
gateway-quota-text = Na potvrzení čeká příliš mnoho požadavků.
gateway-cross-site-request = Tohle přišlo z jiného webu
gateway-cross-site-request-text = Toto vyžaduje potvrzení a požádal o to jiný web.
gateway-denied-by-policy = Tohle není dovoleno
gateway-denied-by-policy-text = Pravidla to nedovolují.
gateway-wrong-answer = To nebylo správně
gateway-wrong-answer-text = Odpověď je nesprávná.
gateway-throttled = Příliš mnoho pokusů
gateway-throttled-text = Příliš mnoho nesprávných odpovědí; zkuste to později.
gateway-not-found = Nic tu není
gateway-not-found-text = To, co jste žádali, neexistuje nebo to není vaše.
gateway-conflict = Teď to není možné
gateway-conflict-text = Stav zadrženého požadavku to nedovoluje.
gateway-already-released = Tohle už bylo provedeno
gateway-already-released-text = Zadržený požadavek už byl uvolněn; nikdy se neprovede dvakrát.
gateway-expired = Příliš pozdě
gateway-expired-text = Zadržený požadavek nebyl včas potvrzen.
gateway-rejected = Tohle bylo odmítnuto
gateway-rejected-text = Zadržený požadavek byl odmítnut.
gateway-store-unavailable = Momentálně to není možné
gateway-store-unavailable-text = Brána momentálně nemůže o tomto požadavku rozhodnout.
gateway-upstream-unreachable = Aplikace je nedostupná
gateway-upstream-unreachable-text = Aplikace neodpovídá.
gateway-upstream-timeout = Aplikaci to trvá příliš dlouho
gateway-upstream-timeout-text = Aplikace neodpověděla včas.
gateway-misdirected = Takový web tu není
gateway-misdirected-text = Pod tímto jménem hostitele neodpovídá žádná aplikace.
gateway-method-refused = Tato metoda není možná
gateway-method-refused-text = Tunely zde nejsou možné.
gateway-head-too-large = Tento požadavek nelze přečíst
gateway-head-too-large-text = Hlavička požadavku je příliš dlouhá.
gateway-internal = Něco se pokazilo
gateway-internal-text = Brána nedokázala tento požadavek zpracovat.

# Přesnější slova.
gateway-denied-closer = Pravidla to nedovolují: { $summary }.
gateway-whoami-down = Aplikace se nelze zeptat, kdo jste, proto jí nebylo nic předáno. Zkuste to znovu, až bude fungovat.
gateway-too-large-closer = Toto vyžaduje potvrzení a zadržet pro ně lze nejvýše { $most }. Aplikaci { $app } nebylo nic předáno.
gateway-nobody = Toto vyžaduje potvrzení a aplikace neuvádí, kdo jste. Přihlaste se do ní a zkuste to znovu.
gateway-cross-site-closer = Toto vyžaduje potvrzení a požádal o to jiný web. Pokud jste to byli vy, začněte znovu v aplikaci.
gateway-unreachable-approved = Aplikace je nedostupná. Co bylo potvrzeno, zůstává potvrzeno: obnovte stránku a zkuste to znovu.
gateway-unreachable-nothing-sent = Aplikace byla nedostupná a nic se do ní neodeslalo. Začněte znovu v aplikaci.
gateway-outcome-unknown = Požadavek byl odeslán a neví se, zda ho aplikace provedla. Než to zkusíte znovu, podívejte se tam.
gateway-named-twice = Předřazený proxy server uvádí uživatele více než jednou. Nic nebylo předáno dál.
gateway-no-such-user = Toto vyžaduje potvrzení a v adresáři není uživatel „{ $user }“. Obraťte se na svého správce.
gateway-no-authenticator-closer = Toto vyžaduje potvrzení jedním z těchto prostředků: { $accepted }. Nemáte ani jeden z nich. Požádejte svého správce, aby vám některý zřídil, a zkuste to znovu.
gateway-quota-yours = Na potvrzení čeká příliš mnoho vašich požadavků. Nejprve některé potvrďte nebo odmítněte.
gateway-quota-all = Na potvrzení čeká příliš mnoho požadavků. Zkuste to později.
gateway-guess = Co prohlížeč načte dopředu, nic neuvolní.
gateway-release-foreign = Uvolnění nepřišlo ze stránky samotné aplikace.
gateway-other-request = Toto oprávnění patří k jinému požadavku: { $line }.
gateway-waiting = Tohle ještě čeká na potvrzení: { $what }.

# Co se stalo s požadavkem; $what je to, co provádí.
gateway-over-open = Stav to nedovoluje: { $what }.
gateway-over-forwarding = Tohle bylo uvolněno a právě se provádí: { $what }. Nikdy se to neprovede dvakrát.
gateway-over-delivered = Tohle bylo jednou provedeno: { $what }. Nikdy se to neprovede dvakrát.
gateway-over-delivered-error = Tohle bylo jednou odesláno: { $what }. Aplikace odpověděla chybou (stav { $status }); podívejte se tam, zda se to provedlo. Nikdy se to neprovede dvakrát.
gateway-over-delivered-refused = Tohle bylo jednou odesláno: { $what }. Aplikace to nepřijala (stav { $status }), nejspíš proto, že tam relace skončila. Nikdy se to neprovede dvakrát.
gateway-over-unknown = Tohle bylo uvolněno a neví se, zda to aplikace provedla: { $what }. Než to zkusíte znovu, podívejte se tam.
gateway-over-not-sent = Tohle bylo uvolněno, ale do aplikace nic nedorazilo: { $what }. Začněte znovu v aplikaci.
gateway-over-rejected = Aplikace to nikdy nedostala: { $what }.
gateway-over-cancelled = Vzali jste to zpět a aplikace to nikdy nedostala: { $what }.
gateway-over-expired = Čas na to vypršel: { $what }. Nic nebylo předáno dál.
gateway-over-failed-over = Úložiště brány se během čekání přepnulo: { $what }. Je to neplatné a už se to nepředá dál. Podívejte se v aplikaci, zda to bylo provedeno; pokud ne, udělejte to znovu.

# Stránky.
gateway-brand = Countersign
gateway-reference = Reference pro helpdesk: { $reference }
gateway-held = Toto vyžaduje vaše potvrzení
gateway-held-text = Aplikaci { $app } zatím nebylo nic předáno.
gateway-held-go = Přejít na potvrzení
gateway-approved = Potvrzeno
gateway-going-on = Pokračuje se do aplikace.
gateway-go-on = Pokračovat
gateway-one-moment = Okamžik
gateway-state-held = Čeká na vaše potvrzení
gateway-state-held-text = Tohle čeká na vaše potvrzení. Zatím nebylo nic předáno dál.
gateway-state-approved-text = Tohle je potvrzeno a ještě nebylo předáno dál.
gateway-carry-out = Provést teď
gateway-to-approval = K potvrzení
gateway-to-app = Do aplikace
gateway-back-to-app = Zpět do aplikace
gateway-from-here = Provést odsud
gateway-show-answer = Zobrazit odpověď aplikace

# For a terminal.
gateway-plain-approve = Potvrďte to zde, do { $until }:
gateway-plain-then = Potom pošlete stejný požadavek ještě jednou, přesně jako předtím, ale bez těla a s tímto polem v hlavičce. S `Prefer: wait=300` počká na potvrzení a přinese odpověď aplikace.
gateway-plain-curl = Pomocí curl, který zde čte klíč ze svého vstupu, aby ho nikdo neviděl v seznamu procesů (doplňte, podle čeho vás aplikace pozná):

# Sent, but not taken.
gateway-refused = Potvrzeno, ale aplikace to nepřijala
gateway-refused-text = Tohle bylo jednou odesláno, přesně jak jste to potvrdili, ale aplikace neodpověděla tak jako po provedení. Nejspíš tam relace skončila. Samo se nic znovu neodešle.
gateway-refused-answer = { $app } odpověděla stavem { $status }.
gateway-refused-leads = { $app } odpověděla stavem { $status } a vede na { $place }.
gateway-refused-follow = Jít tam, kam vede aplikace
gateway-refused-input = Co jste zadali
gateway-refused-input-text = Zkopírujte si to odsud, až to budete zadávat znovu. Co se nikdy nezobrazuje, například PIN, zde chybí.
gateway-refused-more = Bylo toho víc, než lze uchovat.
