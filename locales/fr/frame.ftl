# The prompt in a frame of the application's page.

frame-window = L’ouvrir dans sa propre fenêtre
frame-moved = La suite se passe dans une fenêtre à part.
frame-no-script = Cela demande des scripts, et ils sont désactivés ici. Ouvrez-le dans sa propre fenêtre.
frame-passkey-forbidden = Cette page ne peut pas demander de passkey ici. Ouvrez la demande dans sa propre fenêtre, ou utilisez autre chose.
frame-passkey-untold = Ce navigateur ne dit pas dans la page de qui la passkey a servi ; elle ne peut donc pas compter ici. Ouvrez la demande dans sa propre fenêtre, ou utilisez autre chose.
frame-lost = Cette demande a été rechargée
frame-lost-text = Dans une page, une demande ne s’ouvre qu’une fois. Rien n’a été envoyé et rien n’a été décidé.
frame-lost-next = Continuez dans une fenêtre à part.
refusal-not-framed = Cette adresse est faite pour l’intérieur d’une page
refusal-not-framed-text = Une demande qu’une application montre dans sa propre page ne peut pas être ouverte ailleurs. Rien n’a été décidé.
refusal-not-framed-next = Revenez à l’application ; elle mène à la demande.
