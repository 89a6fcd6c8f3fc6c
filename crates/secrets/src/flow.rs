//! Credentials that fields beside them tell of, in JSON and in flow mappings of YAML: data of Secrets over as many lines as
//! they have, values of telling names, arguments behind telling ones.

use std::borrow::Cow;
use std::ops::Range;

use crate::told::{NAMED, OF_SECRET};
use crate::value::{is_placeholder, looks_random};
use crate::yaml::Entry;
use crate::{Rules, apart};

/// Where credentials are, with the rules' names. In order, none within another.
pub(crate) type Places = Vec<(Range<usize>, &'static str)>;

/// Where credentials are in the JSON and the flow mappings of one line, wherever in it they begin.
///
/// Cost: linear in the line.
pub(crate) fn of_line(line: &str) -> Places {
    if !line.contains(['{', '[']) || !may_tell(line) {
        return Vec::new();
    }
    let mut flow = Flow::default();
    let mut scan = Scan::new(line, &mut flow);
    scan.is_line = true;
    let mut at = 0;
    while let Some(next) = line.get(at..).and_then(|rest| rest.find(['{', '['])) {
        at = scan.line(at + next, line.len());
    }
    scan.end_all(false);
    in_order(scan.found)
}

/// Flow collections of a document, which may come in pieces.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    open: Vec<Open>,
    /// Those open below the deepest level, which are taken for parts of what is on that.
    too_deep: usize,
    /// The next piece is not the beginning.
    is_continued: bool,
}

/// What a piece of a document has.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) found: Places,
    /// Values of data of whole collections that do not say what they are: the line that each begins on, and where its
    /// value is. The block that they are in may say it.
    pub(crate) undecided: Vec<(usize, Range<usize>)>,
}

impl Flow {
    /// Where the values of Secrets are, copies of whole ones in a string, and values that names or arguments beside
    /// them tell of. `is_cut`: the document goes on, so that what an object is may be said behind its end.
    ///
    /// A collection begins where it is the value of a line. No text goes over the end of a line, so that one quote too
    /// many in a log hides little. Cost: linear; ranges in nested data are moved as often as the logarithm of their
    /// number.
    pub(crate) fn take(&mut self, document: &str, is_cut: bool) -> Taken {
        let is_part = std::mem::replace(&mut self.is_continued, is_cut) || is_cut;
        let has_any = document.contains(['{', '[']) && (is_part || may_tell(document));
        if self.open.is_empty() && !has_any {
            return Taken::default();
        }
        let mut scan = Scan::new(document, self);
        let mut at = 0;
        for (number, line) in document.split_inclusive('\n').enumerate() {
            let is_open = !scan.flow.open.is_empty();
            let start = if is_open { Some(0) } else { begins(line) };
            if let Some(start) = start {
                if !is_open {
                    scan.begun_on = number;
                }
                scan.line(at + start, at + line.len());
            }
            at += line.len();
        }
        let (open, too_deep) = match is_cut {
            true => (scan.flow.open.iter().map(Open::bare).collect(), scan.flow.too_deep),
            false => (Vec::new(), 0),
        };
        scan.end_all(is_cut);
        let taken = Taken { found: in_order(scan.found), undecided: scan.undecided };
        (self.open, self.too_deep) = (open, too_deep);
        taken
    }
}

/// Whether a text may have fields that tell of others.
fn may_tell(text: &str) -> bool {
    let has = |part: &str| text.contains(part);
    has("Secret")
        || (has("name") || has("key")) && has("value")
        || has("--")
        || has("\"-")
        || has("'-")
        || has("\\u")
        || has("eaders")
}

fn in_order(mut found: Places) -> Places {
    apart(&mut found, |(range, _)| range);
    found
}

/// What a key tells of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    /// In a Secret it is one.
    Data,
    /// It says what the object is.
    Kind,
    Name,
    /// Beside a telling name it is a credential.
    Value,
    /// It is a credential, which no pattern sees: a part of the key is written as its number.
    Telling,
    Other,
}

impl Key {
    fn of(said: &str) -> Key {
        let key = unescaped(said);
        match &*key {
            "data" | "stringData" => Key::Data,
            "kind" => Key::Kind,
            "name" | "key" => Key::Name,
            "value" => Key::Value,
            name if name != said && Rules::standard().is_secret_name(name) => Key::Telling,
            _ => Key::Other,
        }
    }
}

