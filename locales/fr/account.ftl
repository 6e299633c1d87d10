# Les mots des pages où chacun tient son propre compte.

account-title = Votre compte
account-rooms = Votre compte
account-room-account = Compte
account-room-sessions = Sessions
account-to-account = Vers votre compte
account-back = Retour, sans continuer
account-go-on = Continuer
account-error-title = Erreur :
account-note-title = Remarque :

account-sign-in-title = Connexion
account-sign-in-lead = Vous gérez ici ce avec quoi vous confirmez les actions importantes : moyens d’authentification, codes, mot de passe.
account-sign-in = Se connecter
account-sign-in-refused = Cela n’a pas fonctionné. Vérifiez le nom et le mot de passe. Après plusieurs essais erronés vous devez attendre, et après de nombreux essais un opérateur doit vous débloquer.
account-sign-in-first = Vous avez reçu un lien ou un code ?
account-sign-in-invited = Choisir votre mot de passe
account-signed-out = Vous êtes déconnecté.
account-sign-out = Se déconnecter
account-name = Nom d’utilisateur
account-password = Mot de passe

account-invite-title = Choisissez votre mot de passe
account-invite-lead = Vous êtes invité à gérer ici vos propres moyens d’authentification. Choisissez d’abord un mot de passe.
account-invite-by-hand = Saisissez votre nom d’utilisateur et le code que vous avez reçu, et choisissez un mot de passe.
account-invite-code = Code de l’invitation
account-invite-not-good = Cette invitation n’est pas valable : elle a été utilisée, elle est trop ancienne, ou elle est incomplète. Demandez-en une nouvelle.

account-password-new = Nouveau mot de passe
account-password-again = Nouveau mot de passe, encore une fois
account-password-hint = Au moins { $least } caractères. Plusieurs mots se retiennent mieux que des signes.
account-password-set = Définir le mot de passe
account-password-present = Mot de passe actuel
account-password-change = Changer le mot de passe
account-password-since = Depuis : { $when }
account-password-ends = Partout ailleurs vous serez déconnecté.
account-password-differ = Les deux mots de passe ne sont pas identiques.
account-password-short = Il a moins de { $least } caractères.
account-password-long = Il a plus de 256 caractères.
account-password-common = Il est parmi les premiers que d’autres essaient. Choisissez-en un autre.

account-second-title = Encore une étape
account-second-lead = Votre mot de passe était correct. Montrez maintenant que c’est bien vous.
account-second-leave = Se connecter sous un autre nom
account-confirm-title = Montrez que c’est bien vous
account-confirm-lead = Une modification de votre compte demande une nouvelle confirmation. Elle vaut pendant cinq minutes.
account-again-lead = Une modification de votre compte redemande votre mot de passe. Il vaut pendant cinq minutes.
account-test-title = Essayer { $label }
account-test-lead = Il ne se passe rien ; vous voyez seulement si cela fonctionne.
account-choose-legend = Confirmer avec
account-choose-first = Choisissez d’abord une possibilité.
account-choose-other = Cette possibilité n’est pas utilisable maintenant. Choisissez-en une autre.
account-choose-none = Vous n’avez rien pour confirmer actuellement. Adressez-vous à votre service d’assistance.
account-choose-another = Confirmer d’une autre manière
account-code-digits = Saisissez le code à { $digits } chiffres.
account-code-letters = Saisissez le code, avec ou sans tirets.
account-wrong-left = { $left ->
    [0] Ce n’est pas correct ou cela a déjà été utilisé. Vous devez maintenant attendre avant de réessayer.
    [one] Ce n’est pas correct ou cela a déjà été utilisé. Il vous reste { $left } essai avant de devoir attendre.
   *[other] Ce n’est pas correct ou cela a déjà été utilisé. Il vous reste { $left } essais avant de devoir attendre.
}
account-wait = Trop d’essais erronés. Attendez { $span }, puis réessayez.
account-locked = Trop d’essais erronés. Un opérateur doit vous débloquer.
account-pause-title = Trop d’essais erronés : une courte pause
account-pause-wait = Attendez { $span }, puis réessayez.
account-pause-again = Réessayer
account-blocked-title = Vous êtes bloqué
account-blocked-text = Il y a eu trop d’essais erronés à la suite, ici ou ailleurs. Appelez votre service d’assistance ; il s’assurera que c’est bien vous et vous débloquera. Si ce n’était pas vous, dites-le-lui.

