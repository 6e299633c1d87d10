# Časové údaje. Trvání je ve čtvrtém pádě (`ještě 1 minutu`, `počkejte 1 hodinu`).

time-seconds =
    { $count ->
        [one] { $count } sekundu
        [few] { $count } sekundy
       *[other] { $count } sekund
    }
time-minutes =
    { $count ->
        [one] { $count } minutu
        [few] { $count } minuty
       *[other] { $count } minut
    }
time-hours =
    { $count ->
        [one] { $count } hodinu
        [few] { $count } hodiny
       *[other] { $count } hodin
    }
time-days =
    { $count ->
        [one] { $count } den
        [few] { $count } dny
       *[other] { $count } dní
    }
time-two = { $first } { $second }
time-day =
    { $day }. { $month ->
        [1] ledna
        [2] února
        [3] března
        [4] dubna
        [5] května
        [6] června
        [7] července
        [8] srpna
        [9] září
        [10] října
        [11] listopadu
       *[12] prosince
    } { $year }
time-moment = { $day }, { $clock }
