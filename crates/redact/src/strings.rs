//! The last section: what each text becomes, as a name and as a value.

use std::borrow::Cow;
use std::io::Write;
use std::ops::Range;

use heapglass_secrets::is_login;

use crate::Policy;
use crate::coverage::{Coverage, Kind};
use crate::credentials::{apart, credentials, holds_credential, is_placeholder};
use crate::drawn::is_registered;
use crate::error::Result;
use crate::fates::{Fate, Fates};
use crate::forms::{is_named_by_code, without_attributes};
use crate::located::is_located;
use crate::named::{Named, Suspects, credentials_under};
use crate::names::{is_index, is_of_code, is_of_runtime, unmarked};
use crate::paths::{is_of_home, is_of_package, is_script_path, private_parts, without_user};
use crate::public::{bare, is_of_words, is_public};
use crate::replace::{Replacer, Running, STAYS, WORDS_MAY_MEET};
use crate::roles::{Role, Roles};
use crate::spool::Spool;
use crate::texts::{Piece, unescape, units};

/// Values shorter than this may be a part of anything and are not looked for in the result.
pub(crate) const TOO_SHORT_TO_PROVE: usize = 6;

/// Whether a value is long enough to be looked for.
pub(crate) fn is_to_prove(text: &str) -> bool {
    // No character has more than four bytes.
    text.len() >= 4 * TOO_SHORT_TO_PROVE
        || text.len() >= TOO_SHORT_TO_PROVE
            && (text.is_ascii() || text.chars().count() >= TOO_SHORT_TO_PROVE)
}

/// Written bytes wait for so many.
pub(crate) const AT_ONCE: usize = 1 << 18;

/// Longer names, in escaped bytes, tell of no credential.
const LONGEST_TELLING: usize = 256;

/// What stands for a credential of up to so many bytes may be another one.
const SHORT_CREDENTIAL: usize = 16;

/// V8's words for strings that are made of others, and for integers of any size.
const OF_STRINGS: [&str; 3] = ["(concatenated string)", "(sliced string)", "bigint"];

/// The parameters of the function that Node.js wraps a module in, strings that V8 keeps with its script. Without them no
/// snapshot tells which variables are a module's, nor so its file.
const OF_MODULES: [&str; 5] = ["exports", "require", "module", "__filename", "__dirname"];

/// V8 puts its own words before the path of a script.
const BEFORE_PATH: &str = "system / Script / ";

/// What is written of a text.
enum Becomes<'a> {
    /// Nothing uses it.
    Nothing,
    Itself,
    /// It with a part taken out.
    Part(Cow<'a, str>),
    /// Other letters, word by word.
    Words(String),
    /// Other letters.
    Other,
}

impl Becomes<'_> {
    /// Whether the text as it was has to be gone.
    fn goes(&self) -> bool {
        matches!(self, Becomes::Part(_) | Becomes::Words(_) | Becomes::Other)
    }
}

impl Fate {
    /// That of a text; `None` if nothing uses it.
    fn of(name: &Becomes<'_>, value: &Becomes<'_>) -> Option<Fate> {
        match (name, value) {
            (_, Becomes::Itself) => Some(Fate::StaysAsValue),
            (Becomes::Itself, value) if value.goes() => Some(Fate::GoesAsValue),
            (Becomes::Itself, _) => Some(Fate::StaysAsName),
            (name, value) if name.goes() || value.goes() => Some(Fate::Goes),
            _ => None,
        }
    }
}

/// Writes what waits.
pub(crate) fn pour(
    out: &mut Vec<u8>,
    writer: &mut impl Write,
    coverage: &mut Coverage,
) -> Result<()> {
    writer.write_all(out)?;
    coverage.bytes_written += out.len() as u64;
    out.clear();
    Ok(())
}

