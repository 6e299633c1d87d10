//! What evaluating an expression may cost, decided when it is loaded: the language has no budget at run time.
//!
//! An expression is bounded in length, parts and loops, and a loop sees only its own element of the request: `fields` and `json` as a
//! whole stay outside. So every part is evaluated at most once for each element of the request, and the work is linear in the request.
//! Measured: the largest expression allowed, on a body of 10,000 fields, see `tests/it/policy_cost.rs`.
//!
//! **Invariant:** no expression is loaded whose work grows with the square of the request: a loop in a loop goes over the element of
//! the outer one, or over a list that is written out.

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr, LiteralValue, operators};

/// The most bytes of an expression.
pub(super) const MOST_BYTES: usize = 4096;
/// The most parts, counted after macros are expanded.
const MOST_PARTS: usize = 400;
/// The most loops (`all`, `exists`, `exists_one`, `map`, `filter`), and the deepest nesting of them.
const MOST_LOOPS: usize = 6;
const DEEPEST: usize = 3;

/// What is too much, and which part of the expression it is.
#[derive(Debug)]
pub(super) struct TooMuch {
    pub(super) message: String,
    pub(super) help: &'static str,
    pub(super) part: u64,
}

/// Whether an expression is bounded.
pub(super) fn check(expression: &IdedExpr) -> Result<(), TooMuch> {
    Count::default().walk(expression, &mut Vec::new())
}

/// The variables of one loop.
type Loop = [Option<String>; 2];

#[derive(Default)]
struct Count {
    parts: usize,
    loops: usize,
}

impl Count {
    fn walk(&mut self, at: &IdedExpr, loops: &mut Vec<Loop>) -> Result<(), TooMuch> {
        self.parts += 1;
        if self.parts > MOST_PARTS {
            return Err(too_much(
                format!("the expression has more than {MOST_PARTS} parts"),
                "split it into several policies",
                at,
            ));
        }
        match &at.expr {
            Expr::Unspecified | Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => {
                let whole = matches!(name.as_str(), "fields" | "query" | "json");
                let bound = loops.iter().flatten().flatten().any(|own| own == name);
                if whole && !bound && !loops.is_empty() {
                    let message = format!("`{name}` inside a loop is looked through for every element");
                    let help = "use the loop's own variable, e.g. `fields[name]` in `fields.exists(name, ...)`, and look other fields up outside the loop";
                    return Err(too_much(message, help, at));
                }
                Ok(())
            }
            Expr::Select(select) => self.walk(&select.operand, loops),
            Expr::Call(call) => {
                let name = call.func_name.as_str();
                if name == "matches" {
                    matches_once(at, call.args.last(), loops)?;
                }
                if let (operators::INDEX | operators::IN, [one, other]) = (name, call.args.as_slice())
                    && let (map, key) = if name == operators::IN { (other, one) } else { (one, other) }
                    && looked_up_by_element(map, key, loops)
                {
                    self.parts += 2;
                    return Ok(());
                }
                call.target
                    .iter()
                    .map(AsRef::as_ref)
                    .chain(&call.args)
                    .try_for_each(|part| self.walk(part, loops))
            }
            Expr::Comprehension(each) => {
                self.loops += 1;
                if self.loops > MOST_LOOPS || loops.len() >= DEEPEST {
                    let message = format!(
                        "the expression has more than {MOST_LOOPS} loops, or more than {DEEPEST} in one another"
                    );
                    return Err(too_much(message, "split it into several policies", at));
                }
                self.walk(&each.iter_range, loops)?;
                self.walk(&each.accu_init, loops)?;
                if let Some(outer) = loops.last()
                    && !written_out(&each.iter_range)
                    && !root(&each.iter_range)
                        .is_some_and(|root| outer.iter().flatten().any(|own| own == root))
                {
                    let message =
                        "this loop inside a loop goes over more than the outer one's element".to_owned();
                    return Err(too_much(
                        message,
                        "go over a part of the outer variable: `json.items.all(item, item.tags.exists(tag, ...))`",
                        at,
                    ));
                }
                loops.push([Some(each.iter_var.clone()), each.iter_var2.clone()]);
                let inner = [&each.loop_cond, &each.loop_step]
                    .into_iter()
                    .try_for_each(|part| self.walk(part, loops));
                loops.pop();
                inner?;
                self.walk(&each.result, loops)
            }
            Expr::List(list) => list.elements.iter().try_for_each(|element| self.walk(element, loops)),
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| self.entry(&entry.expr, loops)),
            Expr::Struct(all) => all.entries.iter().try_for_each(|entry| self.entry(&entry.expr, loops)),
        }
    }

    fn entry(&mut self, entry: &EntryExpr, loops: &mut Vec<Loop>) -> Result<(), TooMuch> {
        match entry {
            EntryExpr::StructField(field) => self.walk(&field.value, loops),
            EntryExpr::MapEntry(entry) => {
                self.walk(&entry.key, loops)?;
                self.walk(&entry.value, loops)
            }
        }
    }
}

/// A regular expression is compiled at every call: so it is written out, and not in a loop.
fn matches_once(at: &IdedExpr, pattern: Option<&IdedExpr>, loops: &[Loop]) -> Result<(), TooMuch> {
    let fixed = pattern.is_some_and(|pattern| matches!(pattern.expr, Expr::Literal(LiteralValue::String(_))));
    if !fixed {
        let message = "the regular expression of `matches` comes from the request".to_owned();
        return Err(too_much(message, "write it out as a string", at));
    }
    if !loops.is_empty() {
        let message = "`matches` inside a loop is compiled for every element".to_owned();
        return Err(too_much(
            message,
            "use `startsWith`, `endsWith` or `contains`, or `match = { fields = ... }`",
            at,
        ));
    }
    Ok(())
}

/// `fields[name]` or `name in fields`, where `name` is a loop's own variable: each field is looked at once.
fn looked_up_by_element(map: &IdedExpr, key: &IdedExpr, loops: &[Loop]) -> bool {
    let (Expr::Ident(map), Expr::Ident(key)) = (&map.expr, &key.expr) else { return false };
    matches!(map.as_str(), "fields" | "query") && loops.iter().flatten().flatten().any(|own| own == key)
}

fn written_out(range: &IdedExpr) -> bool {
    matches!(&range.expr, Expr::List(list) if list.elements.iter().all(|element| matches!(element.expr, Expr::Literal(_))))
}

/// The variable that `a.b["c"][0]` begins with.
fn root(range: &IdedExpr) -> Option<&str> {
    match &range.expr {
        Expr::Ident(name) => Some(name),
        Expr::Select(select) => root(&select.operand),
        Expr::Call(call) if call.func_name == operators::INDEX => root(call.args.first()?),
        _ => None,
    }
}

fn too_much(message: String, help: &'static str, at: &IdedExpr) -> TooMuch {
    TooMuch { message, help, part: at.id }
}
