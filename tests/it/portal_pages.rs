//! Does the prompt lead a person from what is held to its end, each end with a page of its own?

use countersign::flow::view::{StateName, StepView};

use crate::portal_stage::{CODE, HOST, ORIGIN, Stage, exchange};

const RETURN: &str =
    "<meta http-equiv=\"refresh\" content=\"0; url=https://bank.example.com/.countersign/return/";

#[tokio::test]
async fn arriving_ties_the_prompt_to_the_browser() {
    let stage = Stage::start().await;
    let case = stage.hold();
    let link = format!("/held/{}?handoff={}", case.id, case.handoff);
    let answer = stage.get(&link, "").await;
    assert_eq!(answer.status, 303);
    assert_eq!(
        answer.header("location"),
        Some(format!("/held/{}", case.id).as_str()),
        "no secret stays in the address"
    );
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("countersign-portal=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap();

    let page = stage.get(&format!("/held/{}", case.id), cookie).await;
    page.shows(
        200,
        &["bank", "https://bank.example.com", "Transfer 5000 EUR to DE89", "Amount", "5000 EUR", "alice"],
    );
    page.shows(
        200,
        &["21 November 2026, 19:50:05 UTC", "Until <time", "20:00:05 UTC", "10 minutes", "sha-256=:AAAA:"],
    );
    page.shows(200, &["POST https://bank.example.com/transfer", "Pixel 9", "Emergency code"]);

    // The link again: in this browser it leads to the prompt, in another nowhere.
    assert_eq!(stage.get(&link, cookie).await.status, 303);
    assert_eq!(stage.get(&link, "").await.status, 403);
    let other = stage.opened().await;
    stage.get(&format!("/held/{}", case.id), &other.cookie).await.shows(403, &["another browser"]);
    // One browser, several prompts, one cookie.
    let second = stage.hold();
    let answer = stage.get(&format!("/held/{}?handoff={}", second.id, second.handoff), cookie).await;
    assert!(answer.header("set-cookie").unwrap().starts_with(&format!("{cookie};")));
}

#[tokio::test]
async fn over_https_the_cookie_is_the_hosts_alone() {
    let stage = Stage::start_as("https://approve.example.com").await;
    let case = stage.hold();
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
    let case = stage.opened().await;
    let page = stage.get(&format!("/held/{}", case.id), &case.cookie).await;
    page.shows(200, &[&format!("action=\"/held/{}/choose\"", case.id), &format!("value=\"{}\"", case.totp)]);
    page.shows(200, &[&format!("name=\"csrf\" value=\"{}\"", stage.token(&case))]);
    assert!(!page.body.contains(" checked"), "two to choose from, none chosen");

    let field = stage.post(&case, "choose", &[("authenticator", &case.totp)]).await;
    field.shows(
        200,
        &["autocomplete=\"one-time-code\"", "inputmode=\"numeric\"", "6-digit", "something else"],
    );
    field.shows(200, &["Transfer 5000 EUR to DE89", &format!("action=\"/held/{}/answer\"", case.id)]);
    stage
        .post(&case, "choose", &[("authenticator", &case.emergency)])
        .await
        .shows(200, &["inputmode=\"text\"", "emergency access code"]);
    assert_eq!(stage.flows.state(case.id), Some(StateName::Held), "choosing decides nothing");

    let done = stage.post(&case, "answer", &[("authenticator", &case.totp), ("code", "123 456")]).await;
    done.shows(200, &[RETURN, "target=\"_top\"", "Countersigned"]);
    assert_eq!(done.header("location"), None, "a redirect would be stopped by form-action");
    assert_eq!(stage.flows.state(case.id), Some(StateName::Approved));

    // Submitted twice, reloaded, or restored: the same page, never a live form.
    stage.post(&case, "answer", &[("authenticator", &case.totp), ("code", CODE)]).await.shows(200, &[RETURN]);
    let again = stage.get(&format!("/held/{}", case.id), &case.cookie).await;
    again.shows(200, &[RETURN]);
    assert!(!again.body.contains("<form"));
    let restored = stage.get(&format!("/held/{}/answer", case.id), &case.cookie).await;
    assert_eq!(
        (restored.status, restored.header("location")),
        (303, Some(format!("/held/{}", case.id).as_str()))
    );
}

#[tokio::test]
async fn the_only_authenticator_is_chosen_already() {
    let stage = Stage::start().await;
    let case = stage.open(stage.hold_with(true, |view| view.choices.truncate(1))).await;
    let page = stage.get(&format!("/held/{}", case.id), &case.cookie).await;
    page.shows(200, &[" required checked>"]);
    stage.post(&case, "choose", &[]).await.shows(422, &["Choose one of these first."]);
}

#[tokio::test]
async fn a_program_that_waits_needs_no_way_back() {
    let stage = Stage::start().await;
    let case = stage.open(stage.hold_with(false, |_| {})).await;
    let done = stage.post(&case, "answer", &[("authenticator", &case.totp), ("code", CODE)]).await;
    done.shows(200, &["You can close this window"]);
    assert!(!done.body.contains("http-equiv=\"refresh\""));
}

#[tokio::test]
async fn a_second_step_is_asked_for() {
    let stage = Stage::start().await;
    let two = || StepView { factors: vec!["totp"], done: false };
    let case = stage.open(stage.hold_with(true, |view| view.steps = vec![two(), two()])).await;
    stage.get(&format!("/held/{}", case.id), &case.cookie).await.shows(200, &["Step 1 of 2"]);
    let answer = [("authenticator", case.totp.as_str()), ("code", CODE)];
    stage
        .post(&case, "answer", &answer)
        .await
        .shows(200, &["Step 2 of 2", "One more confirmation is needed"]);
    stage.post(&case, "answer", &answer).await.shows(200, &[RETURN]);
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
    first.shows(
        422,
        &["4 tries are left", "aria-invalid=\"true\"", "role=\"alert\"", "<title>Error: ", "Transfer 5000"],
    );
    for left in
        ["3 tries are left", "2 tries are left", "One try is left", "The next wrong one makes you wait"]
    {
        stage.post(&case, "answer", &wrong).await.shows(422, &[left]);
    }
    let paused = stage.post(&case, "answer", &wrong).await;
    paused.shows(429, &["Wait ", "30 seconds", "still held", "I did not do this"]);
    assert_eq!(paused.header("retry-after"), Some("30"));
    stage.post(&case, "answer", &wrong).await.shows(429, &["Wait "]);
    stage.post(&case, "answer", &wrong).await.shows(429, &["Wait "]);
    let blocked = stage.post(&case, "answer", &wrong).await;
    blocked.shows(429, &["An operator must unblock you"]);
    assert!(blocked.header("retry-after").is_some());
    assert_eq!(stage.flows.state(case.id), Some(StateName::Held));
}

#[tokio::test]
async fn an_authenticator_that_is_not_offered_is_not_accepted() {
    let stage = Stage::start().await;
    let (case, other) = (stage.opened().await, stage.opened().await);
    let strange = [("authenticator", other.totp.as_str()), ("code", CODE)];
    stage.post(&case, "choose", &strange).await.shows(422, &["Choose one of these first."]);
    stage.post(&case, "answer", &strange).await.shows(409, &["cannot be used for this request any more"]);
    stage.post(&case, "answer", &[("code", CODE)]).await.shows(400, &["not complete"]);
    assert_eq!(stage.flows.state(case.id), Some(StateName::Held));
}

#[tokio::test]
async fn a_person_says_no() {
    let stage = Stage::start().await;
    let case = stage.opened().await;
    stage.post(&case, "reject", &[("reason", "because")]).await.shows(400, &["not complete"]);
    let page = stage.post(&case, "reject", &[("reason", "not_me")]).await;
    page.shows(200, &["You said that you did not do this", "bank never received it", "change your password"]);
    assert_eq!(stage.flows.state(case.id), Some(StateName::Rejected));
    let late = stage.post(&case, "answer", &[("authenticator", &case.totp), ("code", CODE)]).await;
    late.shows(410, &["You said that you did not do this"]);
    stage.get(&format!("/held/{}", case.id), &case.cookie).await.shows(410, &["did not do this"]);

    let case = stage.opened().await;
    stage.post(&case, "reject", &[("reason", "cancelled")]).await.shows(200, &["You took it back"]);
    assert_eq!(stage.flows.state(case.id), Some(StateName::Cancelled));
    // Too late to say no: what is decided is shown, and nothing claims otherwise.
    let case = stage.opened().await;
    stage.flows.force(case.id, StateName::Delivered);
    stage.post(&case, "reject", &[("reason", "not_me")]).await.shows(409, &["This was sent, once"]);
}

#[tokio::test]
async fn every_end_has_its_own_page() {
    let stage = Stage::start().await;
    let mut seen = Vec::new();
    for (state, looked, late, words) in [
        (StateName::Approved, 200, 200, "Confirmed"),
        (StateName::Forwarding, 200, 409, "It is being carried out"),
        (StateName::Delivered, 200, 409, "This was sent, once"),
        (StateName::Rejected, 410, 410, "It was rejected"),
        (StateName::Expired, 410, 410, "The time ran out"),
        (StateName::Cancelled, 410, 410, "You took it back"),
        (StateName::FailedBeforeSend, 200, 409, "It could not be sent"),
        (StateName::OutcomeUnknown, 200, 409, "We cannot know whether it was carried out"),
    ] {
        let case = stage.opened().await;
        stage.flows.force(case.id, state);
        let page = stage.get(&format!("/held/{}", case.id), &case.cookie).await;
        page.shows(looked, &[words, "Transfer 5000 EUR to DE89", "href=\"https://bank.example.com/"]);
        assert!(!page.body.contains("<form"), "{words}");
        let answer = [("authenticator", case.totp.as_str()), ("code", CODE)];
        let no = if state == StateName::Rejected { "cancelled" } else { "not_me" };
        for (action, fields) in
            [("choose", &answer[..1]), ("answer", &answer[..]), ("reject", &[("reason", no)])]
        {
            let page = stage.post(&case, action, fields).await;
            assert_eq!((page.status, page.heading()), (late, words), "{action}");
        }
        assert_eq!(stage.flows.state(case.id), Some(state));
        seen.push(page.heading().to_owned());
    }
    seen.dedup();
    assert_eq!(seen.len(), 8);
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
    let late = stage.post(&case, "answer", &[("authenticator", &case.totp), ("code", CODE)]).await;
    late.shows(410, &["The time ran out", "Start again in"]);
}

#[tokio::test]
async fn the_page_hears_of_changes() {
    let stage = Stage::start().await;
    let case = stage.opened().await;
    let target = format!("/held/{}/state?seen=held", case.id);
    let headers = [("Host", HOST), ("Cookie", case.cookie.as_str()), ("Sec-Fetch-Site", "same-origin")];
    let waiting = stage.send("GET", &target, &headers, "");
    let deciding = async {
        // The question is open, or comes after the decision: both must be answered.
        tokio::task::yield_now().await;
        stage.post(&case, "answer", &[("authenticator", &case.totp), ("code", CODE)]).await
    };
    let (heard, _) = tokio::join!(waiting, deciding);
    assert_eq!((heard.status, heard.body.as_str()), (200, "{\"state\":\"approved\"}"));
    assert_eq!(heard.header("content-type"), Some("application/json"));
    let asked = stage.send("GET", &format!("/held/{}/state", case.id), &headers, "").await;
    assert_eq!(asked.body, "{\"state\":\"approved\"}");
}

#[tokio::test]
async fn behind_the_gateway_it_speaks_on_a_unix_socket() {
    use countersign::base::tasks::Tasks;
    use countersign::portal::{PortalSettings, router, serve_unix};
    let stage = Stage::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("portal.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let tasks = Tasks::default();
    let portal = router(stage.flows.clone(), PortalSettings { origin: ORIGIN.parse().unwrap() });
    tasks.spawn("portal", serve_unix(listener, portal, tasks.clone()));
    let connect = || tokio::net::UnixStream::connect(&path);
    let answer = exchange(connect().await.unwrap(), "GET", "/", &[("Host", HOST)], "").await;
    answer.shows(200, &["Nothing to confirm here", ORIGIN]);
    tasks.stop(std::time::Duration::from_secs(10)).await;
}
