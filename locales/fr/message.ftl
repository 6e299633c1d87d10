# Les mots des codes envoyés par e-mail et par SMS.

message-code-subject = Votre code pour { $app }
message-code-lead = Votre code pour { $app } ({ $host }) :
message-code-for = Il contresigne ceci, et rien d’autre :
message-code-where = Saisissez-le uniquement sur { $portal }, où vous l’avez demandé. Il est valable { $time }, une seule fois.
message-code-never = Ne communiquez jamais ce code à personne.
message-code-nobody = Personne travaillant pour { $app } ou pour votre service d’assistance ne le demandera.
message-code-not-you = Si ce n’est pas ce que vous êtes en train de faire, n’utilisez pas le code : quelqu’un utilise peut-être votre compte. Prévenez votre service d’assistance.
message-sms-lead = { $app } : code { $code } pour :
message-sms-rest = Valable { $time }. Ne le communiquez à personne. Ce n’est pas vous ? Ne l’utilisez pas, prévenez votre service d’assistance.
message-purpose-sign-in = Connexion à votre compte
message-purpose-change = Modification de votre compte
message-purpose-test = Vérifier que les codes vous parviennent
message-purpose-resync = Régler l’horloge d’un moyen d’authentification
message-purpose-contact = Confirmer que cette adresse est la vôtre
message-sent = Le code à { $digits } chiffres qui est en route vers { $to }.
message-sent-last = Le code du dernier message.
message-wait = Aucun autre code ne peut encore être envoyé. Le dernier est valable 10 minutes ; attendez { $time } pour un autre.

kind-email = Code par e-mail
kind-email-ask = Le code reçu par e-mail
kind-email-ask-digits = Le code à { $digits } chiffres reçu par e-mail
kind-sms = Code par SMS
kind-sms-ask = Le code reçu par SMS
kind-sms-ask-digits = Le code à { $digits } chiffres reçu par SMS
sent-heading = Confirmer avec le code envoyé
sent-to = Un code est en route vers { $to }. Il est valable 10 minutes.
sent-nothing-came = Rien n’est arrivé ? Un autre code peut être envoyé une minute après le dernier. Il remplace le dernier.
sent-another = Envoyer un autre code
sent-wait-resend = Un code vient d’être envoyé et est encore valable. Un autre pourra être envoyé dans { $time }.
sent-wait-none = Aucun code n’a été envoyé : le dernier y est parti à l’instant, pour autre chose. Un code pour ceci pourra être envoyé dans { $time }.
sent-wait-request = Plus aucun code n’est envoyé pour cette requête. Utilisez le dernier, ou autre chose.
sent-wait-many = Trop de codes ont été envoyés ces derniers temps. Un autre pourra être envoyé dans { $time }.


message-add-email = Ajouter une adresse e-mail
message-add-email-text = Les codes de confirmation et les avis sur votre compte y sont envoyés.
message-add-sms = Ajouter un numéro de téléphone
message-add-sms-text = Les codes de confirmation et les avis sur votre compte y sont envoyés par SMS.
message-add-lead = Nous y envoyons un code, pour voir que c’est bien à vous. Rien d’autre ne change avant que vous ne le saisissiez ici.
message-address-title = Votre adresse
message-address-email = Adresse e-mail
message-address-sms = Numéro de téléphone
message-address-sms-hint = Avec l’indicatif du pays : +41 79 123 45 67.
message-send = Envoyer un code
message-code = Code
message-unfit-email = Ce n’est pas une adresse e-mail du genre nom@example.com.
message-unfit-sms = Ce n’est pas un numéro de téléphone du genre +41791234567.
message-unreachable = Rien ne peut y être envoyé d’ici. Adressez-vous à votre service d’assistance.
message-known = Vous l’avez déjà.
message-wait-address = Aucun code ne peut encore être envoyé. Réessayez dans { $time }.
message-wrong =
    { $left ->
        [one] Ce code n’est pas correct. Il vous reste { $left } essai.
       *[other] Ce code n’est pas correct. Il vous reste { $left } essais.
    }
message-gone = Il n’y a plus de code à saisir. Recommencez.
