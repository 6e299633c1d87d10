//! The counters behind `/metrics`, in the text format of Prometheus (`OpenMetrics`).
//!
//! **Invariant:** labels are closed sets: no user, path or value becomes a label.

use std::sync::Mutex;

use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::approval::{Ending, Reception};
use crate::base::time::Span;

/// Why something was refused, or how something ended.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// What a policy in observe mode would have done.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Would {
    would: &'static str,
}

/// What became of a message.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Carried {
    kind: &'static str,
    result: &'static str,
}

/// What came of reading the policies again.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ReloadResult {
    result: &'static str,
}

/// The counters of one gateway.
pub struct Metrics {
    registry: Mutex<Registry>,
    held: Counter,
    approved: Counter,
    released: Counter,
    granted: Counter,
    observed: Family<Would, Counter>,
    messages: Family<Carried, Counter>,
    reloads: Family<ReloadResult, Counter>,
    faulty: Gauge,
    refused: Family<Reason, Counter>,
    ended: Family<Reason, Counter>,
    decision: Histogram,
    waiting: Gauge,
}

/// A connection that waits, for as long as this is kept.
pub struct Waits(Gauge);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("countersign");
        let (held, approved, released) = (Counter::default(), Counter::default(), Counter::default());
        let (refused, ended) = (Family::default(), Family::default());
        let waiting = Gauge::default();
        registry.register("waiting", "Connections that wait for a decision", waiting.clone());
        let (granted, observed, reloads, faulty) =
            (Counter::default(), Family::default(), Family::default(), Gauge::default());
        let decision =
            Histogram::new([1.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 3600.0, 86_400.0]);
        registry.register("held", "Requests held", held.clone());
        registry.register("approved", "Held requests approved", approved.clone());
        registry.register("released", "Approved requests released", released.clone());
        registry.register("granted", "Requests forwarded by grants, without a prompt", granted.clone());
        registry.register(
            "observed",
            "What policies in observe mode would have done",
            Family::clone(&observed),
        );
        let messages = Family::default();
        registry.register("messages", "Messages to users, by kind and result", Family::clone(&messages));
        registry.register("policy_reload", "Sets of policies read again, by result", Family::clone(&reloads));
        registry.register("policy_faulty", "1 while the newest policy files are faulty", faulty.clone());
        registry.register("refused", "Requests and answers refused, by reason", Family::clone(&refused));
        registry.register("ended", "Held requests ended, by outcome", Family::clone(&ended));
        registry.register_with_unit(
            "decision",
            "From the hold to the approval",
            Unit::Seconds,
            decision.clone(),
        );
        Self {
            registry: Mutex::new(registry),
            held,
            approved,
            released,
            granted,
            observed,
            messages,
            reloads,
            faulty,
            refused,
            ended,
            decision,
            waiting,
        }
    }
}

impl Metrics {
    pub(super) fn held(&self) {
        self.held.inc();
    }

    pub(super) fn approved(&self, after: Span) {
        self.approved.inc();
        self.decision.observe(
            std::time::Duration::from_millis(u64::try_from(after.millis()).unwrap_or(0)).as_secs_f64(),
        );
    }

    pub(super) fn released(&self) {
        self.released.inc();
    }

    pub(super) fn granted(&self) {
        self.granted.inc();
    }

    pub(super) fn observed(&self, would: &'static str) {
        self.observed.get_or_create(&Would { would }).inc();
    }

    pub(super) fn message(&self, kind: &'static str, result: &'static str) {
        self.messages.get_or_create(&Carried { kind, result }).inc();
    }

    pub(super) fn reloaded(&self) {
        self.reloads.get_or_create(&ReloadResult { result: "good" }).inc();
        self.faulty.set(0);
    }

    pub(super) fn reload_refused(&self) {
        self.reloads.get_or_create(&ReloadResult { result: "refused" }).inc();
        self.faulty.set(1);
    }

    pub(super) fn not_faulty(&self) {
        self.faulty.set(0);
    }

    pub(super) fn expired(&self) {
        self.ended.get_or_create(&Reason { reason: "expired" }).inc();
    }

    pub(super) fn ended(&self, how: &Ending) {
        let reason = match how {
            Ending::Delivered { reception: Reception::Refused { .. }, .. } => "refused_by_application",
            Ending::Delivered { .. } => "delivered",
            Ending::OutcomeUnknown { .. } => "outcome_unknown",
            Ending::FailedBeforeSend => "failed_before_send",
            Ending::Rejected { .. } => "rejected",
            Ending::Cancelled => "cancelled",
            Ending::Expired => "expired",
            Ending::FailedOver => "failed_over",
        };
        self.ended.get_or_create(&Reason { reason }).inc();
    }

    /// Counts a connection that waits.
    pub fn waits(&self) -> Waits {
        self.waiting.inc();
        Waits(self.waiting.clone())
    }

    /// Counts a refusal by its problem type.
    pub fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&Reason { reason }).inc();
    }

    /// All of them, as text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        if let Ok(registry) = self.registry.lock()
            && encode(&mut out, &registry).is_err()
        {
            out.clear();
        }
        out
    }
}
