//! Does the prompt lead a person from what is held to its end, each end with a page of its own?

use countersign::flow::admit::Client;
use countersign::flow::view::StateName;

use crate::portal_stage::{Case, HOST, ORIGIN, Stage, exchange, portal};

const RETURN: &str =
    "<meta http-equiv=\"refresh\" content=\"0; url=http://bank.test/.countersign/return/held_";

#[tokio::test]
async fn arriving_ties_the_prompt_to_the_browser() {
    let stage = Stage::start().await;
    let case = stage.hold().await;
    let (link, prompt) =
        (format!("/held/{}?handoff={}", case.id, case.handoff), format!("/held/{}", case.id));
    assert_eq!(case.ticket.url, format!("{ORIGIN}{link}"));
    let answer = stage.get(&link, "").await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), Some(prompt.as_str()), "no secret stays in the address");
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("countersign-portal="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();

    let page = stage.get(&prompt, cookie).await;
    page.shows(
        200,
        &["bank", "http://bank.test", "Transfer 5000 EUR to DE89", "Amount", "5000 EUR", "alice0"],
    );
    page.shows(200, &["21 November 2026, 19:50:05 UTC", "Until <time", "20:00:05 UTC", "10 minutes"]);
    page.shows(200, &["POST /transfer", &case.ticket.digest, "Pixel 9"]);

    // The link again: in this browser it leads to the prompt, in another nowhere.
    assert_eq!(stage.get(&link, cookie).await.status, 303);
    stage.get(&link, "").await.shows(403, &["another browser"]);
    let other = stage.opened().await;
    stage.get(&prompt, &other.cookie).await.shows(403, &["another browser"]);
    assert_eq!(stage.get(&link, &other.cookie).await.status, 303, "its cookie is judged at the prompt");
    stage.get(&prompt, &other.cookie).await.shows(403, &["another browser"]);
    // One browser, several prompts, one cookie.
    let second = stage.hold().await;
    let answer = stage.get(&format!("/held/{}?handoff={}", second.id, second.handoff), cookie).await;
    assert!(answer.header("set-cookie").unwrap().starts_with(&format!("{cookie};")));
    stage.get(&format!("/held/{}", second.id), cookie).await.shows(200, &["alice2"]);
    stage.get(&prompt, cookie).await.shows(200, &["alice0"]);
}

#[tokio::test]
async fn over_https_the_cookie_is_the_hosts_alone() {
    let stage = Stage::start_as("https://approve.example.com").await;
    let case = stage.hold().await;
    let link = format!("/held/{}?handoff={}", case.id, case.handoff);
    let answer = stage.send("GET", &link, &[("Host", "approve.example.com")], "").await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-countersign-portal="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
}

#[tokio::test]
async fn choose_submit_code_submit_and_on_to_the_application() {
    let stage = Stage::start().await;
    let person = stage.world.person().await;
    let (emergency, _) = stage.world.emergency(&person).await;
    let case = stage.open(stage.hold_for(person, "/transfer", Client::Navigation(None)).await).await;
    let prompt = format!("/held/{}", case.id);
    let page = stage.get(&prompt, &case.cookie).await;
    page.shows(
        200,
        &[&format!("action=\"{prompt}/choose\""), &format!("value=\"{}\"", case.totp), &emergency],
    );
    page.shows(200, &[&format!("name=\"csrf\" value=\"{}\"", stage.token(&case))]);
    assert!(!page.body.contains(" checked"), "two to choose from, none chosen");

    let field = stage.post(&case, "choose", &[("authenticator", &case.totp)]).await;
    field.shows(
        200,
        &["autocomplete=\"one-time-code\"", "inputmode=\"numeric\"", "6-digit", "something else"],
    );
    field.shows(200, &["Transfer 5000 EUR to DE89", &format!("action=\"{prompt}/answer\"")]);
    let field = stage.post(&case, "choose", &[("authenticator", &emergency)]).await;
    field.shows(200, &["inputmode=\"text\"", "with or without its dashes"]);
    assert_eq!(stage.state(&case).await, StateName::Held, "choosing decides nothing");

    let code = stage.world.code();
    let (left, right) = code.split_at(3);
    let spaced = format!(" {left} {right} ");
    let done = stage.post(&case, "answer", &[("authenticator", &case.totp), ("code", &spaced)]).await;
    done.shows(200, &[RETURN, "target=\"_top\"", "Countersigned"]);
    assert_eq!(done.header("location"), None, "a redirect would be stopped by form-action");
    assert_eq!(stage.state(&case).await, StateName::Approved);

    // Submitted twice, reloaded, or restored: the same page, never a live form.
    stage
        .post(&case, "answer", &[("authenticator", &case.totp), ("code", &code)])
        .await
        .shows(200, &[RETURN]);
    let again = stage.get(&prompt, &case.cookie).await;
    again.shows(200, &[RETURN]);
    assert!(!again.page().contains("<form"));
    let restored = stage.get(&format!("{prompt}/answer"), &case.cookie).await;
    assert_eq!((restored.status, restored.header("location")), (303, Some(prompt.as_str())));
}

