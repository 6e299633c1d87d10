# Ce qui est dit à un navigateur à l’adresse d’une application.

# Refus : un titre, et ce qui s’est passé.
gateway-approval-required = Ceci demande votre confirmation
gateway-approval-required-text = La requête est retenue jusqu’à sa confirmation.
gateway-ambiguous-request = Cette requête est illisible
gateway-ambiguous-request-text = La requête peut se lire de plusieurs manières et n’a pas été transmise.
gateway-unreadable-body = Cette requête est illisible
gateway-unreadable-body-text = Le corps de la requête est illisible et n’a pas été transmis.
gateway-body-too-large = C’est trop volumineux
gateway-body-too-large-text = Le corps de la requête dépasse ce qui peut être retenu.
gateway-unknown-user = Vous n’êtes pas connu ici
gateway-unknown-user-text = Ceci demande une confirmation, et la passerelle ne connaît pas votre compte.
gateway-no-authenticator = Vous ne pouvez pas encore confirmer ceci
gateway-no-authenticator-text = Ceci demande une confirmation, et vous n’avez aucun moyen d’authentification qui convienne.
gateway-not-holdable = Ceci ne peut pas être confirmé
gateway-not-holdable-text = Ceci demande une confirmation, et une requête de cette sorte ne peut pas l’attendre.
gateway-quota = Trop de choses en attente
gateway-quota-text = Trop de requêtes attendent une confirmation.
gateway-cross-site-request = Ceci vient d’un autre site
gateway-cross-site-request-text = Ceci demande une confirmation, et c’est un autre site qui l’a demandé.
gateway-denied-by-policy = Ceci n’est pas autorisé
gateway-denied-by-policy-text = Une règle ne l’autorise pas.
gateway-wrong-answer = Ce n’était pas correct
gateway-wrong-answer-text = La réponse est fausse.
gateway-throttled = Trop d’essais
gateway-throttled-text = Trop de réponses fausses ; réessayez plus tard.
gateway-not-found = Il n’y a rien ici
gateway-not-found-text = Ce que vous avez demandé n’existe pas, ou n’est pas à vous.
gateway-conflict = Ce n’est pas possible maintenant
gateway-conflict-text = L’état de la requête retenue ne le permet pas.
gateway-already-released = C’est déjà fait
gateway-already-released-text = La requête retenue a déjà été libérée ; elle n’est jamais exécutée deux fois.
gateway-expired = Trop tard
gateway-expired-text = La requête retenue n’a pas été confirmée à temps.
gateway-rejected = Ceci a été refusé
gateway-rejected-text = La requête retenue a été refusée.
gateway-store-unavailable = Impossible pour le moment
gateway-store-unavailable-text = La passerelle ne peut pas décider de cette requête pour le moment.
gateway-upstream-unreachable = L’application n’est pas joignable
gateway-upstream-unreachable-text = L’application ne répond pas.
gateway-upstream-timeout = L’application met trop de temps
gateway-upstream-timeout-text = L’application n’a pas répondu à temps.
gateway-misdirected = Ce site n’existe pas ici
gateway-misdirected-text = Aucune application ne répond sous ce nom d’hôte.
gateway-method-refused = Cette méthode n’est pas possible
gateway-method-refused-text = Les tunnels ne sont pas possibles ici.
gateway-head-too-large = Cette requête est illisible
gateway-head-too-large-text = L’en-tête de la requête est trop long.
gateway-internal = Une erreur s’est produite
gateway-internal-text = La passerelle n’a pas pu traiter cette requête.

# Des mots plus précis.
gateway-denied-closer = Une règle ne l’autorise pas : { $summary }.
gateway-whoami-down = Il n’est pas possible de demander à l’application qui vous êtes ; rien ne lui a donc été transmis. Réessayez quand elle fonctionnera.
gateway-too-large-closer = Ceci demande une confirmation, et au plus { $most } peuvent être retenus pour cela. Rien n’a été transmis à { $app }.
gateway-nobody = Ceci demande une confirmation, et l’application ne dit pas qui vous êtes. Connectez-vous-y et réessayez.
gateway-cross-site-closer = Ceci demande une confirmation, et c’est un autre site qui l’a demandé. Si c’était vous, recommencez à partir de l’application.
gateway-unreachable-approved = L’application n’est pas joignable. Ce qui a été confirmé reste confirmé : rechargez la page pour réessayer.
gateway-unreachable-nothing-sent = L’application n’était pas joignable, et rien ne lui a été envoyé. Recommencez à partir de l’application.
gateway-outcome-unknown = La requête a été envoyée, et l’on ne sait pas si l’application l’a exécutée. Vérifiez là-bas avant de réessayer.
gateway-named-twice = Le proxy placé devant nomme l’utilisateur plus d’une fois. Rien n’a été transmis.
gateway-no-such-user = Ceci demande une confirmation, et il n’y a pas d’utilisateur « { $user } » dans l’annuaire. Adressez-vous à votre administration.
gateway-no-authenticator-closer = Ceci demande une confirmation par l’un de ces moyens : { $accepted }. Vous n’en avez aucun. Demandez à votre administration d’en enregistrer un, puis réessayez.
gateway-quota-yours = Trop de vos requêtes attendent une confirmation. Confirmez-en ou refusez-en d’abord quelques-unes.
gateway-quota-all = Trop de requêtes attendent une confirmation. Réessayez plus tard.
gateway-guess = Ce qu’un navigateur charge par anticipation ne libère rien.
gateway-release-foreign = La libération ne vient pas d’une page de l’application elle-même.
gateway-other-request = Ce droit de libération appartient à une autre requête : { $line }.
gateway-waiting = Ceci attend encore sa confirmation : { $what }.