/// Decides on the texts and writes them.
pub(crate) struct Strings {
    policy: Policy,
    roles: Roles,
    pub(crate) replacer: Replacer,
    /// Where originals are written beside what stands for them.
    pub(crate) map: Option<Box<dyn Write + Send>>,
    /// What became of the texts, for the proof.
    pub(crate) fates: Fates,
    /// Which text is `Object`, once it was met.
    object: Option<u32>,
    count: usize,
    /// A text that is too long to be kept: its hash and its length.
    long: Option<(Running, u64)>,
    /// With [`Policy::Secrets`], the texts that stand under names of credentials.
    suspects: Suspects,
}

impl Strings {
    pub(crate) fn new(
        policy: Policy,
        roles: Roles,
        mut replacer: Replacer,
        map: Option<Box<dyn Write + Send>>,
        spool: &Spool,
    ) -> Strings {
        let values = if policy == Policy::Secrets { 0 } else { roles.values() };
        replacer.make_room(values);
        Strings {
            policy,
            roles,
            replacer,
            map,
            fates: Fates::new(values, spool),
            object: None,
            count: 0,
            long: None,
            suspects: Suspects::default(),
        }
    }

    /// How many texts there were.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// How many there have to be, by the names of nodes and edges.
    pub(crate) fn needed(&self) -> usize {
        self.roles.needed()
    }

    /// The uses of the texts are not needed any more.
    pub(crate) fn let_go_of_roles(&mut self) {
        self.roles = Roles::default();
    }

    /// Looks at a piece of a text that is held back.
    pub(crate) fn note(&mut self, piece: Piece<'_>, named: &mut Named) {
        if let Piece::Whole(raw) = piece
            && raw.len() <= LONGEST_TELLING
            && self.roles.of(self.count).has(Role::PLACES)
        {
            named.name(self.count as u64, &unescape(raw));
        }
        if !matches!(piece, Piece::Part(_)) {
            self.count += 1;
        }
    }

    /// The texts were looked at, and come again.
    pub(crate) fn begin_again(&mut self, policy: Policy, suspects: Suspects) {
        (self.policy, self.count, self.suspects) = (policy, 0, suspects);
    }

    /// Takes a piece of a text and appends what is written for it; what becomes too much goes into `writer`.
    pub(crate) fn take(
        &mut self,
        piece: Piece<'_>,
        coverage: &mut Coverage,
        out: &mut Vec<u8>,
        writer: &mut impl Write,
    ) -> Result<()> {
        match piece {
            Piece::Whole(raw) => {
                self.separate(out);
                match self.policy {
                    Policy::Strict | Policy::Structure => self.strict(raw, coverage, out)?,
                    Policy::Secrets => self.secrets(raw, coverage, out)?,
                }
                self.count += 1;
            }
            Piece::Part(raw) => {
                let (mut text, length) =
                    self.long.take().unwrap_or_else(|| (self.replacer.running(), 0));
                text.update(raw);
                self.long = Some((text, length + units(raw)));
            }
            Piece::End => {
                self.separate(out);
                if let Some((text, length)) = self.long.take() {
                    // Nothing that long is a name; whatever it is used for, other letters stand there.
                    let uses = self.roles.of(self.count);
                    for (is_used, before) in
                        [(uses.is_name(), "\""), (uses.has(Role::VALUE), ",\"")]
                    {
                        out.extend_from_slice(before.as_bytes());
                        let length = if is_used { length } else { 0 };
                        self.replacer.end(&text, length, |part| {
                            out.extend_from_slice(part);
                            if out.len() < AT_ONCE { Ok(()) } else { pour(out, writer, coverage) }
                        })?;
                        out.extend_from_slice(b"\"");
                    }
                    coverage.tally_mut(Kind::Value).replaced += 1;
                }
                self.count += 1;
            }
        }
        Ok(())
    }

    fn separate(&self, out: &mut Vec<u8>) {
        if self.count > 0 {
            out.extend_from_slice(b",\n");
        }
    }

