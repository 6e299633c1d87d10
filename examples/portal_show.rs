//! Shows every page of the portal on the stand-in flows; prints the links to open.

use std::sync::Arc;

use countersign::base::entropy::{OsEntropy, SeededEntropy};
use countersign::base::id::Id;
use countersign::base::tasks::Tasks;
use countersign::base::time::{Clock as _, Span, SystemClock};
use countersign::flow::Flows;
use countersign::flow::view::{Choice, HeldView, StateName, StepView};
use countersign::portal::{PortalSettings, router, serve};

#[tokio::main]
async fn main() {
    let clock = Arc::new(SystemClock::default());
    let now = clock.now();
    let flows = Flows::stand_in(clock, Box::new(OsEntropy));
    let seeded = SeededEntropy::new(1);
    let view = |state: StateName, many: bool| HeldView {
        id: Id::new(now, &OsEntropy),
        app: "Hanseatic Bank".into(),
        origin: "http://127.0.0.1:8080".parse().unwrap(),
        user: "alice".into(),
        state,
        summary: if many {
            vec![
                "Delete the payee Stadtwerke Bremen".into(),
                "Change the daily limit to 25,000.00 EUR for all accounts of the household".into(),
            ]
        } else {
            vec!["Transfer 5000 EUR to DE89 3704 0044 0532 0130 00".into()]
        },
        show: vec![
            ("Amount".into(), "5000 EUR".into()),
            ("To".into(), "DE89 3704 0044 0532 0130 00".into()),
            (
                "Reference".into(),
                if many {
                    "Invoice <b>2026/1187</b>, November rent, with a long text that goes on and on so that it has to be wrapped over several lines".into()
                } else {
                    "Invoice 2026/1187".into()
                },
            ),
        ],
        request_line: "POST http://127.0.0.1:8080/accounts/7718/transfer?lang=en".into(),
        digest: "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:".into(),
        created_at: now,
        expires_at: Some(now.plus(Span::from_secs(600))),
        remaining: None,
        steps: vec![StepView { factors: vec!["totp"], done: false }],
        choices: vec![
            Choice { id: Id::new(now, &seeded), kind: "totp", label: "Pixel 9".into(), digits: Some(6) },
            Choice {
                id: Id::new(now, &seeded),
                kind: "totp",
                label: "Tablet at home".into(),
                digits: Some(8),
            },
            Choice {
                id: Id::new(now, &seeded),
                kind: "emergency",
                label: "Emergency access code".into(),
                digits: None,
            },
        ],
        return_url: None,
        back_url: "http://127.0.0.1:8080/accounts".into(),
        outcome_status: None,
        reason: None,
    };
    let print = |name: &str, view: HeldView, navigation: bool| {
        let (id, state) = (view.id, view.state);
        let handoff = flows.hold(view, "123456", navigation);
        if state != StateName::Held {
            flows.force(id, state);
        }
        println!("{name} {id} {handoff}");
    };
    print("prompt", view(StateName::Held, false), true);
    let mut single = view(StateName::Held, true);
    single.choices.truncate(1);
    print("single", single, true);
    let mut none = view(StateName::Held, false);
    none.choices.clear();
    print("none", none, true);
    let mut two = view(StateName::Held, false);
    two.steps.push(StepView { factors: vec!["emergency"], done: false });
    print("steps", two, true);
    print("api", view(StateName::Held, false), false);
    for (name, state) in [
        ("forwarding", StateName::Forwarding),
        ("delivered", StateName::Delivered),
        ("rejected", StateName::Rejected),
        ("expired", StateName::Expired),
        ("cancelled", StateName::Cancelled),
        ("failed", StateName::FailedBeforeSend),
        ("unknown", StateName::OutcomeUnknown),
    ] {
        print(name, view(state, false), true);
    }
    println!("ready");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:18281").await.unwrap();
    let origin = "http://localhost:18281".parse().unwrap();
    serve(listener, router(flows, PortalSettings { origin }), Tasks::default()).await;
}
