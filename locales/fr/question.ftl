# Les mots des questions de vérification.

question-title = Questions de vérification
question-open = Questions
question-lead = Votre service d’assistance peut vous en poser une au téléphone, pour être plus sûr que c’est bien vous. Personne ne peut lire vos réponses, et elles ne confirment rien à elles seules.
question-off = Les questions de vérification ne sont plus utilisées ici. Vous pouvez supprimer les vôtres.
question-few = { $kept ->
    [0] Vous n’en avez pas encore. Il en faudrait { $least }.
   *[other] Vous en avez { $kept }. Il en faudrait { $least }.
}
question-kept = Vous en avez { $kept }.
question-add = Ajouter une question
question-question = Question
question-own-choice = Une question à moi
question-own = Votre propre question
question-own-hint = Choisissez-en une à laquelle vous seul pouvez répondre.
question-own-only = Seulement si vous avez choisi « Une question à moi » ci-dessus. Choisissez-en une à laquelle vous seul pouvez répondre.
question-answer = Réponse
question-answer-hint = Au moins { $least } lettres ou chiffres. Elle n’a pas besoin d’être vraie, pourvu que vous la retrouviez. Les majuscules, les espaces et la ponctuation ne comptent pas.
question-answer-unfit = Une réponse a au moins { $least } lettres ou chiffres, au plus 200, et ne figure pas dans la question.
question-keep = Garder
question-again = Changer la réponse
question-remove = Supprimer la question
question-remove-title = Supprimer cette question ?
question-unfit = Une question a de 1 à 200 caractères visibles.
question-taken = Vous avez déjà cette question. Choisissez-en une autre.
question-enough = Vous avez déjà { $most } questions. Supprimez-en une d’abord.
question-choose = Choisissez une des questions.
question-done-kept = La question est enregistrée.
question-done-removed = La question est supprimée.
question-both = Vous avez choisi une question et en avez écrit une. Effacez la vôtre, ou choisissez « Une question à moi ».