# Ce qu’est devenue une requête ; $what est ce qu’elle fait.
gateway-over-open = L’état ne le permet pas : { $what }.
gateway-over-forwarding = Ceci a été libéré et est en cours d’exécution : { $what }. Ce n’est jamais exécuté deux fois.
gateway-over-delivered = Ceci a été exécuté une fois : { $what }. Ce n’est jamais exécuté deux fois.
gateway-over-delivered-error = Ceci a été envoyé une fois : { $what }. L’application a répondu par une erreur (statut { $status }) ; vérifiez là-bas si l’action a eu lieu. Ce n’est jamais exécuté deux fois.
gateway-over-delivered-refused = Ceci a été envoyé une fois : { $what }. L’application ne l’a pas accepté (statut { $status }), sans doute parce que la session y est terminée. Ce n’est jamais exécuté deux fois.
gateway-over-unknown = Ceci a été libéré, et l’on ne sait pas si l’application l’a exécuté : { $what }. Vérifiez là-bas avant de réessayer.
gateway-over-not-sent = Ceci a été libéré, mais rien n’est parvenu à l’application : { $what }. Recommencez à partir de l’application.
gateway-over-rejected = L’application ne l’a jamais reçu : { $what }.
gateway-over-cancelled = Vous l’avez annulé, et l’application ne l’a jamais reçu : { $what }.
gateway-over-expired = Le délai est écoulé : { $what }. Rien n’a été transmis.
gateway-over-failed-over = Le stockage de la passerelle a basculé pendant l’attente : { $what }. C’est nul et ne sera plus transmis. Vérifiez dans l’application si cela a été exécuté ; sinon, recommencez.

# Pages.
gateway-brand = Countersign
gateway-reference = Référence pour votre service d’assistance : { $reference }
gateway-held = Ceci demande votre confirmation
gateway-held-text = Rien n’a encore été transmis à { $app }.
gateway-held-go = Aller à la confirmation
gateway-approved = Confirmé
gateway-going-on = Vous continuez vers l’application.
gateway-go-on = Continuer
gateway-one-moment = Un instant
gateway-state-held = En attente de votre confirmation
gateway-state-held-text = Ceci attend votre confirmation. Rien n’a encore été transmis.
gateway-state-approved-text = Ceci est confirmé et n’a pas encore été transmis.
gateway-carry-out = Exécuter maintenant
gateway-to-approval = Vers la confirmation
gateway-to-app = Vers l’application
gateway-back-to-app = Retour à l’application
gateway-from-here = Le faire d’ici
gateway-show-answer = Afficher la réponse de l’application

# For a terminal.
gateway-plain-approve = Confirmez ici, jusqu’au { $until } :
gateway-plain-then = Envoyez ensuite la même requête encore une fois, telle quelle, mais sans corps et avec ce champ en tête. Avec `Prefer: wait=300`, elle attend la confirmation et rapporte la réponse de l’application.
gateway-plain-curl = Avec curl, qui lit ici la clé sur son entrée pour que personne ne la voie dans une liste de processus (ajoutez ce qui dit à l’application qui vous êtes) :

# Sent, but not taken.
gateway-refused = Confirmé, mais l’application ne l’a pas accepté
gateway-refused-text = Ceci a été envoyé une fois, exactement comme vous l’avez confirmé, mais l’application n’a pas répondu comme après une exécution. Sans doute la session y est-elle terminée. Rien n’est renvoyé automatiquement.
gateway-refused-answer = { $app } a répondu avec le statut { $status }.
gateway-refused-leads = { $app } a répondu avec le statut { $status } et mène à { $place }.
gateway-refused-follow = Suivre l’application
gateway-refused-input = Ce que vous aviez saisi
gateway-refused-input-text = Copiez-le d’ici quand vous le saisirez de nouveau. Ce qui n’est jamais affiché, comme un code PIN, n’y figure pas.
gateway-refused-more = Il y avait plus que ce qui peut être conservé.