#[tokio::test]
async fn an_emergency_code_is_typed_as_it_is_written_down() {
    let stage = Stage::start().await;
    let person = stage.world.person().await;
    let (emergency, code) = stage.world.emergency(&person).await;
    let case = stage.open(stage.hold_for(person, "/transfer", Client::Navigation(None)).await).await;
    let done = stage.post(&case, "answer", &[("authenticator", &emergency), ("code", &code)]).await;
    done.shows(200, &[RETURN]);
}

#[tokio::test]
async fn the_only_authenticator_is_chosen_already() {
    let stage = Stage::start().await;
    let case = stage.opened().await;
    let page = stage.get(&format!("/held/{}", case.id), &case.cookie).await;
    page.shows(200, &[" required checked>"]);
    stage.post(&case, "choose", &[]).await.shows(422, &["Choose one of these first."]);
    let field = stage.post(&case, "choose", &[("authenticator", &case.totp)]).await;
    assert!(!field.body.contains("something else"), "there is nothing else");
}

#[tokio::test]
async fn a_program_that_waits_needs_no_way_back() {
    let stage = Stage::start().await;
    let case = stage.opened_by_script().await;
    let code = stage.world.code();
    let done = stage.post(&case, "answer", &[("authenticator", &case.totp), ("code", &code)]).await;
    done.shows(200, &["You can close this window", "data-watch"]);
    assert!(!done.body.contains("http-equiv=\"refresh\""));
}

#[tokio::test]
async fn a_second_step_is_asked_for() {
    let stage = Stage::start().await;
    let person = stage.world.person().await;
    let (emergency, written) = stage.world.emergency(&person).await;
    let case = stage.open(stage.hold_for(person, "/twice", Client::Navigation(None)).await).await;
    let prompt = format!("/held/{}", case.id);
    stage.get(&prompt, &case.cookie).await.shows(200, &["Step 1 of 2", "Pixel 9"]);
    let code = stage.world.code();
    let page = stage.post(&case, "answer", &[("authenticator", &case.totp), ("code", &code)]).await;
    page.shows(200, &["Step 2 of 2", "One more confirmation is needed", &emergency]);
    assert!(!page.body.contains(&format!("value=\"{}\"", case.totp)), "not to choose");
    page.shows(200, &["<bdi>Pixel 9</bdi>: it has done its part"]);
    stage
        .post(&case, "answer", &[("authenticator", &emergency), ("code", &written)])
        .await
        .shows(200, &[RETURN]);
}