account-authenticators = Moyens d’authentification
account-unprotected = Vous n’avez encore aucun moyen d’authentification : votre compte n’est protégé que par son mot de passe, et vous ne pouvez rien confirmer. Ajoutez-en un maintenant.
account-add = Ajouter
account-used = Dernière utilisation : { $when }
account-never-used = Jamais utilisé
account-contacts = Coordonnées
account-contacts-lead = C’est ici que nous vous signalons ce qui change dans votre compte.
account-email = E-mail
account-phone = Téléphone
account-contact-none = Aucun

account-done-welcome = Votre mot de passe est défini. Ajoutez maintenant un moyen d’authentification.
account-done-password = Votre mot de passe est changé. Partout ailleurs vous êtes déconnecté.
account-done-added = Le moyen d’authentification est ajouté.
account-done-removed = Le moyen d’authentification est supprimé.
account-done-renamed = Le nouveau nom est enregistré.
account-done-works = Cela fonctionne.

account-add-title = Ajouter un moyen d’authentification
account-add-lead = Ayez-en deux, pour pouvoir encore confirmer si l’un est perdu.
account-add-passkey = Passkey
account-add-passkey-text = Votre empreinte digitale, votre visage ou une clé de sécurité : rien à saisir, et rien qu’on puisse copier sur vous.
account-add-totp = Application d’authentification
account-add-totp-text = Une application sur votre téléphone affiche un nouveau code toutes les 30 secondes.

account-totp-title = Ajouter une application d’authentification
account-totp-read = Lisez le code avec votre application
account-totp-read-text = Toute application pour codes à six chiffres convient. Ouvrez-la et lisez cette image.
account-totp-qr = Code QR avec la clé pour votre application
account-totp-open = Ouvrir dans une application de cet appareil
account-totp-by-hand = La lecture ne fonctionne pas ?
account-totp-by-hand-text = Saisissez cette clé dans l’application (basée sur le temps, 6 chiffres) :
account-totp-confirm = Saisissez ce qu’elle affiche
account-totp-code = Code à 6 chiffres
account-totp-wrong = Ce n’est pas ce qu’elle affiche. Vérifiez que le téléphone règle son horloge automatiquement, et saisissez le code qu’il affiche maintenant.
account-totp-label-usual = Application d’authentification
account-too-many = Vous avez eu trop de moyens d’authentification. Adressez-vous à votre service d’assistance.

account-label = Nom
account-label-hint = Pour le reconnaître, par exemple « Téléphone » ou « Clé bleue ».
account-label-unfit = Un nom a de 1 à 64 caractères visibles.
account-one-facts = À son sujet
account-one-kind = Sorte
account-one-since = Ajouté
account-one-used = Dernière utilisation
account-test = Essayer
account-rename = Renommer
account-rename-title = Renommer
account-rename-save = Enregistrer
account-remove = Supprimer
account-keep = Conserver
account-remove-title = Supprimer ce moyen d’authentification ?
account-remove-text = { $label } ne sera plus accepté. Ce qui avait été mémorisé grâce à lui sera redemandé.
account-remove-last = C’est votre dernier. Sans lui vous ne pouvez rien confirmer, et votre compte n’est protégé que par son mot de passe.
account-remove-sure = Je sais que c’est mon dernier.
account-remove-sure-missing = C’est votre dernier. Cochez que vous le savez, ou conservez-le.
account-remove-password = C’est votre dernier, et votre mot de passe est trop court pour protéger seul votre compte. Choisissez-en d’abord un d’au moins { $least } caractères.

account-sessions-title = Où vous êtes connecté
account-sessions-lead = Fermez ce que vous ne connaissez pas, puis changez votre mot de passe.
account-session-own = celle-ci
account-session-times = Depuis { $since }, dernière utilisation { $seen }
account-session-end = Fermer
account-session-end-named = Fermer la session de { $agent }
account-sessions-end = Fermer toutes les autres
account-session-unnamed = Programme sans nom

account-kind-passkey = Passkey ou clé de sécurité
account-kind-push = Authentification par téléphone
account-kind-totp = Code d’une application sur téléphone
account-kind-hotp = Code d’un jeton matériel
account-kind-email = Code par e-mail
account-kind-sms = Code par SMS
account-kind-emergency = Code temporaire de votre service d’assistance
account-kind-recovery = Codes de récupération
account-kind-other = Code à usage unique

