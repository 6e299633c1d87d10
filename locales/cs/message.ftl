# Slova kódů posílaných e-mailem a v SMS.

message-code-subject = Váš kód pro aplikaci { $app }
message-code-lead = Váš kód pro aplikaci { $app } ({ $host }):
message-code-for = Potvrzuje toto a nic jiného:
message-code-where = Zadejte ho jen na { $portal }, kde jste o něj požádali. Platí { $time }, a to jednou.
message-code-never = Tento kód nikomu neprozrazujte.
message-code-nobody = Nikdo, kdo pracuje pro aplikaci { $app } nebo pro helpdesk, ho po vás nebude chtít.
message-code-not-you = Pokud to není to, co právě děláte, kód nepoužívejte: váš účet možná používá někdo jiný. Oznamte to helpdesku.
message-sms-lead = { $app }: kód { $code } pro:
message-sms-rest = Platí { $time }. Nikomu ho neprozrazujte. Nejste to vy? Nepoužívejte ho a oznamte to helpdesku.
message-purpose-sign-in = Přihlášení do vašeho účtu
message-purpose-change = Změna vašeho účtu
message-purpose-test = Ověření, zda k vám kódy dorazí
message-purpose-resync = Nastavení hodin ověřovacího prostředku
message-purpose-contact = Potvrzení, že tato adresa je vaše
message-sent = { $digits }místný kód, který je na cestě na { $to }.
message-sent-last = Kód z poslední zprávy.
message-wait = Další kód zatím nelze odeslat. Poslední platí 10 minut; na nový počkejte { $time }.

kind-email = Kód e-mailem
kind-email-ask = Kód z e-mailu
kind-email-ask-digits = { $digits }místný kód z e-mailu
kind-sms = Kód v SMS
kind-sms-ask = Kód ze SMS
kind-sms-ask-digits = { $digits }místný kód ze SMS
sent-heading = Potvrďte zaslaným kódem
sent-to = Kód je na cestě na { $to }. Platí 10 minut.
sent-nothing-came = Nic nepřišlo? Minutu po posledním kódu lze poslat další. Ten nahradí poslední.
sent-another = Poslat další kód
sent-wait-resend = Kód byl odeslán před chvílí a ještě platí. Další lze poslat za { $time }.
sent-wait-none = Žádný kód nebyl odeslán: poslední tam šel před chvílí, k něčemu jinému. Kód k tomuto lze poslat za { $time }.
sent-wait-request = Pro tento požadavek se už další kódy neposílají. Použijte poslední nebo něco jiného.
sent-wait-many = V poslední době bylo odesláno příliš mnoho kódů. Další lze poslat za { $time }.


message-add-email = Přidat e-mailovou adresu
message-add-email-text = Posílají se tam kódy k potvrzení a oznámení o vašem účtu.
message-add-sms = Přidat telefonní číslo
message-add-sms-text = Posílají se tam kódy k potvrzení a oznámení o vašem účtu jako SMS.
message-add-lead = Pošleme tam kód, abychom viděli, že patří vám. Dokud ho sem nezadáte, nic jiného se nezmění.
message-address-title = Vaše adresa
message-address-email = E-mailová adresa
message-address-sms = Telefonní číslo
message-address-sms-hint = S předvolbou země: +41 79 123 45 67.
message-send = Poslat kód
message-code = Kód
message-unfit-email = To není e-mailová adresa ve tvaru jmeno@example.com.
message-unfit-sms = To není telefonní číslo ve tvaru +41791234567.
message-unreachable = Odsud se tam nedá nic poslat. Obraťte se na helpdesk.
message-known = To už máte.
message-wait-address = Kód zatím nelze poslat. Zkuste to znovu za { $time }.
message-wrong =
    { $left ->
        [one] Kód není správný. Zbývá vám { $left } pokus.
        [few] Kód není správný. Zbývají vám { $left } pokusy.
       *[other] Kód není správný. Zbývá vám { $left } pokusů.
    }
message-gone = Už není kód, který by šlo zadat. Začněte znovu.
