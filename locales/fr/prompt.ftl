# Ce que dit chaque page sur une requête retenue.
prompt-back = Retour à { $app }
prompt-back-undecided = { $back }, sans décider maintenant
prompt-error = Erreur : { $title }
prompt-note = Remarque : { $title }
prompt-your-confirmation = Votre confirmation
prompt-what-happened = Ce qui s’est passé

# Le bordereau : ce qui est retenu.
slip-label = Ce qui est retenu
slip-many =
    { $count ->
        [one] Une requête qui effectue { $count } action
       *[other] Une requête qui effectue { $count } actions
    }
slip-values = Les valeurs de cette requête
slip-requested-by = Demandé par
slip-requested-on = Le
slip-original = Dans le texte d’origine
slip-technical = Détails techniques
slip-request = Requête
slip-digest = Empreinte
slip-number = Numéro
slip-digest-covers = L’empreinte couvre la requête octet par octet. Seul ce qu’elle couvre peut être envoyé.
slip-until = Échéance : { $time }, encore { $left }
slip-spares-all = Pendant { $time } après votre confirmation, exactement la même action ne sera plus redemandée ici.
slip-spares-part = Pendant { $time } après votre confirmation, exactement la même action demandera moins ici.

# Choisir.
prompt-title = Vérifier et confirmer
prompt-check = Vérifiez avant que cela ne se fasse
prompt-lead = Rien n’est encore parvenu à { $app }. Cela ne continue que si vous confirmez.
prompt-nothing = Vous ne pouvez pas confirmer cela vous-même
prompt-nothing-why = Aucun de vos moyens d’authentification ne peut servir pour cela actuellement. Adressez-vous à votre service d’assistance, puis ouvrez de nouveau cette page.
prompt-confirm-with = Confirmer avec
prompt-step = Étape { $step } sur { $steps }
prompt-submit = Continuer
prompt-choose-first = Choisissez d’abord une possibilité.
prompt-unoffered = Vous avez aussi, mais pas pour ceci :
prompt-unoffered-kind = cette action ne l’accepte pas
prompt-unoffered-done = il a fait sa part ; il en faut maintenant un autre
prompt-unoffered-elsewhere = il ne fonctionne pas à cette adresse
prompt-unoffered-new = il est nouveau : utilisable à partir de : { $when }
prompt-one-more = C’était correct. Une autre confirmation est nécessaire.
prompt-not-any-more = Cette possibilité n’est plus utilisable pour cette requête. Choisissez-en une autre.

# Les sortes de moyens d’authentification, et ce qu’il faut saisir.
kind-totp = Code d’une application sur téléphone
kind-totp-ask = Le code que l’application affiche en ce moment
kind-totp-ask-digits = Le code à { $digits } chiffres que l’application affiche en ce moment
kind-hotp = Code d’un jeton matériel
kind-hotp-ask = Le code que le jeton affiche
kind-hotp-ask-digits = Le code à { $digits } chiffres que le jeton affiche
kind-emergency = Code temporaire de votre service d’assistance
kind-emergency-ask = Le code que votre service d’assistance vous a donné, avec ou sans tirets
kind-recovery = L’un des codes que vous conservez
kind-recovery-ask = L’un de vos codes encore inutilisés, avec ou sans ses tirets
kind-other = Code à usage unique
kind-other-ask = Le code
kind-other-ask-digits = Le code à { $digits } chiffres

# Le code.
code-title = Saisir le code
code-heading = Confirmer avec votre code
code-lead = Le code confirme exactement ce que dit ce bordereau, et rien d’autre.
code-other = Confirmer d’une autre manière
code-missing = Saisissez le code.
code-too-long = C’est trop long pour être un code.
code-wrong-wait = Ce code n’est pas correct ou a déjà été utilisé. Vous devez maintenant attendre avant de réessayer.
code-wrong =
    { $left ->
        [one] Ce code n’est pas correct ou a déjà été utilisé. Il vous reste { $left } essai avant de devoir attendre.
       *[other] Ce code n’est pas correct ou a déjà été utilisé. Il vous reste { $left } essais avant de devoir attendre.
    }

# Refuser.
reject-why = Ce n’est pas de vous, ou pas ce que vous vouliez ?
reject-not-me = Ce n’était pas moi
reject-cancel = Annuler