#[tokio::test]
async fn wrong_codes_are_told_then_paused_then_blocked() {
    let stage = Stage::start().await;
    let case = stage.opened().await;
    let wrong = [("authenticator", case.totp.as_str()), ("code", "000000")];
    let empty = stage.post(&case, "answer", &[("authenticator", &case.totp), ("code", " ")]).await;
    empty.shows(422, &["Enter the code."]);
    let long = "1".repeat(129);
    stage
        .post(&case, "answer", &[("authenticator", &case.totp), ("code", &long)])
        .await
        .shows(422, &["too long"]);
    let first = stage.post(&case, "answer", &wrong).await;
    first.shows(422, &["4 tries are left", "aria-invalid=\"true\"", "role=\"alert\"", "<title>Error: "]);
    first.shows(422, &["Transfer 5000 EUR to DE89"]);
    for left in ["3 tries are left", "2 tries are left", "One try is left", "You have to wait now"] {
        stage.post(&case, "answer", &wrong).await.shows(422, &[left]);
    }
    let paused = stage.post(&case, "answer", &wrong).await;
    paused.shows(429, &["Wait ", "30 seconds", "still held", "I did not do this"]);
    assert_eq!(paused.header("retry-after"), Some("30"));
    // The right code waits too.
    let code = stage.world.code();
    stage
        .post(&case, "answer", &[("authenticator", &case.totp), ("code", &code)])
        .await
        .shows(429, &["Wait "]);
    assert_eq!(stage.state(&case).await, StateName::Held);

    // After twenty in a row only an operator helps: tried on one request after the other.
    let mut case = case;
    for _ in 5..20 {
        stage.advance(3600);
        let again = stage.hold_for(case.person, "/transfer", Client::Navigation(None)).await;
        case = stage.open(again).await;
        let wrong = [("authenticator", case.totp.as_str()), ("code", "000000")];
        stage.post(&case, "answer", &wrong).await.shows(422, &["not right"]);
    }
    stage.advance(3600);
    let again = stage.hold_for(case.person, "/transfer", Client::Navigation(None)).await;
    case = stage.open(again).await;
    let code = stage.world.code();
    let blocked = stage.post(&case, "answer", &[("authenticator", &case.totp), ("code", &code)]).await;
    blocked.shows(429, &["An operator must unblock you", "I did not do this"]);
    assert!(blocked.header("retry-after").is_some());
    assert_eq!(stage.state(&case).await, StateName::Held);
}

#[tokio::test]
async fn an_authenticator_that_is_not_offered_is_not_accepted() {
    let stage = Stage::start().await;
    let (case, other) = (stage.opened().await, stage.opened().await);
    let code = stage.world.code();
    let strange = [("authenticator", other.totp.as_str()), ("code", code.as_str())];
    stage.post(&case, "choose", &strange).await.shows(422, &["Choose one of these first."]);
    stage.post(&case, "answer", &strange).await.shows(409, &["cannot be used for this request any more"]);
    stage.post(&case, "answer", &[("code", &code)]).await.shows(400, &["not complete"]);
    assert_eq!(stage.state(&case).await, StateName::Held);
}

#[tokio::test]
async fn a_person_says_no() {
    let stage = Stage::start().await;
    let case = stage.opened().await;
    let code = stage.world.code();
    stage.post(&case, "reject", &[("reason", "because")]).await.shows(400, &["not complete"]);
    let page = stage.post(&case, "reject", &[("reason", "not_me")]).await;
    page.shows(
        200,
        &["You said that you did not do this", "nothing of it reached bank", "change your password"],
    );
    assert_eq!(stage.state(&case).await, StateName::Rejected);
    let late = stage.post(&case, "answer", &[("authenticator", &case.totp), ("code", &code)]).await;
    late.shows(410, &["You said that you did not do this"]);
    stage.get(&format!("/held/{}", case.id), &case.cookie).await.shows(410, &["did not do this"]);

    let case = stage.opened().await;
    stage.post(&case, "reject", &[("reason", "cancelled")]).await.shows(200, &["You took it back"]);
    assert_eq!(stage.state(&case).await, StateName::Cancelled);
}

/// Brings a script's request to its end.
async fn bring(stage: &Stage, case: &Case, end: StateName) {
    let flows = &stage.world.flows;
    match end {
        StateName::Held => {}
        StateName::Rejected => {
            assert_eq!(stage.post(case, "reject", &[("reason", "not_me")]).await.status, 200);
        }
        StateName::Cancelled => {
            assert_eq!(stage.post(case, "reject", &[("reason", "cancelled")]).await.status, 200);
        }
        StateName::Expired => stage.advance(601),
        StateName::FailedOver => stage.world.fail_over().await,
        StateName::Approved => stage.approve(case).await,
        StateName::Forwarding
        | StateName::Delivered
        | StateName::FailedBeforeSend
        | StateName::OutcomeUnknown => {
            stage.approve(case).await;
            stage.world.claim(&case.person, &case.ticket).await;
        }
    }
    match end {
        StateName::Delivered => drop(flows.delivered(case.id, 200, None, None).await.unwrap()),
        StateName::FailedBeforeSend => flows.failed_before_send(case.id).await.unwrap(),
        StateName::OutcomeUnknown => flows.lost(case.id).await.unwrap(),
        _ => {}
    }
    assert_eq!(stage.state(case).await, end);
}

