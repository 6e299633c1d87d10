//! Which policies can apply to a request, by host's application, method and path alone.
//!
//! **Invariant:** deciding that none can allocates nothing, and takes time in the length of the path and the number of patterns
//! that share its beginning, whatever the number of policies (`tests/it/policy_route.rs` compares with the naive matcher).

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use super::fold::folded_segment;
use super::methods::Methods;
use super::pattern::{Pattern, Segment, segments, without_format};
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
}

/// What a policy needs beyond method and path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    pub(super) body: bool,
    pub(super) user: bool,
}

/// All patterns of one application.
#[derive(Debug)]
pub(super) struct Routes {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    literals: HashMap<u64, Vec<(String, usize)>>,
    capture: Option<usize>,
    ends: Vec<End>,
    tails: Vec<(Vec<Segment>, End)>,
}

/// Where a pattern ends.
#[derive(Clone, Copy, Debug)]
struct End {
    policy: usize,
    methods: Methods,
    needs: Needs,
}

impl Routes {
    pub(super) fn new() -> Self {
        Self { nodes: vec![Node::default()] }
    }

    /// Adds the pattern of policy number `policy`.
    pub(super) fn add(&mut self, policy: usize, pattern: &Pattern, methods: Methods, needs: Needs) {
        let end = End { policy, methods, needs };
        let mut at = 0;
        for (index, segment) in pattern.0.iter().enumerate() {
            let fresh = self.nodes.len();
            let Some(node) = self.nodes.get_mut(at) else { return };
            at = match segment {
                Segment::Any => {
                    node.tails.push((pattern.0.iter().skip(index + 1).cloned().collect(), end));
                    return;
                }
                Segment::Capture(_) => *node.capture.get_or_insert(fresh),
                Segment::Literal(word) => {
                    let bucket = node.literals.entry(hash(word.chars())).or_default();
                    if let Some((_, next)) = bucket.iter().find(|(known, _)| known == word) {
                        *next
                    } else {
                        bucket.push((word.clone(), fresh));
                        fresh
                    }
                }
            };
            if at == fresh {
                self.nodes.push(Node::default());
            }
        }
        if let Some(node) = self.nodes.get_mut(at) {
            node.ends.push(end);
        }
    }

    /// What can apply to a request sent as `method` to `path`.
    pub(super) fn route(&self, sent: Methods, reachable: Methods, path: &str) -> Candidates {
        let mut candidates = Candidates::default();
        self.read(path, &mut |end| {
            if end.methods.meets(reachable) {
                candidates.some = true;
                candidates.needs.user |= end.needs.user;
                candidates.needs.body |= end.needs.body || !end.methods.meets(sent);
            }
        });
        candidates
    }

    /// The numbers of the policies whose pattern and methods match, ascending.
    pub(super) fn policies(&self, methods: Methods, path: &str) -> Vec<usize> {
        let mut found = Vec::new();
        self.read(path, &mut |end| {
            if end.methods.meets(methods) && !found.contains(&end.policy) {
                found.push(end.policy);
            }
        });
        found.sort_unstable();
        found
    }

    /// Finds the ends of all patterns that match under either reading of the path.
    fn read(&self, path: &str, found: &mut impl FnMut(&End)) {
        self.visit(0, segments(path, false), found);
        if segments(path, false).any(|segment| folded_segment(segment).next().is_none()) {
            self.visit(0, segments(path, true), found);
        }
    }

    fn visit<'p>(
        &self,
        at: usize,
        mut rest: impl Iterator<Item = &'p str> + Clone,
        found: &mut impl FnMut(&End),
    ) {
        let Some(node) = self.nodes.get(at) else { return };
        for (tail, end) in &node.tails {
            if tail_matches(tail, rest.clone()) {
                found(end);
            }
        }
        let Some(segment) = rest.next() else {
            node.ends.iter().for_each(found);
            return;
        };
        if let Some(next) = node.literal(segment) {
            self.visit(next, rest.clone(), found);
        }
        if rest.clone().next().is_none()
            && let Some(next) = without_format(segment).and_then(|stem| node.literal(stem))
        {
            self.visit(next, rest.clone(), found);
        }
        if let Some(next) = node.capture {
            self.visit(next, rest, found);
        }
    }
}

impl Node {
    fn literal(&self, segment: &str) -> Option<usize> {
        if self.literals.is_empty() {
            return None;
        }
        let word = folded_segment(segment);
        let bucket = self.literals.get(&hash(word.clone()))?;
        bucket.iter().find(|(known, _)| known.chars().eq(word.clone())).map(|(_, next)| *next)
    }
}

/// Whether what follows a `**` matches the rest of a path. Leftmost first, so never more than pattern times path.
fn tail_matches<'p>(tail: &[Segment], mut rest: impl Iterator<Item = &'p str> + Clone) -> bool {
    let mut chunks = tail.split(|segment| *segment == Segment::Any).peekable();
    while let Some(chunk) = chunks.next() {
        if chunks.peek().is_none() {
            let left = rest.clone().count();
            return left >= chunk.len() && begins(chunk, rest.skip(left - chunk.len())).is_some();
        }
        loop {
            if let Some(after) = begins(chunk, rest.clone()) {
                rest = after;
                break;
            }
            if rest.next().is_none() {
                return false;
            }
        }
    }
    true
}

/// What is left of `rest` after `chunk`, if it begins so.
fn begins<'p, I: Iterator<Item = &'p str> + Clone>(chunk: &[Segment], mut rest: I) -> Option<I> {
    for part in chunk {
        let segment = rest.next()?;
        if !part.matches(segment, rest.clone().next().is_none()) {
            return None;
        }
    }
    Some(rest)
}

fn hash(word: impl Iterator<Item = char>) -> u64 {
    let mut hasher = DefaultHasher::new();
    word.for_each(|c| hasher.write_u32(u32::from(c)));
    hasher.finish()
}
