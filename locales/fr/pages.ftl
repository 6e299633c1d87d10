# Ce que toutes les pages du portail ont en commun, et les pages sans requête retenue.

pages-brand = Countersign
pages-warning = Ne communiquez jamais un code à personne, et n’en saisissez jamais pour quelque chose que vous n’avez pas commencé vous-même.
pages-language = Langue
pages-language-use = Utiliser
pages-open-prompt = Ouvrir la page de confirmation
pages-reference = Référence pour votre service d’assistance : { $reference }
pages-unmade = Cette page n’a pas pu être produite. Rien n’a été décidé.

home-title = Rien à confirmer ici
home-what = C’est ici que vous confirmez les actions importantes : un paiement, une suppression, un changement de mot de passe. Quand une application a besoin de votre confirmation, elle vous conduit ici d’elle-même et vous ramène ensuite.
home-address = L’adresse d’une vraie page de confirmation commence toujours par { $origin }
home-account = Vos moyens d’authentification, votre mot de passe et vos demandes passées se trouvent dans votre compte.
