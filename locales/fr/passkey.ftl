# Les mots des passkeys.

kind-passkey = Passkey
kind-passkey-ask = Déverrouillez-la avec votre empreinte digitale, votre visage ou son code PIN

passkey-title = Utilisez votre passkey
passkey-heading = Confirmer avec votre passkey
passkey-lead = La passkey signe exactement ce que dit ce bordereau, et rien d’autre.
passkey-browser-asks = Votre navigateur vous la demande.
passkey-use = Utiliser la passkey
passkey-late = Cela a pris trop de temps ou a été envoyé deux fois. Utilisez de nouveau la passkey.
passkey-wrong-wait = La réponse de la passkey n’a pas pu être acceptée. Vous devez maintenant attendre avant de réessayer.
passkey-wrong =
    { $left ->
        [one] La réponse de la passkey n’a pas pu être acceptée. Il vous reste { $left } essai avant de devoir attendre.
       *[other] La réponse de la passkey n’a pas pu être acceptée. Il vous reste { $left } essais avant de devoir attendre.
    }

# Ce que dit le script de la page.
passkey-no-script = Une passkey a besoin de scripts, et ils sont désactivés dans ce navigateur. Autorisez-les pour cette page, ou utilisez autre chose.
passkey-cancelled = La passkey n’a pas été utilisée : l’opération a été annulée, a pris trop de temps, ou n’a pas pu être déverrouillée. Réessayez, ou utilisez autre chose.
passkey-unsupported = Ce navigateur ne peut pas utiliser de passkey ici. Utilisez un autre navigateur, ou autre chose.
passkey-failed = Le navigateur n’a pas pu utiliser la passkey. Réessayez, ou utilisez autre chose.

# Dans le compte.
passkey-prove-hint = Déverrouillez-la avec votre empreinte digitale, votre visage ou son code PIN. Votre navigateur vous la demande.
passkey-add-title = Ajouter une passkey
passkey-add-lead = Une passkey est une clé dans votre ordinateur, votre téléphone ou une clé de sécurité. Elle signe ce que vous confirmez dès que vous la déverrouillez.
passkey-add-listed = Laisser l’appareil la proposer de lui-même
passkey-add-listed-hint = Convient aux téléphones et aux ordinateurs. Une clé de sécurité n’a de place que pour quelques-unes.
passkey-add-go = Créer la passkey
passkey-add-known = Cet appareil a déjà une passkey de vous. Utilisez-en un autre.
passkey-add-cancelled = Aucune passkey n’a été créée : l’opération a été annulée, a pris trop de temps, ou n’a pas pu être déverrouillée. Réessayez.
passkey-add-address = Ce portail a une adresse IP au lieu d’un nom, et les navigateurs ne créent pas de passkeys pour celles-ci.
passkey-add-insecure = Ce portail n’est pas atteint par https, et les navigateurs ne créent alors pas de passkeys.
passkey-add-gone = Cela a pris trop de temps ou a été envoyé deux fois. Recommencez.
passkey-add-wrong = La passkey n’a pas pu être acceptée. Recommencez, ou utilisez-en une autre.
passkey-add-taken = Cette passkey est déjà utilisée.
passkey-about-model = Modèle
passkey-about-unknown = Non indiqué
passkey-about-number = Numéro de modèle (AAGUID)
passkey-about-copies = Copies
passkey-about-synced = Son fabricant peut aussi la conserver sur vos autres appareils
passkey-about-bound = Elle reste sur ce seul appareil
passkey-about-listed = Proposée par l’appareil
passkey-about-listed-yes = Oui
passkey-about-listed-no = Non