# Trop de codes erronés.
pause-title = Trop de codes erronés
pause-short = Trop de codes erronés : une courte pause
pause-blocked = Vos codes sont bloqués
pause-lead = Rien n’a été envoyé à { $app }. La requête est toujours retenue.
pause-what-now = Que faire maintenant
pause-wait = Attendez { $time }
pause-then = Puis réessayez. Si les codes de votre application ne sont jamais corrects, vérifiez que le téléphone règle son horloge automatiquement.
pause-again = Réessayer
pause-operator = Un opérateur doit vous débloquer
pause-helpdesk = Il y a eu trop de codes erronés à la suite, ici ou ailleurs. Appelez votre service d’assistance ; il s’assurera que c’est bien vous et vous débloquera.
pause-not-you = Si ce n’est pas vous qui les avez saisis, dites-le-lui.
pause-look = Regarder de nouveau

# Approuvé.
approved-title = Confirmé
approved-going = Vous retournez à { $app }, qui la reçoit maintenant.
approved-close = Vous pouvez fermer cette fenêtre ; la suite se passe dans { $app }.
approved-stamp = Contresigné
approved-yourself = S’il ne se passe rien, continuez vous-même.
approved-go = Continuer dans { $app }
approved-sent = Le programme ou la page qui l’a demandé l’envoie maintenant, une seule fois.

# Terminé. Le tampon tient en un ou deux mots.
ended-open-stamp = Ouvert
ended-open = Ce n’est pas encore terminé
ended-open-text = Ouvrez de nouveau la page de confirmation.
ended-sent-stamp = Envoyé
ended-forwarding = L’exécution est en cours
ended-forwarding-text = La requête a été contresignée et envoyée à { $app }, une seule fois. Il n’y a pas encore de réponse.
ended-delivered = Ceci a été envoyé, une seule fois
ended-delivered-text = La requête est parvenue à { $app }. Ouvrir de nouveau cette page n’envoie rien.
ended-delivered-answered = La requête est parvenue à { $app }, qui a répondu. Ouvrir de nouveau cette page n’envoie rien.
ended-delivered-error = La requête est parvenue à { $app }, qui a répondu par une erreur (statut { $status }). Vérifiez là-bas si l’action a eu lieu.
ended-delivered-refused = La requête est parvenue à { $app }, qui ne l’a pas acceptée (statut { $status }) : sans doute la session y est-elle terminée. Elle n’est pas renvoyée automatiquement.
ended-rejected-stamp = Refusé
ended-rejected = La requête a été refusée
ended-rejected-text = Elle a été arrêtée : rien n’en est parvenu à { $app }.
ended-rejected-reason = La raison donnée : { $reason }
ended-not-me = Vous avez dit que ce n’était pas vous
ended-not-me-text = La requête a été arrêtée et consignée : rien n’en est parvenu à { $app }.
ended-not-me-next = Quelqu’un d’autre utilise peut-être votre compte. Déconnectez-vous de { $app }, changez votre mot de passe et prévenez votre service d’assistance.
ended-expired-stamp = Expiré
ended-expired = Le délai est écoulé
ended-expired-text = La requête n’a pas été contresignée et libérée à temps : rien n’en est parvenu à { $app }.
ended-expired-next = Si vous le voulez toujours, recommencez dans { $app }.
ended-failed-over-stamp = Nul
ended-failed-over = L’état a été perdu
ended-failed-over-text = Le stockage de la passerelle a basculé pendant l’attente, et les dernières décisions peuvent être perdues. La requête est donc nulle et ne sera plus transmise à { $app }.
ended-failed-over-next = Vérifiez dans { $app } si elle a été exécutée. Sinon, et si vous la voulez toujours, recommencez-y.
ended-cancelled-stamp = Annulé
ended-cancelled = Vous avez annulé
ended-cancelled-text = La requête a été arrêtée : rien n’en est parvenu à { $app }.
ended-not-sent-stamp = Non envoyé
ended-not-sent = La requête n’a pas pu être envoyée
ended-not-sent-text = Elle a été contresignée, mais l’application n’était pas joignable : rien n’en est parvenu à { $app }.
ended-not-sent-next = Elle ne sera pas envoyée plus tard d’elle-même. Réessayez quand l’application fonctionnera.
ended-unknown-stamp = Incertain
ended-unknown = Nous ne pouvons pas savoir si l’action a été exécutée
ended-unknown-text = La requête a été envoyée à { $app }, une seule fois, mais la connexion s’est rompue avant la réponse.
ended-unknown-next = Vérifiez dans { $app } si l’action a eu lieu avant de recommencer. Nous ne l’envoyons jamais deux fois.
ended-back = Retour à { $app }
ended-go-on = Continuer dans { $app }
ended-start-again = Recommencer dans { $app }
ended-check = Vérifier dans { $app }
