# The words of verification questions.

question-title = Verification questions
question-open = Questions
question-lead = Your helpdesk may ask you one of these on the telephone, to be surer that it is you. Nobody can read your answers, and they confirm nothing by themselves.
question-off = Verification questions are not used here any more. You can remove yours.
question-few = { $kept ->
    [0] You have none yet. There should be { $least }.
   *[other] You have { $kept }. There should be { $least }.
}
question-kept = { $kept ->
    [one] You have one.
   *[other] You have { $kept }.
}
question-add = Add a question
question-question = Question
question-own-choice = A question of my own
question-own = Question of your own
question-own-hint = Choose one that only you can answer.
question-own-only = Only if you have chosen “A question of my own” above. Choose one that only you can answer.
question-answer = Answer
question-answer-hint = At least { $least } letters or digits. It need not be true, as long as you know it again. Capitals, blanks and punctuation do not matter.
question-answer-unfit = An answer has at least { $least } letters or digits, at most 200, and does not stand in the question.
question-keep = Keep it
question-again = Change the answer
question-remove = Remove the question
question-remove-title = Remove this question?
question-unfit = A question has 1 to 200 visible characters.
question-taken = You have this question already. Choose another.
question-enough = You have { $most } questions already. Remove one first.
question-choose = Choose one of the questions.
question-done-kept = The question is kept.
question-done-removed = The question is removed.
question-both = You have chosen a question and written one. Clear your own, or choose “A question of my own”.