/// What an object says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Secret,
    Secrets,
    Other,
}

impl What {
    fn of(said: &str) -> What {
        match &*unescaped(said) {
            "Secret" => What::Secret,
            "SecretList" => What::Secrets,
            _ => What::Other,
        }
    }
}

/// A text of JSON with signs in place of their numbers: `\u0070assword`.
fn unescaped(said: &str) -> Cow<'_, str> {
    if !said.contains("\\u") {
        return Cow::Borrowed(said);
    }
    // JSON within JSON has more backslashes.
    let quoted = format!("\"{}\"", said.replace("\\\\", "\\"));
    serde_json::from_str(&quoted).map_or(Cow::Borrowed(said), Cow::Owned)
}

/// How an item of a list tells that the next one is a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// `--password`: whatever that is.
    Argument,
    /// `authorization`, `cookie`: if a part of it looks like one.
    Header,
}

/// An object or a list that is not ended.
#[derive(Debug, Default)]
struct Open {
    is_list: bool,
    /// Of what comes next.
    key: Option<Key>,
    what: Option<What>,
    /// The nearest open object that it is in the data of.
    owner: Option<usize>,
    /// Its name tells of its value.
    is_named: bool,
    /// The last item tells of the next.
    told: Option<Told>,
    /// The values of its data, and in these those of objects that are no Secrets.
    data: Vec<Range<usize>>,
    /// Those of objects in it that do not say what they are.
    of_items: Vec<Range<usize>>,
    values: Vec<Range<usize>>,
}

impl Open {
    /// What of it is still true in the next piece.
    fn bare(&self) -> Open {
        let Open { is_list, key, what, owner, is_named, .. } = *self;
        Open { is_list, key, what, owner, is_named, ..Open::default() }
    }
}

/// Where an object or a list begins that is the value of a line.
fn begins(line: &str) -> Option<usize> {
    // A document may stand behind the mark that begins it.
    let content = line.strip_prefix("--- ").unwrap_or(line);
    let entry = Entry::read(content)?;
    let is_flow = !entry.is_quoted && entry.value.starts_with(['{', '[']);
    is_flow.then_some(line.len() - content.len() + entry.range.start)
}

struct Scan<'a> {
    text: &'a str,
    flow: &'a mut Flow,
    /// It is a line of anything: what looks like a remark may be none.
    is_line: bool,
    /// The line that the outermost one begins on.
    begun_on: usize,
    found: Places,
    undecided: Vec<(usize, Range<usize>)>,
}

/// Levels that are told apart. A line of brackets alone, 16 MB long, would take more than a gigabyte.
pub(crate) const DEEPEST: usize = 100_000;

