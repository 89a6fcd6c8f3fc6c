//! The sections of a snapshot as they stream by.

mod end;
mod header;
mod notes;
mod rows;

use std::io::{self, Write};
use std::path::Path;

use heapglass_secrets::Noted;

use crate::Policy;
use crate::coverage::Coverage;
use crate::error::{Error, Result};
use crate::held::Held;
use crate::kinds::Kinds;
use crate::layout::Layout;
use crate::named::Named;
use crate::objects::Object;
use crate::owners::{Owners, Told};
use crate::replace::{Key, Replacer};
use crate::roles::Roles;
use crate::spool::Spool;
use crate::strings::{AT_ONCE, Strings, pour};
use crate::table::{Odd, Table};
use crate::texts::{Piece, Text};

/// Largest `snapshot` section that is believed. V8 writes about 2 kB.
const LONGEST_HEADER: usize = 16 << 20;
/// Longest name of a section.
const LONGEST_KEY: usize = 256;
/// Objects with so many edges may be dictionaries, whose properties' names are data.
const MANY: u64 = 64;

/// Redacts a snapshot that is fed to it in pieces.
///
/// With [`Policy::Secrets`] a text may also be a credential because of the name that it stands under, which comes after
/// it: the texts are held back, enciphered, and all come out with the last byte of their section.
///
/// Memory: half a byte for each node, with [`Policy::Secrets`] to the end and otherwise until the texts come; 2 to 4 bytes for each text, 20 for each value; and buffers of some
/// megabytes. What waits longer does so in files without a name: 1 to 5 bytes for each node, 8 for each text that
/// stays; with [`Policy::Secrets`] also the texts, 4 bytes for each string, 8 for each property or variable that
/// leads to one.
pub struct Redactor<W: Write> {
    out: W,
    written: Vec<u8>,
    policy: Policy,
    /// By which snapshots that were redacted with one key are known.
    key_id: String,
    spool: Spool,
    /// Bytes before the piece at hand.
    offset: u64,
    state: State,
    key: Vec<u8>,
    seen: Vec<String>,
    any_section: bool,
    layout: Option<Layout>,
    roles: Roles,
    kinds: Kinds,
    /// What names tell of strings, and the texts until that is known.
    named: Option<Named>,
    held: Option<Held>,
    /// What was held back is written, with all that is no credential as it was.
    is_given_back: bool,
    told: Option<Told>,
    owners: Option<Owners>,
    strings: Strings,
    /// The credentials of the texts, by their place in the original's table, if they are noted.
    noted: Option<Noted>,
    coverage: Coverage,
    /// Names of sections, and all texts of the header: V8's words, which a value may say as well.
    words: Vec<String>,
    /// JSON strings that are written before the first text of the table.
    first_text: u64,
}

enum State {
    Start,
    /// Before a key or the end.
    Key,
    /// After a comma.
    NextKey,
    InKey,
    Colon,
    BeforeValue,
    /// The header, or a section that is left out.
    Other {
        header: bool,
        text: Vec<u8>,
        depth: u32,
        string: Quoted,
    },
    // Boxed: a state is moved for each text, and a table has half a kilobyte.
    Nodes {
        table: Box<Table>,
    },
    Edges {
        table: Box<Table>,
        object: Box<Object>,
    },
    Trace {
        table: Box<Table>,
    },
    /// Numbers and brackets, as they are.
    Numbers {
        depth: u32,
    },
    Strings(Inside),
    After,
    Ended,
}

enum Quoted {
    No,
    Yes,
    Escaped,
}

enum Inside {
    /// Before the first string or the end.
    First,
    /// After a comma.
    Next,
    Text(Text),
    /// After a string.
    After,
}

impl From<Odd> for Error {
    fn from(odd: Odd) -> Error {
        Error::Syntax { offset: odd.0 as u64, message: format!("expected {}", odd.1) }
    }
}

impl<W: Write> Redactor<W> {
    /// Redacts into `out`. Each original is written to `map` beside what stands for it, as JSON lines.
    pub fn new(
        out: W,
        policy: Policy,
        key: Key,
        map: Option<Box<dyn Write + Send>>,
    ) -> Redactor<W> {
        Redactor {
            out,
            written: Vec::with_capacity(2 * AT_ONCE),
            policy,
            key_id: key.id(),
            spool: Spool::default(),
            offset: 0,
            state: State::Start,
            key: Vec::new(),
            seen: Vec::new(),
            any_section: false,
            layout: None,
            roles: Roles::default(),
            kinds: Kinds::default(),
            named: None,
            held: None,
            is_given_back: false,
            told: None,
            owners: None,
            strings: Strings::new(
                policy,
                Roles::default(),
                Replacer::new(key),
                map,
                &Spool::default(),
            ),
            noted: None,
            coverage: Coverage::default(),
            words: Vec::new(),
            first_text: 0,
        }
    }

