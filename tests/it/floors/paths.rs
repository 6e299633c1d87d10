//! The words of a Rust source text, and the paths they make: what `floors` judges.
//!
//! **Invariant:** what stands in comments, strings and character literals is never taken for a name, and no spelling of a
//! use tree hides one. `floors::the_judge_sees` holds both.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// One path as written; `use crate::{a, b::c}` holds two.
pub(super) struct Named {
    pub(super) segments: Vec<String>,
    pub(super) is_use: bool,
    /// How many inline modules stand around it.
    pub(super) mods: usize,
}

/// Every path that the words name.
pub(super) fn paths(tokens: &[String]) -> Vec<Named> {
    let at = |i: usize| tokens.get(i).map_or("", String::as_str);
    let (mut found, mut mods, mut depth, mut i) = (Vec::new(), Vec::new(), 0_usize, 0);
    while i < tokens.len() {
        let is_use = at(i) == "use";
        i += usize::from(is_use);
        let mut next = i + 1;
        if is_use || (is_word(at(i)) && (i < 2 || at(i - 1) != "::" || !is_word(at(i - 2)))) {
            let mut all = Vec::new();
            next = expand(tokens, i + usize::from(at(i) == "::"), &[], &mut all).max(i + 1);
            found.extend(all.into_iter().map(|segments| Named { segments, is_use, mods: mods.len() }));
        }
        match at(i) {
            "mod" if at(i + 2) == "{" => mods.push(depth),
            "{" if !is_use => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                mods.pop_if(|opened| *opened == depth);
            }
            _ => {}
        }
        i = next;
    }
    found
}

/// Follows one path or use tree from `i`, adds what it names to `found`, and returns the index after it.
fn expand(tokens: &[String], mut i: usize, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut segments = before.to_vec();
    while let Some(token) = tokens.get(i) {
        if token == "{" {
            i += 1;
            while tokens.get(i).is_some_and(|token| token != "}") {
                i = match tokens[i].as_str() {
                    "," | "::" => i + 1,
                    "as" => i + 2,
                    _ => expand(tokens, i, &segments, found).max(i + 1),
                };
            }
            return i + 1;
        }
        if !is_word(token) && token != "*" {
            break;
        }
        segments.push(token.clone());
        i += 1;
        if tokens.get(i).is_none_or(|token| token != "::") {
            break;
        }
        i += 1;
    }
    found.push(segments);
    i
}

fn is_word(token: &str) -> bool {
    token.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// The words, `::` and single signs of a source text. The lexer drops comments; literals and lifetimes are dropped here.
pub(super) fn tokens(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    flatten(source.parse().unwrap_or_else(|error| panic!("not Rust: {error}: {source}")), &mut found);
    found
}

fn flatten(stream: TokenStream, found: &mut Vec<String>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Parenthesis | Delimiter::None => ("(", ")"),
                };
                found.push(open.to_owned());
                flatten(group.stream(), found);
                found.push(close.to_owned());
            }
            TokenTree::Ident(ident) => found.push(ident.to_string().trim_start_matches("r#").to_owned()),
            TokenTree::Punct(sign) if sign.as_char() == '\'' => drop(trees.next()),
            TokenTree::Punct(sign) if sign.as_char() == ':' && sign.spacing() == Spacing::Joint => {
                found.push("::".to_owned());
                trees.next();
            }
            TokenTree::Punct(sign) => found.push(sign.to_string()),
            TokenTree::Literal(_) => found.push("0".to_owned()),
        }
    }
}