impl<'a> Scan<'a> {
    fn new(text: &'a str, flow: &'a mut Flow) -> Scan<'a> {
        let (found, undecided) = (Vec::new(), Vec::new());
        Scan { text, flow, is_line: false, begun_on: 0, found, undecided }
    }

    /// Takes what is from `at` to the end of its line, or to the end of the outermost collection; gives where it stopped.
    fn line(&mut self, mut at: usize, end: usize) -> usize {
        loop {
            let rest = self.text.get(at..end).unwrap_or_default();
            let bare = rest.trim_start();
            at += rest.len() - bare.len();
            let Some(sign) = bare.chars().next() else { return end };
            match sign {
                '[' if bare.starts_with(MASK) => {
                    // What was masked before is no list.
                    if let Some(open) = self.flow.open.last_mut() {
                        open.key = None;
                    }
                    at += bare.find(']').unwrap_or(bare.len() - 1);
                }
                '{' | '[' => self.begin(sign == '['),
                '}' | ']' => self.end(false),
                ',' => {
                    if let Some(open) = self.flow.open.last_mut() {
                        open.key = None;
                    }
                }
                ':' => {}
                // A remark.
                '#' if !self.is_line => return end,
                _ => {
                    at = self.scalar(at, end);
                    continue;
                }
            }
            at += 1;
            // Behind the end of the outermost one only another one matters.
            if self.flow.open.is_empty()
                && !self.text.get(at..end).is_some_and(|rest| rest.trim_start().starts_with('{'))
            {
                return at;
            }
        }
    }

    fn begin(&mut self, is_list: bool) {
        let Flow { open, too_deep, .. } = &mut *self.flow;
        if open.len() >= DEEPEST {
            *too_deep += 1;
            return;
        }
        let above = open.len().checked_sub(1);
        let (key, owner) = match open.last_mut() {
            Some(open) => (open.key.take(), open.owner),
            None => (None, None),
        };
        let owner = above.filter(|_| key == Some(Key::Data)).or(owner);
        open.push(Open { is_list, owner, ..Open::default() });
    }

    fn end_all(&mut self, is_cut: bool) {
        while !self.flow.open.is_empty() {
            self.end(is_cut);
        }
    }

    fn end(&mut self, is_cut: bool) {
        let Flow { open, too_deep, .. } = &mut *self.flow;
        if let Some(fewer) = too_deep.checked_sub(1) {
            *too_deep = fewer;
            return;
        }
        let Some(mut ended) = open.pop() else { return };
        let found = &mut self.found;
        let mut find = |ranges: &mut Vec<Range<usize>>, rule| {
            found.extend(ranges.drain(..).map(|range| (range, rule)));
        };
        if ended.is_named {
            find(&mut ended.values, NAMED);
        }
        match ended.what {
            Some(What::Secret) => find(&mut ended.data, OF_SECRET),
            Some(What::Secrets) => find(&mut ended.of_items, OF_SECRET),
            None if is_cut => {
                find(&mut ended.data, OF_SECRET);
                find(&mut ended.of_items, OF_SECRET);
            }
            _ => {}
        }
        // From a list straight to the object that has it.
        let top = open.len();
        let mut near = (top.saturating_sub(2)..top).rev();
        let above = near.find(|&at| open.get(at).is_some_and(|open| !open.is_list));
        // What is in the data of a Secret is masked whatever it is itself, so all goes on to the owner, at last.
        if ended.what.is_none()
            && above > ended.owner
            && let Some(above) = above.and_then(|at| open.get_mut(at))
        {
            join(&mut above.of_items, ended.data);
        } else if let Some(owner) = ended.owner.and_then(|at| open.get_mut(at)) {
            join(&mut owner.data, ended.data);
        } else if ended.what.is_none() {
            let line = self.begun_on;
            self.undecided.extend(ended.data.into_iter().map(|range| (line, range)));
        }
        if let Some(owner) = ended.owner.and_then(|at| open.get_mut(at)) {
            join(&mut owner.data, ended.of_items);
        }
    }

    /// Takes a key or a value that is neither object nor list; gives where it ends.
    fn scalar(&mut self, at: usize, end: usize) -> usize {
        let rest = self.text.get(at..end).unwrap_or_default();
        let quoted = quoted(rest);
        let is_quoted = quoted.is_some();
        let (inner, taken) = quoted.unwrap_or_else(|| {
            let length = length_of_plain(rest);
            (0..rest.get(..length).unwrap_or_default().trim_end().len(), length)
        });
        let said = rest.get(inner.clone()).unwrap_or_default();
        let behind = rest.get(taken..).unwrap_or_default().trim_start();
        let top = self.flow.open.len().checked_sub(1);
        let Some(open) = self.flow.open.last_mut() else { return end };
        if behind.starts_with(':') && !open.is_list {
            open.key = Some(Key::of(said));
            return at + taken;
        }
        let key = open.key.take();
        let range = at + inner.start..at + inner.end;
        // What has one byte at least is taken, or there would be no end.
        let next = at + taken.max(1);
        if is_quoted && holds_secret(said) {
            self.found.push((range, OF_SECRET));
            return next;
        }
        let is_number =
            !is_quoted && said.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let is_value = !is_number && !is_placeholder(said);
        let owner = match key {
            Some(Key::Data) => top,
            _ => open.owner,
        };
        match key {
            Some(Key::Kind) => open.what = Some(What::of(said)),
            Some(Key::Name) => open.is_named |= Rules::standard().is_secret_name(said),
            Some(Key::Value) if is_value => open.values.push(range.clone()),
            Some(Key::Telling) if is_value => self.found.push((range.clone(), NAMED)),
            None if open.is_list => {
                let name = said.trim_start_matches('-');
                let is_argument = name.len() < said.len();
                let is_told = match open.told {
                    Some(Told::Argument) => !is_argument,
                    Some(Told::Header) => said.split([' ', ';']).any(looks_random),
                    None => false,
                };
                if is_told && is_value {
                    self.found.push((range.clone(), NAMED));
                }
                let rules = Rules::standard();
                let is_telling = !name.contains(['=', ' '])
                    && (rules.is_secret_name(name) || rules.is_telling_name(name));
                open.told = match is_argument {
                    _ if !is_telling => None,
                    true => Some(Told::Argument),
                    false => Some(Told::Header),
                };
            }
            _ => {}
        }
        let is_there = is_quoted || !matches!(said, "null" | "~");
        if is_there
            && !said.is_empty()
            && !said.starts_with(MASK)
            && let Some(owner) = owner.and_then(|owner| self.flow.open.get_mut(owner))
        {
            owner.data.push(range);
        }
        next
    }
}

