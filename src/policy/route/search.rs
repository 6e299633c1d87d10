//! How a path is searched in the tree of patterns.
//!
//! A node under `**` is tried at every place from where it was reached to the end of the path. It is reached first from the leftmost
//! place, since the places are tried from left to right; whoever reaches it again comes later, and finds nothing new. So each node
//! with `**` is searched once, and remembering which have been is enough: those that can be reached twice lie under another `**`
//! ([`Node::nested`]).
//!
//! **Invariant:** the steps of a search are at most the length of the path times the nodes between two `**` that share its words; a
//! path of ten thousand segments in nested `**` stays linear (tests below count steps).
//! **Invariant:** [`on_stack`] allocates nothing. When its memory is full it says that it is not certain, never that nothing matches.

use super::super::fold::Folded;
use super::super::pattern::{is_nothing, segments, without_format};
use super::{At, Node, Routes};

/// How many nodes under two `**` one search remembers on the stack.
const REMEMBERED: usize = 64;

/// What remembers which nodes were searched.
trait Memory {
    /// Whether this node is new. `None` when nothing more can be remembered.
    fn is_new(&mut self, at: At) -> Option<bool>;
    /// Forgets all, for another reading of the path.
    fn forget(&mut self);
}

struct OnStack {
    nodes: [At; REMEMBERED],
    count: usize,
}

impl Memory for OnStack {
    fn is_new(&mut self, at: At) -> Option<bool> {
        if self.nodes.iter().take(self.count).any(|known| *known == at) {
            return Some(false);
        }
        *self.nodes.get_mut(self.count)? = at;
        self.count += 1;
        Some(true)
    }

    fn forget(&mut self) {
        self.count = 0;
    }
}

impl Memory for std::collections::HashSet<At> {
    fn is_new(&mut self, at: At) -> Option<bool> {
        Some(self.insert(at))
    }

    fn forget(&mut self) {
        self.clear();
    }
}

struct Search<'r, M, F> {
    routes: &'r Routes,
    memory: M,
    found: F,
    certain: bool,
    steps: usize,
}

/// Tells `found` the nodes where patterns end that match under either reading of the path; whether these are all. Allocates nothing.
pub(super) fn on_stack(routes: &Routes, path: &str, found: &mut impl FnMut(&Node)) -> bool {
    let memory = OnStack { nodes: [0; REMEMBERED], count: 0 };
    let search = Search { routes, memory, found, certain: true, steps: 0 };
    search.run(path).0
}

/// As [`on_stack`], and always all.
pub(super) fn on_heap(routes: &Routes, path: &str, found: &mut impl FnMut(&Node)) {
    let memory = std::collections::HashSet::new();
    Search { routes, memory, found, certain: true, steps: 0 }.run(path);
}

