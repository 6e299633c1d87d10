# Časové údaje. Trvanie je v akuzatíve (`ešte 1 minútu`, `počkajte 1 hodinu`).

time-seconds =
    { $count ->
        [one] { $count } sekundu
        [few] { $count } sekundy
       *[other] { $count } sekúnd
    }
time-minutes =
    { $count ->
        [one] { $count } minútu
        [few] { $count } minúty
       *[other] { $count } minút
    }
time-hours =
    { $count ->
        [one] { $count } hodinu
        [few] { $count } hodiny
       *[other] { $count } hodín
    }
time-days =
    { $count ->
        [one] { $count } deň
        [few] { $count } dni
       *[other] { $count } dní
    }
time-two = { $first } { $second }
time-day =
    { $day }. { $month ->
        [1] januára
        [2] februára
        [3] marca
        [4] apríla
        [5] mája
        [6] júna
        [7] júla
        [8] augusta
        [9] septembra
        [10] októbra
        [11] novembra
       *[12] decembra
    } { $year }
time-moment = { $day }, { $clock }