/// What a mask begins with.
const MASK: &str = "[REDACTED:";

/// Puts all into the first list, in any order: the shorter one is moved, so that a deep document costs no square.
fn join(all: &mut Vec<Range<usize>>, mut more: Vec<Range<usize>>) {
    if all.len() < more.len() {
        std::mem::swap(all, &mut more);
    }
    all.append(&mut more);
}

/// Whether a text is JSON of a Secret, or of a list of them, as `kubectl apply` keeps it, packed any number of times.
fn holds_secret(text: &str) -> bool {
    if !text.contains("Secret") || !text.contains("kind") {
        return false;
    }
    let bare: String = text.chars().filter(|c| *c != '\\' && !c.is_whitespace()).collect();
    [r#""kind":"Secret""#, r#""kind":"SecretList""#].iter().any(|part| bare.contains(part))
}

/// The text in quotes that begins here: where it is, and how much is taken with its quotes. Without an end it is all.
fn quoted(rest: &str) -> Option<(Range<usize>, usize)> {
    // JSON within JSON has backslashes before its quotes.
    let slashes = rest.bytes().take_while(|byte| *byte == b'\\').count();
    let start = slashes + 1;
    let inner = rest.get(start..)?;
    let ends = match *rest.as_bytes().get(slashes)? {
        b'"' if slashes > 0 => end_of_packed(inner, slashes),
        quote @ (b'"' | b'\'') if slashes == 0 => {
            length_of_quoted(inner, char::from(quote)).map(|length| (length, length + 1))
        }
        _ => return None,
    };
    let (length, taken) = ends.unwrap_or((inner.trim_end().len(), inner.len()));
    Some((start..start + length, start + taken))
}

/// How long a text is before the quote that ends it, with as many backslashes before it, and how much is taken with that.
/// Fewer backslashes end what the text is packed in.
fn end_of_packed(text: &str, slashes: usize) -> Option<(usize, usize)> {
    let mut before = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\\' => before += 1,
            b'"' if before == slashes => return Some((at - before, at + 1)),
            b'"' if before < slashes => return Some((at - before, at - before)),
            _ => before = 0,
        }
    }
    None
}

/// How long a text is before the quote that ends it.
fn length_of_quoted(text: &str, quote: char) -> Option<usize> {
    let mut signs = text.char_indices();
    while let Some((at, sign)) = signs.next() {
        if sign == '\\' && quote == '"' {
            signs.next();
        } else if sign == quote {
            // Of two single quotes in a row none ends the text.
            let is_twice = quote == '\'' && text.get(at + 1..).is_some_and(|t| t.starts_with('\''));
            if !is_twice {
                return Some(at);
            }
            signs.next();
        }
    }
    None
}

/// How long a text without quotes is before what ends it: a sign of the flow, a colon with a blank, a remark.
fn length_of_plain(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends = |at: usize| {
        let next = bytes.get(at + 1).copied().unwrap_or(b'\n');
        match bytes.get(at) {
            Some(b',' | b'{' | b'}' | b'[' | b']') => true,
            Some(b':') => next.is_ascii_whitespace() || b",{}[]".contains(&next),
            Some(b' ' | b'\t') => next == b'#',
            _ => false,
        }
    };
    (0..bytes.len()).find(|&at| ends(at)).unwrap_or(bytes.len())
}
