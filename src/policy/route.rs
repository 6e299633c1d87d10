//! Which policies can apply to a request, by host's application, method and path alone.
//!
//! The patterns are one tree of segments, `**` a node of it that may eat any number ([`Node::any`]); all edges by literal are in one
//! table. A search goes down the tree as the path goes on, [`search`] says how.
//!
//! **Invariant:** deciding that none can apply allocates nothing, and takes time in the length of the path, whatever the number of
//! policies; a policy too deep for the search to be sure about counts as one that can apply (`tests/it/policy_route.rs` compares with
//! the naive matcher, `search` counts its steps).

mod search;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::fold::{Case, Folded};
use super::methods::Methods;
use super::pattern::{Pattern, Segment};
use super::ruling::ForwardGrounds;

/// What the policies that can apply need in order to be judged.
#[must_use]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    some: bool,
    needs: Needs,
}

impl Candidates {
    /// What these and `more` need together.
    pub(super) fn add(&mut self, more: Self) {
        self.some |= more.some;
        self.needs.body |= more.needs.body;
        self.needs.user |= more.needs.user;
        self.needs.enforced |= more.needs.enforced;
    }

    /// Whether no policy can apply: the request passes untouched.
    pub fn is_none(self) -> bool {
        !self.some
    }

    /// Whether the fields of the body must be read before ruling.
    pub fn needs_body(self) -> bool {
        self.needs.body
    }

    /// Whether a policy decides by user or groups, so that identity must be known before ruling. Holding needs it in any case.
    pub fn needs_user(self) -> bool {
        self.needs.user
    }

    /// The grounds to forward, when no policy can apply.
    pub fn grounds(self) -> Option<ForwardGrounds> {
        self.is_none().then(|| ForwardGrounds::no_policy(Vec::new()))
    }

    /// The grounds to forward what cannot be judged, when all policies that can apply only observe.
    pub fn watched(self) -> Option<ForwardGrounds> {
        (!self.needs.enforced).then(|| ForwardGrounds::no_policy(Vec::new()))
    }
}

/// What a policy needs beyond method and path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    pub(super) body: bool,
    pub(super) user: bool,
    /// Whether it acts, and does not only observe.
    pub(super) enforced: bool,
}

/// The number of a node.
type At = u32;

/// All patterns of one application.
#[derive(Debug)]
pub(super) struct Routes {
    case: Case,
    nodes: Vec<Node>,
    /// The edges by literal: the hash of node and word to the node it leads to; where two hashes meet, the next free number.
    literals: HashMap<u64, At, BuildHasherDefault<Given>>,
}

#[derive(Debug, Default)]
struct Node {
    /// Where it is reached from, and by which word when that is a literal.
    parent: At,
    word: Box<str>,
    /// Whether an edge by literal begins here.
    branches: bool,
    /// One segment, whatever it is.
    capture: Option<At>,
    /// A `**`: the node that may eat segments.
    any: Option<At>,
    /// Whether it is reached through two `**`, so that a search may come by several ways.
    nested: bool,
    ends: Vec<End>,
    /// The different ends, so that many policies on one path cost no more than one.
    kinds: Vec<(Methods, Needs)>,
}

/// Where a pattern ends.
#[derive(Clone, Copy, Debug)]
struct End {
    policy: u32,
    methods: Methods,
}

impl Routes {
    pub(super) fn new(case: Case) -> Self {
        Self { case, nodes: vec![Node::default()], literals: HashMap::default() }
    }

    /// Adds the pattern of policy number `policy`.
    pub(super) fn add(&mut self, policy: usize, pattern: &Pattern, methods: Methods, needs: Needs) {
        let (mut at, mut anys, mut after_any) = (0, 0, false);
        for segment in &pattern.segments {
            let any = *segment == Segment::Any;
            if any && after_any {
                continue;
            }
            anys += usize::from(any);
            after_any = any;
            at = match segment {
                Segment::Literal(word) => self.literal_edge(at, word),
                Segment::Capture(_) => self.edge(at, |node| &mut node.capture),
                Segment::Any => self.edge(at, |node| &mut node.any),
            };
            if let Some(node) = self.nodes.get_mut(index(at)) {
                node.nested = any && anys > 1;
            }
        }
        if let Some(node) = self.nodes.get_mut(index(at)) {
            node.ends.push(End { policy: u32::try_from(policy).unwrap_or(u32::MAX), methods });
            if !node.kinds.contains(&(methods, needs)) {
                node.kinds.push((methods, needs));
            }
        }
    }

    /// What can apply to a request sent as `method` to `path`.
    pub(super) fn route(&self, sent: Methods, reachable: Methods, path: &str) -> Candidates {
        let mut candidates = Candidates::default();
        let certain = search::on_stack(self, path, &mut |node: &Node| {
            for (methods, needs) in node.kinds.iter().filter(|(methods, _)| methods.meets(reachable)) {
                candidates.some = true;
                candidates.needs.user |= needs.user;
                candidates.needs.enforced |= needs.enforced;
                candidates.needs.body |= needs.body || !methods.meets(sent);
            }
        });
        let any = Needs { body: true, user: true, enforced: true };
        if certain { candidates } else { Candidates { some: true, needs: any } }
    }

    /// The numbers of the policies whose pattern and methods match, ascending.
    pub(super) fn policies(&self, methods: Methods, path: &str) -> Vec<usize> {
        let mut found = Vec::new();
        search::on_heap(self, path, &mut |node: &Node| {
            let meeting = node.ends.iter().filter(|end| end.methods.meets(methods));
            found.extend(meeting.map(|end| index(end.policy)));
        });
        found.sort_unstable();
        found.dedup();
        found
    }

    fn node(&self, at: At) -> Option<&Node> {
        self.nodes.get(index(at))
    }

    /// Where the literal `segment` leads from node `at`.
    fn literal(&self, at: At, segment: Folded<'_>) -> Option<At> {
        let mut key = segment.hash(u64::from(at).wrapping_mul(SPREAD));
        loop {
            let next = *self.literals.get(&key)?;
            if self.node(next).is_some_and(|node| node.parent == at && segment.is(&node.word)) {
                return Some(next);
            }
            key = key.wrapping_add(1);
        }
    }

    fn literal_edge(&mut self, at: At, word: &str) -> At {
        if let Some(known) = self.literal(at, Folded::of(word, self.case)) {
            return known;
        }
        let fresh = self.fresh(at, word);
        let mut key = Folded::of(word, self.case).hash(u64::from(at).wrapping_mul(SPREAD));
        while self.literals.contains_key(&key) {
            key = key.wrapping_add(1);
        }
        self.literals.insert(key, fresh);
        if let Some(node) = self.nodes.get_mut(index(at)) {
            node.branches = true;
        }
        fresh
    }

    fn edge(&mut self, at: At, which: impl Fn(&mut Node) -> &mut Option<At>) -> At {
        if let Some(known) = self.nodes.get_mut(index(at)).and_then(|node| *which(node)) {
            return known;
        }
        let fresh = self.fresh(at, "");
        if let Some(node) = self.nodes.get_mut(index(at)) {
            *which(node) = Some(fresh);
        }
        fresh
    }

    fn fresh(&mut self, parent: At, word: &str) -> At {
        let fresh = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push(Node { parent, word: word.into(), ..Node::default() });
        fresh
    }
}

/// An odd number that spreads the numbers of nodes over all bits (2^64 divided by the golden ratio).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

fn index(at: At) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// For keys that are hashes already.
#[derive(Debug, Default)]
struct Given(u64);

impl Hasher for Given {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key.wrapping_mul(SPREAD);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