account-stop-foreign = Ce formulaire ne vient pas de notre page
account-stop-foreign-text = Il a été envoyé par une autre page ou sans indication d’origine ; rien n’a donc été fait.
account-stop-stale = Cette page n’est plus à jour
account-stop-stale-text = Le formulaire a été produit pour une autre session ; rien n’a donc été fait. Ouvrez de nouveau votre compte et continuez à partir de là.
account-stop-form = Ce formulaire est illisible
account-stop-form-text = Il est incomplet, trop long, ou n’est pas arrivé. Rien n’a été fait. Revenez en arrière et envoyez-le de nouveau.
account-stop-store = Nous ne pouvons pas consulter cela pour l’instant
account-stop-store-text = L’endroit où les comptes sont conservés ne répond pas. Rien n’a été modifié. Attendez un instant, puis réessayez.

account-room-requests = Requêtes
account-requests-title = Vos requêtes
account-requests-lead = Ce que vous deviez confirmer ces derniers jours, et ce qu’il en est advenu.
account-requests-none = Rien n’a été retenu pour vous ces derniers temps.
account-receipt = Reçu
account-grants = Non redemandé
account-grants-lead = Ce que vous avez confirmé est mémorisé quelque temps. Mettez-y fin, et la prochaine fois sera redemandée.
account-grant-times = Confirmé le { $made }, mémorisé jusqu’au { $until }
account-grant-end = Mettre fin
account-state-held = En attente
account-state-approved = Confirmé
account-state-forwarding = Envoi en cours
account-state-delivered = Envoyé
account-state-refused = Non accepté par l’application
account-state-rejected = Refusé
account-state-expired = Expiré
account-state-failed-over = Nul
account-state-cancelled = Annulé
account-state-failed = Non envoyé
account-state-unknown = Issue inconnue

account-recovery-title = Codes de récupération
account-recovery-lead = Dix codes sur papier pour le jour où vous avez perdu tout le reste. Chacun ouvre votre compte une fois, avec votre mot de passe.
account-recovery-none = Aucun. Créez-en, pour pouvoir encore vous connecter si vos moyens d’authentification sont perdus.
account-recovery-left = { $left ->
    [0] Tous sont utilisés. Créez-en de nouveaux.
    [one] Il reste { $left } code.
   *[other] Il reste { $left } codes.
}
account-recovery-replaces = Les nouveaux codes remplacent les anciens, qui ne valent alors plus.
account-recovery-make = Créer des codes
account-recovery-renew = Nouveaux codes
account-recovery-keep = Imprimez ces codes ou notez-les maintenant. Ils ne seront plus affichés.
account-recovery-once = Chaque code ne sert qu’une fois. Gardez-les là où personne d’autre ne les trouve, pas sur cet appareil.
account-recovery-done = Je les ai conservés

account-new-from = Nouveau : confirme à partir de : { $when }
account-new-until = Vous l’avez ajouté récemment. Pour que personne d’autre ne puisse utiliser ce qui serait ajouté en votre nom, il ne confirme rien avant : { $when }. Vous pouvez déjà vous connecter avec lui et l’essayer.
account-new-not-yet = Vous avez aussi, mais pas encore pour ceci :
account-remove-others = Les autres sont nouveaux : ils ne confirment rien avant : { $when }.
account-remove-sure-others = Je sais que jusque-là je ne peux rien confirmer.

account-resync = Synchroniser
account-resync-title = Synchroniser les codes
account-resync-clock = Si les codes ne sont pas acceptés, l’horloge est peut-être fausse. Saisissez le code affiché maintenant, attendez le suivant et saisissez-le aussi.
account-resync-pressed = Si les codes ne sont pas acceptés, le bouton a peut-être été pressé trop souvent. Pressez-le et saisissez le code, pressez-le encore et saisissez celui-là aussi.
account-resync-first = Premier code
account-resync-second = Code suivant
account-done-resynced = Les codes sont de nouveau acceptés.
account-resync-wrong = { $left ->
    [one] Ce ne sont pas deux codes consécutifs encore inutilisés. Il vous reste { $left } essai avant de devoir attendre.
   *[other] Ce ne sont pas deux codes consécutifs encore inutilisés. Il vous reste { $left } essais avant de devoir attendre.
}