    fn strict(&mut self, raw: &[u8], coverage: &mut Coverage, out: &mut Vec<u8>) -> Result<()> {
        let uses = self.roles.of(self.count);
        let text = unescape(raw);
        if self.object.is_none() && text == "Object" {
            self.object = u32::try_from(self.count).ok();
        }
        let is_path =
            uses.has(Role::CODE | Role::SCRIPT) && is_script_path(&text) || is_of_package(&text);
        let name = if uses.is_name() { self.name(&text, uses, is_path) } else { Becomes::Nothing };
        let name = match name {
            Becomes::Itself | Becomes::Part(_) if !is_path && self.is_private(&text, uses) => {
                self.in_other_words(&text)
            }
            Becomes::Part(part) if part == text => Becomes::Itself,
            name => name,
        };
        if uses.is_name() {
            count(coverage, Kind::of(uses.without(Role::VALUE), is_path), &name);
        }
        self.write(&name, raw, &text, out)?;
        out.push(b',');
        let value = if !uses.has(Role::VALUE) {
            Becomes::Nothing
        } else if OF_STRINGS.contains(&&*text) || OF_MODULES.contains(&&*text) {
            Becomes::Itself
        } else if is_path {
            self.path(&text)
        } else {
            Becomes::Other
        };
        if uses.has(Role::VALUE) {
            count(coverage, Kind::Value, &value);
        }
        self.write(&value, raw, &text, out)?;
        if let Some(fate) = Fate::of(&name, &value).filter(|_| is_to_prove(&text)) {
            self.fates.push(fate, self.replacer.print_of(text.as_bytes()))?;
        }
        Ok(())
    }

    /// Whether a name of code is one that only the program at hand has, and names a place of its data.
    fn is_private(&self, text: &str, uses: Role) -> bool {
        self.policy == Policy::Structure
            && uses.without(Role::PLACES | Role::VALUE).is_empty()
            && bare(text).1.len() > STAYS
            && !is_public(text)
    }

    /// Other letters for each word, so that a name stays one: `#total` is private, `x-total` has two words.
    fn in_other_words<'a>(&mut self, text: &str) -> Becomes<'a> {
        let (mark, _) = bare(text);
        let mut made = mark.as_bytes().to_vec();
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
        let mut rest = text.get(mark.len()..).unwrap_or_default();
        while !rest.is_empty() {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let (word, tail) = rest.split_at(end);
            self.replacer.replace_all(word, &mut made);
            let next = tail.find(is_word).unwrap_or(tail.len());
            let (between, tail) = tail.split_at(next);
            made.extend_from_slice(between.as_bytes());
            rest = tail;
        }
        if text.len() <= WORDS_MAY_MEET {
            self.replacer.remember(&made, text);
        }
        let made = String::from_utf8_lossy(&made).into_owned();
        if made == text { Becomes::Itself } else { Becomes::Words(made) }
    }

