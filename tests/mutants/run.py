#!/usr/bin/env python3
"""Switches off one safeguard after the other and expects the corpus to turn red.

run.py BINARY_DIR [NUMBER...]: makes a copy of the sources where every safeguard in MUTANTS stands in an `if`, builds it once, and runs the
tests of the corpus for each with the variable MUTANT set. Prints a table in Markdown. BINARY_DIR holds the copy and its build.
A mutant that stays green is either written down here with the reason (`twice`: another safeguard says the same) or a finding.
"""

import json, os, re, subprocess, sys, time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# file, exact old expression, new one, what it switches off, and for what is secured twice: by what
MUTANTS = [
    ("request/path.rs", "return Err(Refusal::DotSegments)", "{}", "dot segments have two readings"),
    ("request/path.rs", "return Err(Refusal::RepeatedSlash)", "{}", "repeated slashes have two readings", "patterns skip empty segments"),
    ("request/path.rs", "Err(Refusal::EncodedDot)", "Ok(Escaped::Byte(byte))", "encoded dots have two readings", "dot segments are found decoded"),
    ("request/path.rs", "special(dialect.encoded_slash, Escaped::Kept, Refusal::EncodedSlash)", "Ok(Escaped::Kept)", "`%2F` has two readings"),
    ("request/path.rs", "special(dialect.backslash, Escaped::Byte(byte), Refusal::Backslash)", "Ok(Escaped::Byte(byte))", "`%5C` has two readings"),
    ("request/path.rs", "as_data(dialect.encoded_delimiters, Refusal::EncodedDelimiter)", "Ok(Escaped::Byte(byte))", "`%3F` and `%23` have two readings"),
    ("request/path.rs", "as_data(dialect.path_parameters, Refusal::PathParameter)", "Ok(Escaped::Byte(byte))", "`%3B` has two readings"),
    ("request/path.rs", "Err(Refusal::PathControl)", "Ok(Escaped::Byte(byte))", "control characters have two readings"),
    ("request/path.rs", "None => return Err(Refusal::PathParameter)", "bytes.push(b';')", "`;` has two readings"),
    ("request/path.rs", "return Err(Refusal::SegmentEnd);", "{}", "ends of segments have two readings", "patterns are matched without them"),
    ("request/path.rs", "return Err(Refusal::Lookalike);", "{}", "look-alikes have two readings"),
    ("request/path.rs", "String::from_utf8(bytes).map_err(|_| Refusal::PathNotUtf8)?", "String::from_utf8_lossy(&bytes).into_owned()", "bytes that are not UTF-8 have two readings"),
    ("request/survey.rs", "return Err(Refusal::Repeated(known));", "{}", "single headers stated twice"),
    ("request/survey.rs", "return Err(Refusal::Trailers);", "{}", "announced trailers"),
    ("request/survey.rs", "return Err(Refusal::HeaderAlias(Refusal::named(name)));", "{}", "other spellings of names that decide"),
    ("request/survey.rs", "return Err(Refusal::LengthAndEncoding);", "{}", "length beside a coding", "the judge of heads"),
    ("request/survey.rs", "has_body && matches!(method, Method::Get | Method::Head | Method::Options)", "false", "bodies where none belongs"),
    ("request/survey.rs", "found.claims_method = true;", "{}", "override headers at a glance"),
    ("request/survey.rs", "return Err(Refusal::ConnectionOption);", "{}", "nominated headers"),
    ("request/normalise.rs", "!query.is_some_and(urlencoded::asks_for_method)", "true", "`_method` in a query at a glance"),
    ("request/normalise.rs", "parse_host(header)? != host", "false", "Host beside another authority"),
    ("request/headers.rs", "raw.len() == canonical.len()", "raw.eq_ignore_ascii_case(canonical.as_bytes())", "other spellings of owned names"),
    ("request/headers.rs", "self.prefixes.iter().any(|prefix| begins_with_spelling_of(raw_name, prefix))", "false", "owned names by prefix"),
    ("request/headers.rs", "METHOD_OVERRIDES.iter().any(|name| is_spelling_of(raw, name))", "false", "override headers"),
    ("request/content.rs", "content_encoding.is_some_and(|coding| !coding.eq_ignore_ascii_case(b\"identity\"))", "false", "content codings"),
    ("request/content.rs", "\"charset\" => return Err(Refusal::Charset)", "{}", "charsets"),
    ("request/body.rs", "State::Empty(refusal) => Err(refusal.clone())", "Ok(())", "bodies of unknown types"),
    ("request/urlencoded.rs", "b';' if semicolon.is_none() => return Err(Refusal::FieldCharacter)", "b';'", "`;` in forms and queries"),
    ("request/urlencoded.rs", "hex_pair(rest.next(), rest.next()).ok_or(Refusal::BadEscape)?", "hex_pair(rest.next(), rest.next()).unwrap_or(b'%')", "broken escapes"),
    ("request/urlencoded.rs", "value.contains('\\0')", "false", "NUL in values"),
    ("request/urlencoded.rs", "String::from_utf8(bytes).map_err(|_| Refusal::NotUtf8)", "Ok(String::from_utf8_lossy(&bytes).into_owned())", "forms that are not UTF-8"),
    ("request/json.rs", "!level.keys.insert(fold_member(&key))", "false", "members stated twice"),
    ("request/json.rs", "text.starts_with('\\u{feff}')", "false", "a byte order mark in JSON", "the parser refuses it"),
    ("request/fields.rs", "name.chars().any(is_invisible)", "false", "invisible characters in names"),
    ("policy/fold.rs", "word.split('\\0').next().unwrap_or_default()", "word", "words cut at NUL", "NUL is refused before"),
    ("policy/fold.rs", "cut.trim_matches(blank)", "cut", "blanks around words"),
    ("policy/fold.rs", "char::from_u32(wide - 0xfee0).unwrap_or(c)", "c", "full-width forms of words"),
    ("policy/fold.rs", "segment.split(['\\0', ';']).next().unwrap_or_default()", "segment", "parameters in patterns", "the readings drop them"),
    ("policy/fold.rs", "cut.trim_end_matches(|c| c == '.' || blank(c))", "cut", "ends of segments in patterns", "the readings trim them"),
    ("policy/fold.rs", "if matches!(c, ' ' | '.' | '[') { '_' } else { c }", "c", "names as PHP reads them", "methods are claimed by `request::fields`"),
    ("policy/pattern.rs", "FORMATS.iter().any(|format| format.eq_ignore_ascii_case(suffix))", "false", "format suffixes"),
    ("policy/pattern.rs", "folded_segment(segment).eq(word.chars())", "segment.chars().eq(word.chars())", "case of segments"),
    ("policy/values.rs", "number.is_none_or(|number| number > limit)", "number.is_some_and(|number| number > limit)", "what is no canonical number is over"),
    ("policy/values.rs", "text == exact || fold(text) == *folded", "text == exact", "words in other spellings"),
    ("policy/names.rs", "if self.anchored { 1 } else { segments.len() }", "1", "fields at any depth"),
    ("policy/judge.rs", "head.claimed_methods.iter().for_each(|method| claim(method));", "{}", "methods claimed by headers"),
    ("policy/judge.rs", "body.into_iter().flat_map(Fields::claimed_methods).for_each(&mut claim);", "{}", "methods claimed by bodies"),
    ("proxy/head.rs", "line.strip_suffix(b\"\\r\").ok_or(bare)?", "line.strip_suffix(b\"\\r\").unwrap_or(line)", "bare line feeds behind fields"),
    ("proxy/head.rs", "request.strip_suffix(b\"\\r\").ok_or(bare)?", "request.strip_suffix(b\"\\r\").unwrap_or(request)", "bare line feeds behind request lines"),
    ("proxy/head.rs", "fresh.windows(2).any(|two| two == b\"\\n\\n\")", "false", "heads that end with bare line feeds", "such a head never ends"),
    ("proxy/head.rs", "return Err(odd(\"the version is not HTTP/1.1 or HTTP/1.0\"))", "true", "other versions"),
    ("proxy/head.rs", "return Err(odd(\"the target holds a fragment\"));", "{}", "fragments"),
    ("proxy/head.rs", "return Err(odd(\"there is more than one Host\"));", "{}", "two hosts", "the survey of the head"),
    ("proxy/head.rs", "return Err(odd(\"there is more than one Transfer-Encoding\"));", "{}", "two codings", "the survey of the head"),
    ("proxy/head.rs", "return Err(odd(\"the Content-Length is not one number\"));", "{}", "odd lengths"),
    ("proxy/head.rs", "return Err(odd(\"there is a Content-Length beside a Transfer-Encoding\"));", "{}", "length beside a coding", "the survey of the head"),
    ("proxy/head.rs", "return Err(odd(\"the Transfer-Encoding is not `chunked`\"));", "{}", "other codings", "the survey of the head"),
    ("proxy/head.rs", "return Err(odd(\"a field holds a control character\"));", "{}", "control characters in fields"),
    ("proxy/head.rs", "return Err(odd(\"the name of a field is not a token\"));", "{}", "odd names of fields"),
    ("proxy/head.rs", "Some(_) => Err(odd(\"the target names another host than Host does\"))", "Ok(())", "absolute targets of another host", "the survey of the head"),
    ("proxy/head.rs", "None => Err(odd(\"the target is not a path\"))", "Ok(())", "targets that are no path", "the survey of the head"),
]
HOOK = '''
/// Which safeguard is off.
#[doc(hidden)]
pub fn mutated(number: usize) -> bool {
    static MUTANT: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    *MUTANT.get_or_init(|| std::env::var("MUTANT").ok().and_then(|text| text.parse().ok()).unwrap_or(usize::MAX)) == number
}
'''