    /// Keeps what has to wait in this directory and not in the system's one for temporary files.
    #[must_use]
    pub fn within(mut self, directory: &Path) -> Redactor<W> {
        self.spool.within(directory);
        self
    }

    /// Asks this whether there is room before what has to wait goes on the disk, and every few megabytes of it: its
    /// error ends the redaction.
    #[must_use]
    pub fn watched(
        mut self,
        room: impl Fn() -> io::Result<()> + Send + Sync + 'static,
    ) -> Redactor<W> {
        self.spool.watched(room);
        self
    }

    /// Takes the next bytes.
    ///
    /// Errors: they are none of a snapshot, or cannot be redacted as they stream by. What was written is redacted
    /// then, and no whole snapshot; [`Redactor::cut_off`] ends it.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = self.step(rest).map_err(|error| further(error, self.offset))?;
            self.offset += used as u64;
            rest = rest.get(used..).unwrap_or_default();
            if self.written.len() >= AT_ONCE {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Where the result is written to.
    pub fn out_mut(&mut self) -> &mut W {
        &mut self.out
    }

    fn flush(&mut self) -> Result<()> {
        pour(&mut self.written, &mut self.out, &mut self.coverage)
    }

    /// Consumes some bytes.
    fn step(&mut self, bytes: &[u8]) -> Result<usize> {
        let state = std::mem::replace(&mut self.state, State::After);
        let (used, next) = match state {
            State::Nodes { table } => self.nodes(table, bytes)?,
            State::Edges { table, object } => self.edges(table, object, bytes)?,
            State::Trace { table } => self.trace(table, bytes)?,
            State::Numbers { depth } => self.numbers(depth, bytes)?,
            State::Strings(inside) => self.texts(inside, bytes)?,
            State::Other { header, text, depth, string } => {
                self.other(header, text, depth, string, bytes)?
            }
            state => {
                let byte = bytes.first().copied().unwrap_or(b' ');
                (1, self.byte(state, byte)?)
            }
        };
        self.state = next;
        Ok(used)
    }

    /// Between the sections.
    fn byte(&mut self, state: State, byte: u8) -> Result<State> {
        Ok(match (state, byte) {
            (State::InKey, b'"') => State::Colon,
            (State::InKey, byte) => {
                if byte == b'\\' || self.key.len() >= LONGEST_KEY {
                    return Err(odd("a section's plain name"));
                }
                self.key.push(byte);
                State::InKey
            }
            (state, b' ' | b'\n' | b'\r' | b'\t') => state,
            (State::Start, b'{') => {
                self.written.push(b'{');
                State::Key
            }
            (State::Start, _) => return Err(odd("`{`, with which a snapshot begins")),
            (State::Key | State::NextKey, b'"') => {
                self.key.clear();
                State::InKey
            }
            (State::Key | State::After, b'}') => {
                self.end()?;
                State::Ended
            }
            (State::Key | State::NextKey, _) => return Err(odd("a section's name")),
            (State::Colon, b':') => State::BeforeValue,
            (State::Colon, _) => return Err(odd("a colon")),
            (State::BeforeValue, byte) => self.section(byte)?,
            (State::After, b',') => State::NextKey,
            (State::After, _) => return Err(odd("a comma or `}`")),
            (State::Ended, _) => return Err(odd("nothing more after the snapshot")),
            (state, _) => state,
        })
    }

    fn end(&mut self) -> Result<()> {
        for needed in ["snapshot", "nodes", "edges", "strings"] {
            if !self.seen.iter().any(|seen| seen == needed) {
                return Err(Error::Syntax {
                    offset: 0,
                    message: format!("the snapshot ends without a section `{needed}`"),
                });
            }
        }
        self.written.extend_from_slice(b"}\n");
        Ok(())
    }

    /// The first byte of a section's value.
    fn section(&mut self, byte: u8) -> Result<State> {
        let name = String::from_utf8_lossy(&self.key).into_owned();
        if self.seen.contains(&name) {
            return Err(Error::Syntax {
                offset: 0,
                message: format!("section `{name}` occurs a second time"),
            });
        }
        let after = |needed: &'static str, section: &'static str| {
            let is_there = self.seen.iter().any(|seen| seen == needed);
            if is_there {
                Ok(())
            } else {
                Err(Error::Order { offset: self.offset, section, needed })
            }
        };
        let state = match name.as_str() {
            "snapshot" => {
                State::Other { header: true, text: Vec::new(), depth: 0, string: Quoted::No }
            }
            "nodes" => {
                after("snapshot", "nodes")?;
                self.told = Some(Told::new(&self.spool));
                self.named = (self.policy == Policy::Secrets).then(|| Named::new(&self.spool));
                State::Nodes { table: Box::new(Table::new(self.layout()?.node_width)) }
            }
            "edges" => {
                after("nodes", "edges")?;
                self.owners = self.told.take().map(Told::ask).transpose()?;
                let table = Box::new(Table::new(self.layout()?.edge_width));
                State::Edges { table, object: Box::default() }
            }
            "trace_function_infos" => {
                after("snapshot", "trace_function_infos")?;
                State::Trace { table: Box::new(Table::new(self.layout()?.trace_width)) }
            }
            "trace_tree" | "samples" | "locations" => State::Numbers { depth: 0 },
            "strings" => {
                after("edges", "strings")?;
                let Strings { map, replacer, .. } = self.take_strings();
                let roles = std::mem::take(&mut self.roles);
                self.strings = Strings::new(self.policy, roles, replacer, map, &self.spool);
                self.owners = None;
                if self.named.is_some() {
                    self.held = Some(Held::new(self.strings.replacer.running(), &self.spool));
                } else {
                    self.kinds = Kinds::default();
                }
                State::Strings(Inside::First)
            }
            _ => State::Other { header: false, text: Vec::new(), depth: 0, string: Quoted::No },
        };
        let is_kept = !matches!(state, State::Other { header: false, .. });
        if self.seen.len() < 64 {
            self.seen.push(name.clone());
        }
        if !is_kept {
            if self.coverage.sections_left_out.len() < 16 {
                self.coverage.sections_left_out.push(name);
            }
            return self.other_byte(state, byte);
        }
        self.words.push(name.clone());
        if matches!(state, State::Strings(_)) {
            // Each was written once so far, and nothing else in quotes.
            self.first_text = self.words.len() as u64;
        }
        let comma = if self.any_section { ",\n" } else { "" };
        self.any_section = true;
        self.written.extend_from_slice(format!("{comma}\"{name}\":").as_bytes());
        match state {
            State::Other { .. } if byte == b'{' => self.other_byte(state, byte),
            State::Other { .. } => Err(odd("an object")),
            _ if byte != b'[' => Err(odd("a list")),
            State::Numbers { .. } => {
                self.written.push(b'[');
                Ok(State::Numbers { depth: 1 })
            }
            state => {
                self.written.push(b'[');
                Ok(state)
            }
        }
    }

    fn layout(&self) -> Result<&Layout> {
        let missing =
            || Error::Syntax { offset: 0, message: "there is no description of the tables".into() };
        self.layout.as_ref().ok_or_else(missing)
    }

    fn next(&mut self, ended: bool, state: State) -> State {
        if !ended {
            return state;
        }
        self.written.push(b']');
        State::After
    }

    /// Lists of numbers, however deep, as they are; nothing else is let through.
    fn numbers(&mut self, mut depth: u32, bytes: &[u8]) -> Result<(usize, State)> {
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'[' => depth = depth.saturating_add(1),
                b']' => depth -= 1,
                b'0'..=b'9' | b',' | b' ' | b'\n' | b'\r' | b'\t' | b'-' => {}
                _ => return Err(Odd(at, "numbers alone").into()),
            }
            if depth == 0 {
                self.written.extend_from_slice(bytes.get(..=at).unwrap_or_default());
                return Ok((at + 1, State::After));
            }
        }
        self.written.extend_from_slice(bytes);
        Ok((bytes.len(), State::Numbers { depth }))
    }

    /// The texts, as they come or as they come back, until enough is written.
    fn texts(&mut self, mut inside: Inside, bytes: &[u8]) -> Result<(usize, State)> {
        let mut done = 0;
        loop {
            let rest = bytes.get(done..).unwrap_or_default();
            let (used, next) =
                self.text(inside, rest).map_err(|error| further(error, done as u64))?;
            done += used;
            match next {
                State::Strings(next) if done < bytes.len() && self.written.len() < AT_ONCE => {
                    inside = next;
                }
                next => return Ok((done, next)),
            }
        }
    }

    /// One of them, a part of one, or a byte between two.
    fn text(&mut self, inside: Inside, bytes: &[u8]) -> Result<(usize, State)> {
        let (used, next) = match inside {
            Inside::Text(mut text) => {
                let (strings, coverage) = (&mut self.strings, &mut self.coverage);
                let (out, writer) = (&mut self.written, &mut self.out);
                let mut named = self.named.as_mut().filter(|_| self.held.is_some());
                let mut noted = self.noted.as_mut();
                let (used, ended) =
                    text.pass::<Error>(bytes, |piece: Piece<'_>| match &mut named {
                        Some(named) => {
                            strings.note(piece, named);
                            Ok(())
                        }
                        None => {
                            notes::note(&mut noted, strings.count(), piece);
                            strings.take(piece, coverage, out, writer)
                        }
                    })?;
                (used, if ended { Inside::After } else { Inside::Text(text) })
            }
            inside => match self.between(inside, bytes.first().copied().unwrap_or(b' '))? {
                Some(next) => (1, next),
                None if self.held.is_some() => {
                    self.give_back()?;
                    return Ok((1, State::After));
                }
                None => {
                    self.written.push(b']');
                    return Ok((1, State::After));
                }
            },
        };
        if let Some(held) = &mut self.held {
            held.push(bytes.get(..used).unwrap_or_default())?;
        }
        Ok((used, State::Strings(next)))
    }

    /// A byte between two texts; `None` if it ends the list.
    fn between(&self, inside: Inside, byte: u8) -> Result<Option<Inside>> {
        match (inside, byte) {
            (inside, b' ' | b'\n' | b'\r' | b'\t') => Ok(Some(inside)),
            (Inside::First | Inside::Next, b'"') => Ok(Some(Inside::Text(Text::default()))),
            (Inside::After, b',') => Ok(Some(Inside::Next)),
            (Inside::First | Inside::After, b']') => {
                let (count, needed) = (self.strings.count(), self.strings.needed());
                if needed > count {
                    let message = format!("a name is string {}, and there are {count}", needed - 1);
                    return Err(Error::Syntax { offset: 0, message });
                }
                Ok(None)
            }
            (Inside::After, _) => Err(odd("a comma or `]`")),
            _ => Err(odd("a string")),
        }
    }

    /// All names are known: the texts that were held back are decided on.
    fn give_back(&mut self) -> Result<()> {
        let (Some(held), Some(named)) = (self.held.take(), self.named.take()) else {
            return Ok(());
        };
        let suspects = named.suspects(&self.kinds)?;
        self.strings.begin_again(self.policy, suspects);
        self.is_given_back = true;
        self.again(held)?;
        self.written.push(b']');
        Ok(())
    }

    /// The texts that were held back, from the first on.
    fn again(&mut self, held: Held) -> Result<()> {
        let mut inside = Inside::First;
        held.each::<Error>(|bytes| {
            let mut rest = bytes;
            while !rest.is_empty() {
                let now = std::mem::replace(&mut inside, Inside::First);
                let (used, next) = self.texts(now, rest)?;
                rest = rest.get(used..).unwrap_or_default();
                if let State::Strings(next) = next {
                    inside = next;
                }
                if self.written.len() >= AT_ONCE {
                    self.flush()?;
                }
            }
            Ok(())
        })
    }

    fn other_byte(&mut self, state: State, byte: u8) -> Result<State> {
        match state {
            State::Other { header, text, depth, string } => {
                Ok(self.other(header, text, depth, string, &[byte])?.1)
            }
            state => Ok(state),
        }
    }

    /// A value of any kind: the header, or what is left out.
    fn other(
        &mut self,
        header: bool,
        mut text: Vec<u8>,
        mut depth: u32,
        mut string: Quoted,
        bytes: &[u8],
    ) -> Result<(usize, State)> {
        for (at, &byte) in bytes.iter().enumerate() {
            let before = depth;
            string = match (string, byte) {
                (Quoted::Yes, b'\\') => Quoted::Escaped,
                (Quoted::Yes, b'"') => Quoted::No,
                (Quoted::Yes | Quoted::Escaped, _) => Quoted::Yes,
                (Quoted::No, b'"') => Quoted::Yes,
                (Quoted::No, byte) => {
                    match byte {
                        b'{' | b'[' => depth = depth.saturating_add(1),
                        b'}' | b']' if depth > 0 => depth -= 1,
                        // The end of a number or a word, which is not consumed.
                        b',' | b'}' if depth == 0 => return Ok((at, State::After)),
                        _ => {}
                    }
                    Quoted::No
                }
            };
            if header {
                text.push(byte);
                if text.len() > LONGEST_HEADER {
                    return Err(Odd(at, "a shorter description").into());
                }
            }
            if depth == 0 && before == 1 && matches!(string, Quoted::No) {
                if header {
                    self.header(&text)?;
                }
                return Ok((at + 1, State::After));
            }
        }
        Ok((bytes.len(), State::Other { header, text, depth, string }))
    }
}

/// A step knows how far into its bytes an error is; the error says how far into the snapshot.
fn further(error: Error, by: u64) -> Error {
    match error {
        Error::Syntax { offset, message } => Error::Syntax { offset: offset + by, message },
        other => other,
    }
}

fn odd(expected: &'static str) -> Error {
    Odd(0, expected).into()
}