impl<M: Memory, F: FnMut(&Node)> Search<'_, M, F> {
    /// Whether all was found, and the steps it took.
    fn run(mut self, path: &str) -> (bool, usize) {
        self.visit(0, segments(path, false));
        if segments(path, false).any(is_nothing) {
            self.memory.forget();
            self.visit(0, segments(path, true));
        }
        (self.certain, self.steps)
    }

    /// Node `at` has been reached, and `rest` is left of the path.
    fn visit<'p>(&mut self, at: At, mut rest: impl Iterator<Item = &'p str> + Clone) {
        self.steps = self.steps.saturating_add(1);
        let Some(node) = self.routes.node(at) else { return };
        if let Some(any) = node.any {
            self.roam(any, rest.clone());
        }
        if node.capture.is_none() && !node.branches && node.kinds.is_empty() {
            return;
        }
        match rest.next() {
            Some(segment) => self.descend(at, node, segment, rest),
            None => (self.found)(node),
        }
    }

    /// The `**` node `at` has been reached: what follows it may be anywhere in `rest`.
    fn roam<'p>(&mut self, at: At, mut rest: impl Iterator<Item = &'p str> + Clone) {
        let Some(node) = self.routes.node(at) else { return };
        if node.nested {
            match self.memory.is_new(at) {
                Some(true) => {}
                Some(false) => return,
                None => {
                    self.certain = false;
                    return;
                }
            }
        }
        if !node.kinds.is_empty() {
            (self.found)(node);
        }
        if node.capture.is_none() && !node.branches {
            return;
        }
        while let Some(segment) = rest.next() {
            self.steps = self.steps.saturating_add(1);
            self.descend(at, node, segment, rest.clone());
        }
    }

    /// Goes on from `node` over `segment`.
    fn descend<'p>(
        &mut self,
        at: At,
        node: &Node,
        segment: &'p str,
        rest: impl Iterator<Item = &'p str> + Clone,
    ) {
        if node.branches {
            if let Some(next) = self.routes.literal(at, Folded::of(segment, self.routes.case)) {
                self.visit(next, rest.clone());
            }
            if let Some(stem) = without_format(segment)
                && rest.clone().next().is_none()
                && let Some(next) = self.routes.literal(at, Folded::of(stem, self.routes.case))
            {
                self.visit(next, rest.clone());
            }
        }
        if let Some(next) = node.capture {
            self.visit(next, rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Needs;
    use super::*;
    use crate::policy::fold::Case;
    use crate::policy::methods::Methods;
    use crate::policy::pattern::Pattern;

    fn routes(patterns: impl IntoIterator<Item = String>) -> Routes {
        let mut routes = Routes::new(Case::Ignored);
        for (number, pattern) in patterns.into_iter().enumerate() {
            let pattern = Pattern::parse(&pattern, Case::Ignored).unwrap();
            routes.add(number, &pattern, Methods::ALL, Needs::default());
        }
        routes
    }

    /// The steps of a search, and whether it is certain.
    fn steps(routes: &Routes, path: &str) -> (usize, bool) {
        let memory = OnStack { nodes: [0; REMEMBERED], count: 0 };
        let search = Search { routes, memory, found: |_: &Node| {}, certain: true, steps: 0 };
        let (certain, steps) = search.run(path);
        (steps, certain)
    }

    #[test]
    fn hostile_paths_cost_their_length() {
        let nested = (1..20).map(|depth| format!("{}/end", "/**/a".repeat(depth)));
        let captures = (1..20).map(|depth| {
            let captures: Vec<String> = (0..depth).map(|at| format!("{{c{at}}}")).collect();
            format!("/{}/**/x", captures.join("/"))
        });
        for routes in [routes(nested), routes(captures), routes(["/**/a/**/a/b/**/c".to_owned()])] {
            let short = steps(&routes, &"/a".repeat(1_000));
            let long = steps(&routes, &"/a".repeat(10_000));
            assert!(short.1 && long.1);
            assert!(long.0 <= 11 * short.0, "{short:?} {long:?}");
            assert!(long.0 <= 10_000 * 80, "{long:?}");
        }
    }

    #[test]
    fn the_number_of_policies_does_not_count() {
        let shapes = |count: usize| {
            routes((0..count).map(|number| match number % 5 {
                0 => format!("/section{number}/{{id}}/delete"),
                1 => format!("/{{tenant}}/orders{number}/{{id}}"),
                2 => format!("/**/name{number}"),
                3 => format!("/api/**/v{number}/**/drop"),
                _ => "/one/path".to_owned(),
            }))
        };
        let (few, many) = (shapes(10), shapes(20_000));
        for path in ["/accounts/CH56/transactions", "/api/x/y/z", "/one/path", "/"] {
            assert_eq!(steps(&few, path), steps(&many, path), "{path}");
        }
    }

    #[test]
    fn more_than_can_be_remembered_is_not_certain() {
        let routes = routes((0..100).map(|number| format!("/**/x{number}/**/end")));
        let all: Vec<String> = (0..100).map(|number| format!("x{number}")).collect();
        let all = format!("/{}", all.join("/"));
        assert!(steps(&routes, "/x1/x2/nothing").1);
        assert!(!steps(&routes, &all).1);
        assert!(!routes.route(Methods::ALL, Methods::ALL, &all).is_none(), "and counts as a candidate");
        assert!(routes.policies(Methods::ALL, &all).is_empty(), "which the slow way settles");
        assert_eq!(routes.policies(Methods::ALL, &format!("{all}/end")).len(), 100);
    }
}