    /// What a text becomes that is the name of something.
    fn name<'a>(&mut self, text: &'a str, uses: Role, is_path: bool) -> Becomes<'a> {
        if text.is_empty() {
            return Becomes::Itself;
        }
        if is_path {
            return self.path(text);
        }
        if uses.has(Role::INTERNAL)
            && let Some(pair) = without_entry(text)
        {
            return Becomes::Part(Cow::Owned(pair));
        }
        if uses.has(Role::NATIVE | Role::CLASS)
            && let Some(element) = without_attributes(text)
        {
            return Becomes::Part(Cow::Owned(element));
        }
        let of_runtime = uses.has(Role::INTERNAL | Role::SYSTEM)
            && (is_of_runtime(text) || is_index(text))
            || uses.has(Role::CLASS | Role::NATIVE | Role::CODE | Role::FUNCTION)
                && is_named_by_code(text, uses);
        let is_of_code = || {
            let named = unmarked(text);
            // Of a path alone a part can stay.
            let is_home = is_of_home(named) && !is_of_home(text);
            is_of_code(text) && !is_registered(named) && !is_located(named) && !is_home
        };
        let of_code = uses.has(Role::VARIABLE | Role::PROPERTY | Role::SYMBOL | Role::SCRIPT)
            && is_of_code()
            || uses.has(Role::OF_MANY | Role::OF_TABLE)
                && !self.is_key(text, uses, self.count)
                && is_of_code();
        if !(of_runtime || of_code) || holds_credential(text) {
            return Becomes::Other;
        }
        match text.strip_prefix(BEFORE_PATH).filter(|path| is_script_path(path)) {
            None if is_of_home(text) => self.path(text),
            None => Becomes::Itself,
            Some(path) => match self.path(path) {
                Becomes::Part(part) => {
                    let made = format!("{BEFORE_PATH}{part}");
                    self.replacer.remember(made.as_bytes(), text);
                    Becomes::Part(Cow::Owned(made))
                }
                other => other,
            },
        }
    }

    /// The path of a script, without what it says of people.
    fn path<'a>(&mut self, text: &'a str) -> Becomes<'a> {
        let path = without_user(text);
        let parts = private_parts(&path);
        if parts.is_empty() {
            return if path == text { Becomes::Itself } else { Becomes::Part(path) };
        }
        let made = self.in_places(&path, parts);
        self.replacer.remember(made.as_bytes(), text);
        Becomes::Part(Cow::Owned(made))
    }

    /// Whether a text is the property of one kind of object alone, of plain objects that are dictionaries. What
    /// is like one may still be an object of code, whose properties have names that others use as well.
    fn is_key(&self, text: &str, uses: Role, index: usize) -> bool {
        let owner = self.roles.owner_of(index);
        let is_plain = owner.is_some_and(|owner| self.object.is_none_or(|object| object == owner));
        let stays = || match uses.has(Role::OF_MANY) {
            true => is_of_words(text),
            false => text.starts_with("<symbol ") || is_public(text),
        };
        let keys = Role::OF_MANY | Role::OF_TABLE;
        is_plain && uses.without(Role::VALUE | Role::SYMBOL | keys).is_empty() && !stays()
    }

    /// Writes one text, in quotes.
    fn write(
        &mut self,
        what: &Becomes<'_>,
        raw: &[u8],
        text: &str,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let start = out.len() + 1;
        out.push(b'"');
        match what {
            Becomes::Nothing => {}
            Becomes::Itself => out.extend_from_slice(raw),
            Becomes::Part(part) => {
                let escaped = serde_json::to_string(part).unwrap_or_default();
                out.extend_from_slice(
                    escaped.get(1..escaped.len() - 1).unwrap_or_default().as_bytes(),
                );
            }
            Becomes::Words(made) => out.extend_from_slice(made.as_bytes()),
            Becomes::Other => self.replacer.replace(text, out),
        }
        if let (Some(map), true) = (&mut self.map, what.goes()) {
            let made = String::from_utf8_lossy(out.get(start..).unwrap_or_default());
            let row =
                serde_json::json!({ "redacted": unescape(made.as_bytes()), "original": text });
            writeln!(map, "{row}")?;
        }
        out.push(b'"');
        Ok(())
    }

    /// Only credentials are taken out, wherever the text is used.
    fn secrets(&mut self, raw: &[u8], coverage: &mut Coverage, out: &mut Vec<u8>) -> Result<()> {
        let uses = self.roles.of(self.count);
        let text = unescape(raw);
        let mut found = credentials(&text);
        // Where it is put together, `Basic ` is a text of its own.
        let login = text.strip_prefix("Basic ").unwrap_or(&text);
        if found.is_empty() && is_login(login) {
            found.push(text.len() - login.len()..text.len());
        }
        let name = self.without(&text, found.clone())?;
        let places = match self.suspects.get(&(self.count as u64)) {
            Some(kinds) => {
                // A whole that is none must not hide its parts.
                let mut under = credentials_under(*kinds, &text);
                under.retain(|range| !is_placeholder(text.get(range.clone()).unwrap_or_default()));
                apart(found, under)
            }
            None => found,
        };
        let value = self.without(&text, places)?;
        let nothing = Becomes::Nothing;
        self.write(if uses.is_name() { &name } else { &nothing }, raw, &text, out)?;
        out.push(b',');
        self.write(if uses.has(Role::VALUE) { &value } else { &nothing }, raw, &text, out)?;
        if uses.has(Role::VALUE) {
            count(coverage, Kind::Value, &value);
        } else if uses.is_name() {
            count(coverage, Kind::Value, &name);
        }
        // What went as a whole may not be there as a whole, but where it is a name or a table has it twice.
        if !self.suspects.is_empty() && is_to_prove(&text) {
            let name = if uses.is_name() { &name } else { &nothing };
            let value = if uses.has(Role::VALUE) { &value } else { &nothing };
            let fate = match Fate::of(name, value) {
                Some(Fate::Goes) => value.goes().then_some(Fate::GoesAsWhole),
                fate => fate,
            };
            if let Some(fate) = fate {
                self.fates.push(fate, self.replacer.print_of(text.as_bytes()))?;
            }
        }
        Ok(())
    }

    /// A text without the credentials in these places.
    fn without<'a>(&mut self, text: &'a str, mut found: Vec<Range<usize>>) -> Result<Becomes<'a>> {
        let part = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
        found.retain(|range| !is_placeholder(part(range)));
        if found.is_empty() {
            return Ok(Becomes::Itself);
        }
        let mut is_short = false;
        for secret in found.iter().map(part) {
            is_short |= secret.len() <= SHORT_CREDENTIAL;
            if is_to_prove(secret) {
                self.fates.push(Fate::Goes, self.replacer.print_of(secret.as_bytes()))?;
            }
        }
        let made = self.in_places(text, found);
        // With another credential of a few letters it may be another text of the original.
        if is_short {
            self.replacer.remember(made.as_bytes(), text);
        }
        Ok(Becomes::Part(Cow::Owned(made)))
    }

    /// A text with other letters in these places.
    fn in_places(&mut self, text: &str, places: Vec<Range<usize>>) -> String {
        let (mut made, mut at) = (Vec::with_capacity(text.len()), 0);
        for range in places {
            let (before, part) = (text.get(at..range.start), text.get(range.clone()));
            made.extend_from_slice(before.unwrap_or_default().as_bytes());
            self.replacer.replace_all(part.unwrap_or_default(), &mut made);
            at = range.end;
        }
        made.extend_from_slice(text.get(at..).unwrap_or_default().as_bytes());
        String::from_utf8_lossy(&made).into_owned()
    }
}