#[tokio::test]
async fn every_end_has_its_own_page() {
    let stage = Stage::start().await;
    for (state, looked, late, words) in [
        (StateName::Forwarding, 200, 409, "It is being carried out"),
        (StateName::Delivered, 200, 409, "This was sent, once"),
        (StateName::Rejected, 410, 410, "You said that you did not do this"),
        (StateName::Expired, 410, 410, "The time ran out"),
        (StateName::Cancelled, 410, 410, "You took it back"),
        (StateName::FailedBeforeSend, 200, 409, "It could not be sent"),
        (StateName::OutcomeUnknown, 200, 409, "We cannot know whether it was carried out"),
        // The last one: the codes of now prove nothing afterwards.
        (StateName::FailedOver, 410, 410, "The gateway lost its place"),
    ] {
        let case = stage.opened_by_script().await;
        bring(&stage, &case, state).await;
        let page = stage.get(&format!("/held/{}", case.id), &case.cookie).await;
        page.shows(looked, &[words, "Transfer 5000 EUR to DE89", "href=\"http://bank.test/\""]);
        assert_eq!(page.heading(), words);
        assert!(!page.page().contains("<form"), "{words}");
        let code = stage.world.code();
        let answer = [("authenticator", case.totp.as_str()), ("code", code.as_str())];
        let no = if state == StateName::Rejected { "cancelled" } else { "not_me" };
        for (action, fields) in
            [("choose", &answer[..1]), ("answer", &answer[..]), ("reject", &[("reason", no)])]
        {
            let page = stage.post(&case, action, fields).await;
            assert_eq!((page.status, page.heading()), (late, words), "{action}");
        }
        assert_eq!(stage.state(&case).await, state);
    }
}

#[tokio::test]
async fn an_error_of_the_application_is_told() {
    let stage = Stage::start().await;
    let case = stage.opened_by_script().await;
    bring(&stage, &case, StateName::Forwarding).await;
    stage.world.flows.delivered(case.id, 502, None, None).await.unwrap();
    let page = stage.get(&format!("/held/{}", case.id), &case.cookie).await;
    page.shows(200, &["status 502", "Look there whether it happened"]);
}

#[tokio::test]
async fn time_runs_out() {
    let stage = Stage::start().await;
    let case = stage.opened().await;
    stage.advance(599);
    stage
        .get(&format!("/held/{}", case.id), &case.cookie)
        .await
        .shows(200, &["data-left=\"1000\"", "1 second<"]);
    stage.advance(1);
    let code = stage.world.code();
    let late = stage.post(&case, "answer", &[("authenticator", &case.totp), ("code", &code)]).await;
    late.shows(410, &["The time ran out", "Start again in"]);
}

#[tokio::test]
async fn the_page_hears_of_changes() {
    let stage = Stage::start().await;
    let case = stage.opened().await;
    let target = format!("/held/{}/state?seen=held", case.id);
    let headers = [("Host", HOST), ("Cookie", case.cookie.as_str()), ("Sec-Fetch-Site", "same-origin")];
    // The question is open when the decision comes, or it comes after: both must be answered.
    let waiting = stage.send("GET", &target, &headers, "");
    let (heard, ()) = tokio::join!(waiting, stage.approve(&case));
    assert_eq!((heard.status, heard.body.as_str()), (200, "{\"state\":\"approved\"}"));
    assert_eq!(heard.header("content-type"), Some("application/json"));
    let asked = stage.send("GET", &format!("/held/{}/state", case.id), &headers, "").await;
    assert_eq!(asked.body, "{\"state\":\"approved\"}");
}

#[tokio::test]
async fn behind_the_gateway_it_speaks_on_a_unix_socket() {
    use countersign::base::tasks::Tasks;
    let stage = Stage::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("portal.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let tasks = Tasks::default();
    let served = countersign::portal::serve_unix(listener, portal(&stage.world, ORIGIN), tasks.clone());
    tasks.spawn("portal", served);
    let stream = tokio::net::UnixStream::connect(&path).await.unwrap();
    exchange(stream, "GET", "/", &[("Host", HOST)], "")
        .await
        .shows(200, &["Nothing to confirm here", ORIGIN]);
    tasks.stop(std::time::Duration::from_secs(10)).await;
}
