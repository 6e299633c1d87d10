//! What an expression looks at, found by walking its tree.
//!
//! **Invariant:** a field that is not reached by a fixed name counts as any field ([`Lookups::dynamic`]).

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr, LiteralValue, operators};

/// The variables an expression may use.
pub(in crate::policy) const VARIABLES: [&str; 10] =
    ["method", "host", "path", "query", "headers", "fields", "json", "user", "client", "now"];

/// The functions an expression may call, beside operators and macros.
pub(in crate::policy) const FUNCTIONS: [&str; 16] = [
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "int",
    "uint",
    "double",
    "string",
    "bytes",
    "bool",
    "type",
    "min",
    "max",
    "over",
    "under",
];

/// What `user` has.
const USER: [&str; 2] = ["name", "groups"];

/// The macros.
const MACROS: [&str; 6] = ["has", "all", "exists", "exists_one", "map", "filter"];

/// What an expression looks at.
#[derive(Debug, Default)]
pub(super) struct Uses {
    variables: Vec<(String, u64)>,
    functions: Vec<(String, u64)>,
    members_of_user: Vec<(String, u64)>,
    pub(super) fields: Lookups,
    pub(super) query: Lookups,
    pub(super) headers: Lookups,
}

/// Which entries of a map are looked up.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    /// By these fixed names.
    pub(super) names: Vec<String>,
    /// By names that are known only at run time, or all at once.
    pub(super) dynamic: bool,
}

/// What some names are, those that are used with the part of the expression that uses them, and all that are known.
type Kind<'u> = (&'static str, &'u [(String, u64)], &'static [&'static str]);

/// A name that is not known.
#[derive(Debug)]
pub(super) struct Unknown<'u> {
    /// What it would be.
    pub(super) what: &'static str,
    /// The name.
    pub(super) name: &'u str,
    /// The part of the expression that uses it.
    pub(super) part: u64,
    /// Those that are known.
    pub(super) known: &'static [&'static str],
}

impl Uses {
    pub(super) fn of(expression: &IdedExpr) -> Self {
        let mut uses = Self::default();
        uses.walk(expression, &mut Vec::new());
        uses
    }

    /// Whether the expression uses this variable.
    pub(super) fn reads(&self, variable: &str) -> bool {
        self.variables.iter().any(|(used, _)| used == variable)
    }

    /// Whether it looks at nothing of the request.
    pub(super) fn is_constant(&self) -> bool {
        self.variables.is_empty()
    }

    /// A name that is not known.
    pub(super) fn unknown(&self) -> Option<Unknown<'_>> {
        let kinds: [Kind<'_>; 3] = [
            ("variable", &self.variables, &VARIABLES),
            ("function", &self.functions, &FUNCTIONS),
            ("part of `user`", &self.members_of_user, &USER),
        ];
        kinds.into_iter().find_map(|(what, used, known)| {
            let (name, part) = used.iter().find(|(name, _)| !known.contains(&name.as_str()))?;
            Some(Unknown { what, name, part: *part, known })
        })
    }

    fn lookups(&mut self, expression: &Expr, bound: &[String]) -> Option<&mut Lookups> {
        match expression {
            Expr::Ident(name) if name == "fields" && !bound.contains(name) => Some(&mut self.fields),
            Expr::Ident(name) if name == "query" && !bound.contains(name) => Some(&mut self.query),
            Expr::Ident(name) if name == "headers" && !bound.contains(name) => Some(&mut self.headers),
            _ => None,
        }
    }

    /// Notes `map[name]`; whether it was that.
    fn fixed(&mut self, map: &IdedExpr, name: Option<&str>, bound: &[String]) -> bool {
        let (Expr::Ident(variable), Some(name)) = (&map.expr, name) else { return false };
        let Some(lookups) = self.lookups(&map.expr, bound) else { return false };
        lookups.names.push(name.to_owned());
        self.note(variable, map.id);
        true
    }

    fn note(&mut self, variable: &str, part: u64) {
        if !self.reads(variable) {
            self.variables.push((variable.to_owned(), part));
        }
    }

    fn walk(&mut self, whole: &IdedExpr, bound: &mut Vec<String>) {
        let expression = &whole.expr;
        match expression {
            Expr::Unspecified | Expr::Literal(_) => {}
            Expr::Ident(name) => {
                if !name.starts_with('@') && !bound.contains(name) {
                    if let Some(lookups) = self.lookups(expression, bound) {
                        lookups.dynamic = true;
                    }
                    self.note(name, whole.id);
                }
            }
            Expr::Select(select) => {
                if matches!(&select.operand.expr, Expr::Ident(name) if name == "user" && !bound.contains(name))
                {
                    self.members_of_user.push((select.field.clone(), whole.id));
                }
                if !self.fixed(&select.operand, Some(&select.field), bound) {
                    self.walk(&select.operand, bound);
                }
            }
            Expr::Call(call) => {
                let looked_up = match (call.func_name.as_str(), call.args.as_slice()) {
                    (operators::INDEX | operators::OPT_INDEX | operators::OPT_SELECT, [map, key]) => {
                        self.fixed(map, literal(&key.expr), bound)
                    }
                    (operators::IN, [key, map]) => self.fixed(map, literal(&key.expr), bound),
                    _ => false,
                };
                if looked_up {
                    return;
                }
                let name = &call.func_name;
                if name.starts_with(|c: char| c.is_ascii_alphabetic()) && !MACROS.contains(&name.as_str()) {
                    self.functions.push((name.clone(), whole.id));
                }
                for part in call.target.iter().map(AsRef::as_ref).chain(&call.args) {
                    self.walk(part, bound);
                }
            }
            Expr::Comprehension(loops) => {
                self.walk(&loops.iter_range, bound);
                self.walk(&loops.accu_init, bound);
                let outer = bound.len();
                bound.extend([loops.iter_var.clone(), loops.accu_var.clone()]);
                bound.extend(loops.iter_var2.clone());
                for part in [&loops.loop_cond, &loops.loop_step, &loops.result] {
                    self.walk(part, bound);
                }
                bound.truncate(outer);
            }
            Expr::List(list) => list.elements.iter().for_each(|element| self.walk(element, bound)),
            Expr::Map(map) => map.entries.iter().for_each(|entry| self.entry(&entry.expr, bound)),
            Expr::Struct(structure) => {
                structure.entries.iter().for_each(|entry| self.entry(&entry.expr, bound));
            }
        }
    }

    fn entry(&mut self, entry: &EntryExpr, bound: &mut Vec<String>) {
        match entry {
            EntryExpr::StructField(field) => self.walk(&field.value, bound),
            EntryExpr::MapEntry(entry) => {
                self.walk(&entry.key, bound);
                self.walk(&entry.value, bound);
            }
        }
    }
}

fn literal(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}