/// The name of an edge from a WeakMap's table, which holds the names of a key and a value: without these two.
/// `None` for other edges.
fn without_entry(text: &str) -> Option<String> {
    // Nearly all others end otherwise, and need not be searched.
    if !text.ends_with(')') {
        return None;
    }
    let (before, rest) = text.split_once("part of key (")?;
    let is_number = before.strip_suffix(" / ").is_some_and(is_index);
    let (key, rest) = rest.split_once(") -> value (")?;
    let (value, table) = rest.rsplit_once(") pair in WeakMap (table @")?;
    let id =
        |entry: &str| entry.rsplit_once(" @").map(|(_, id)| id.to_owned()).filter(|id| is_id(id));
    let table_id = table.strip_suffix(')').filter(|id| is_id(id))?;
    if !is_number {
        return None;
    }
    Some(format!(
        "{before}part of key (key @{}) -> value (value @{}) pair in WeakMap (table @{table_id})",
        id(key)?,
        id(value)?
    ))
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn count(coverage: &mut Coverage, kind: Kind, what: &Becomes<'_>) {
    let tally = coverage.tally_mut(kind);
    match what {
        Becomes::Nothing => {}
        Becomes::Itself => tally.kept += 1,
        Becomes::Part(_) => tally.changed += 1,
        Becomes::Words(_) | Becomes::Other => tally.replaced += 1,
    }
}

#[cfg(test)]
mod tests {
    use super::without_entry;

    #[test]
    fn entries_of_weak_maps_lose_their_names() {
        let name = "12 / part of key (Session @123) -> value (hunter2 ) -> @x @77) pair in WeakMap (table @9)";
        let made = "12 / part of key (key @123) -> value (value @77) pair in WeakMap (table @9)";
        assert_eq!(without_entry(name).as_deref(), Some(made));
        assert_eq!(without_entry("part of keys"), None);
    }
}
