//! A browser of one user for the tests of the own account: it keeps its session cookie, reads forms off pages and sends them as a browser
//! would. Everything below the portal is real.

use countersign::base::text::UserName;
use countersign::base::time::Timestamp;
use countersign::factors::Totp;
use countersign::factors::totp::{Algorithm, Digits, parse_seed};
use countersign::flow::admin::{Order, Reply};

use crate::portal_stage::{Answer, HOST, ORIGIN, Stage};

pub(crate) const PASSWORD: &str = "green kettle under 4 bridges";

/// A browser.
pub(crate) struct Browser<'s> {
    pub(crate) stage: &'s Stage,
    /// `name=value`; empty without a session.
    pub(crate) cookie: String,
    /// The invitation whose link was opened, likewise.
    pub(crate) invitation: String,
}

impl<'s> Browser<'s> {
    pub(crate) fn new(stage: &'s Stage) -> Self {
        Self { stage, cookie: String::new(), invitation: String::new() }
    }

    /// Goes to a page, and on where it leads.
    pub(crate) async fn get(&mut self, target: &str) -> Answer {
        let answer = self.stage.get(target, &self.jar()).await;
        self.on(answer).await
    }

    /// Submits the form of `page` that goes to `action`, with its hidden fields and these.
    pub(crate) async fn submit(&mut self, page: &Answer, action: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.submit_once(page, action, fields).await;
        self.on(answer).await
    }

    /// The same, and stays where the answer is.
    pub(crate) async fn submit_once(
        &mut self,
        page: &Answer,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let form = filled(page, action, fields);
        let answer = self.post(action, &form).await;
        self.keep(&answer);
        answer
    }

    /// One post with exactly this form.
    pub(crate) async fn post(&self, target: &str, form: &str) -> Answer {
        self.stage.send("POST", target, &own_form(&self.jar()), form).await
    }

    async fn on(&mut self, mut answer: Answer) -> Answer {
        for _ in 0..8 {
            self.keep(&answer);
            if answer.status != 303 {
                return answer;
            }
            let to = answer.header("location").unwrap().to_owned();
            answer = self.stage.get(&to, &self.jar()).await;
        }
        panic!("it goes round in circles");
    }

    fn keep(&mut self, answer: &Answer) {
        for set in answer.all("set-cookie") {
            let pair = set.split(';').next().unwrap();
            let place = if pair.contains("invitation=") { &mut self.invitation } else { &mut self.cookie };
            *place = if pair.ends_with('=') { String::new() } else { pair.to_owned() };
        }
    }

    /// All that it sends.
    fn jar(&self) -> String {
        let sent = [self.cookie.as_str(), self.invitation.as_str()];
        sent.into_iter().filter(|pair| !pair.is_empty()).collect::<Vec<_>>().join("; ")
    }

    /// Takes the user's invitation up with [`PASSWORD`].
    pub(crate) async fn accept(&mut self, name: &str) -> Answer {
        let link = self.stage.invite(name).await;
        let page = self.get(&link).await;
        self.submit(&page, "/invite", &[("password", PASSWORD), ("again", PASSWORD)]).await
    }

    /// Name and [`PASSWORD`].
    pub(crate) async fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        let page = self.get("/account/sign-in").await;
        self.submit(&page, "/account/sign-in", &[("name", name), ("password", password)]).await
    }

    /// Adds a code generator; gives it back, to make codes with.
    pub(crate) async fn add_totp(&mut self, label: &str) -> Totp {
        let page = self.get("/account/add/totp").await;
        page.shows(200, &["<svg", "account/add/totp"]);
        let totp = generator(&page);
        let code = totp.code_at(self.stage.world.clock_now());
        let done = self.submit(&page, "/account/add/totp", &[("label", label), ("code", &code)]).await;
        done.shows(200, &["The authenticator is added."]);
        totp
    }

    /// The id of the authenticator with this name, as the first page links to it.
    pub(crate) async fn own(&mut self, label: &str) -> String {
        let page = self.get("/account").await;
        let before = page.body.split(&format!(">{label}<")).next().unwrap();
        assert!(before.len() < page.body.len(), "no `{label}` in:\n{}", page.body);
        before.rsplit("/account/authenticators/").next().unwrap().split('"').next().unwrap().to_owned()
    }
}