def planted(sources: Path) -> list[int]:
    """Puts every mutant in; the numbers of those whose text is there exactly."""
    done = []
    for number, (file, old, new, *_) in enumerate(MUTANTS):
        path = sources / file
        text = path.read_text() if path.is_file() else ""
        body = text.split("#[cfg(test)]\nmod tests")[0]
        if old not in body:
            print(f"mutant {number}: `{old}` is not in {file}", file=sys.stderr)
            continue
        cut = old.rfind(" => ") + 4 if " => " in old else 0
        prefix, expression = old[:cut], old[cut:]
        if expression.endswith(";"):
            planted = f"{prefix}if crate::mutated({number}) {{ {new} }} else {{ {expression} }}"
        else:
            planted = f"{prefix}(if crate::mutated({number}) {{ {new} }} else {{ {expression} }})"
        # Every place in the file but its tests: a safeguard may be spelt out twice.
        path.write_text(body.replace(old, planted) + text[len(body):])
        done.append(number)
    lib = sources / "lib.rs"
    lib.write_text(lib.read_text() + HOOK)
    return done


def main() -> int:
    work = Path(sys.argv[1]).resolve()
    wanted = [int(word) for word in sys.argv[2:]]
    copy = work / "copy"
    subprocess.run(["rm", "-rf", str(copy)], check=True)
    copy.mkdir(parents=True)
    kept = ["Cargo.toml", "Cargo.lock", "src", "tests/it", "tests/vectors", "benches", "templates", "policies", "README.md", "tests/golden"]
    tar = subprocess.run(["tar", "c", *[name for name in kept if (ROOT / name).exists()]], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "x"], cwd=copy, input=tar, check=True)
    numbers = planted(copy / "src")
    env = os.environ | {"CARGO_TARGET_DIR": str(work / "target"), "CARGO_INCREMENTAL": "0"}
    build = subprocess.run(["cargo", "test", "--locked", "--no-run", "--test", "it", "--message-format=json"], cwd=copy, env=env, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in build.stdout.splitlines() if line.startswith("{")]
    if build.returncode:
        print("".join(one["message"]["rendered"] for one in messages if one.get("reason") == "compiler-message" and one["message"]["level"] == "error"))
        return 1
    binary = next(one["executable"] for one in messages if one.get("executable") and one["target"]["name"] == "it")
    tests = ["corpus::no_vector_gets_past_a_gateway_behind_a_proxy", "corpus::none_of_our_own_gets_past", "corpus::no_vector_gets_past_a_gateway_that_asks_the_application"]
    if failed := red(binary, copy, tests, None):
        print(f"nothing is switched off, and yet: {failed}", file=sys.stderr)
        return 1
    rows, findings = [], 0
    for number in numbers:
        if wanted and number not in wanted:
            continue
        file, _, _, what, *twice = MUTANTS[number]
        first = red(binary, copy, tests, number)
        verdict = f"red: {first}" if first else (f"green: also secured by {twice[0]}" if twice else "**GREEN**")
        findings += not first and not twice
        rows.append(f"| {number} | `{file}` | {what} | {verdict} |")
        print(rows[-1], flush=True)
    print(f"\n{len(rows)} mutants, {sum('red' in row.split('|')[4] for row in rows)} red, {findings} findings")
    return 1 if findings else 0


def red(binary: str, copy: Path, tests: list[str], number) -> str:
    """The first vectors that get through; empty when all is well."""
    env = {key: value for key, value in os.environ.items() if key != "MUTANT"} | {"RUST_BACKTRACE": "0", "CARGO_MANIFEST_DIR": str(copy)}
    if number is not None:
        env["MUTANT"] = str(number)
    for test in tests:
        done = subprocess.run([binary, "--exact", test, "--nocapture"], cwd=copy, env=env, capture_output=True, text=True, timeout=300, errors="replace")
        if done.returncode:
            found = re.findall(r"^([a-z0-9-]+-\d+) \(", done.stdout + done.stderr, re.M)
            return f"{len(found)}: " + ", ".join(found[:4]) if found else "the gateway does not start"
    return ""


if __name__ == "__main__":
    sys.exit(main())