impl Stage {
    /// A user without anything; the name.
    pub(crate) async fn newcomer(&self, name: &str) {
        let email = (!name.contains('<')).then(|| format!("{name}@example.com"));
        let (groups, phone) = (Vec::new(), None);
        let order = Order::UserAdd { name: name.to_owned(), groups, email, phone };
        assert!(matches!(self.order(order).await, Reply::User(_)));
    }

    /// The link of an invitation, without the origin.
    pub(crate) async fn invite(&self, name: &str) -> String {
        match self.order(Order::UserInvite { name: name.to_owned(), valid_for: None }).await {
            Reply::Invitation { link, .. } => link.strip_prefix(ORIGIN).unwrap().to_owned(),
            _ => panic!("no invitation"),
        }
    }

    pub(crate) async fn order(&self, order: Order) -> Reply {
        self.world.flows.order(order, &UserName::parse("operator").unwrap()).await.unwrap()
    }

    /// A user with a password and a session.
    pub(crate) async fn member(&self, name: &str) -> Browser<'_> {
        self.newcomer(name).await;
        let mut browser = Browser::new(self);
        browser.accept(name).await.shows(200, &["Your account"]);
        browser
    }
}

impl crate::portal_world::World {
    pub(crate) fn clock_now(&self) -> Timestamp {
        self.flows.now()
    }

    /// How many answers of this user were judged.
    pub(crate) async fn judged(&self, user: &UserName) -> usize {
        let operator = UserName::parse("operator").unwrap();
        let Reply::Audit { lines } =
            self.flows.order(Order::AuditList { from: 1, limit: 1000 }, &operator).await.unwrap()
        else {
            panic!("no log")
        };
        let by = format!("{user}\"");
        let judged = |line: &&String| line.contains("answer_wrong") || line.contains("answer_accepted");
        lines.iter().filter(judged).filter(|line| line.contains(&by)).count()
    }

    /// How many entries the audit log has.
    pub(crate) async fn entries(&self) -> usize {
        let operator = UserName::parse("operator").unwrap();
        match self.flows.order(Order::AuditList { from: 1, limit: 1000 }, &operator).await.unwrap() {
            Reply::Audit { lines } => lines.len(),
            _ => panic!("no log"),
        }
    }
}

/// The headers of a form post by our own page, with this cookie.
pub(crate) fn own_form(cookie: &str) -> Vec<(&str, &str)> {
    vec![
        ("Host", HOST),
        ("Origin", ORIGIN),
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Cookie", cookie),
    ]
}

/// The form of `page` that goes to `action`, filled in.
#[track_caller]
pub(crate) fn filled(page: &Answer, action: &str, fields: &[(&str, &str)]) -> String {
    let start = format!("action=\"{action}\"");
    let Some((_, rest)) = page.body.split_once(&start) else {
        panic!("no form goes to `{action}` ({}):\n{}", page.status, page.body)
    };
    let form = rest.split("</form>").next().unwrap();
    let mut out = form_urlencoded::Serializer::new(String::new());
    for input in form.split("<input ").skip(1) {
        let input = input.split('>').next().unwrap();
        let value = |name: &str| {
            let (_, rest) = input.split_once(&format!("{name}=\""))?;
            Some(unescaped(rest.split('"').next().unwrap()))
        };
        let kept =
            input.contains("type=\"hidden\"") || input.contains("readonly") || input.contains(" checked");
        if let (true, Some(name)) = (kept, value("name"))
            && !fields.iter().any(|(other, _)| *other == name)
        {
            out.append_pair(&name, &value("value").unwrap_or_default());
        }
    }
    for (name, value) in fields {
        out.append_pair(name, value);
    }
    out.finish()
}

/// The code generator that a page offers.
#[track_caller]
pub(crate) fn generator(page: &Answer) -> Totp {
    let (_, rest) =
        page.body.split_once("class=\"seed\">").unwrap_or_else(|| panic!("no seed:\n{}", page.body));
    generator_of(rest.split('<').next().unwrap())
}

/// The code generator with this seed in base 32.
pub(crate) fn generator_of(seed: &str) -> Totp {
    Totp::new(parse_seed(seed).unwrap(), Algorithm::Sha1, Digits::Six).unwrap()
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}
