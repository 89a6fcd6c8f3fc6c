//! Where the variables of a script's blocks are declared: as much of JavaScript as that needs.
//!
//! Whatever it does not understand it knows nothing of: no text makes it fail, and a wrong guess costs a name.

use super::text::Position;

/// A block with variables of its own: the whole script, or what stands in braces.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    pub(super) start: Position,
    pub(super) end: Position,
    /// The block that it is in; the whole script's is itself.
    pub(super) around: usize,
}

/// A name that is declared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declaration {
    /// The block that it belongs to.
    pub(super) block: usize,
    /// Where the name begins in the text, and its length, in bytes.
    pub(super) start: usize,
    pub(super) length: usize,
    pub(super) at: Position,
}

/// The blocks of a script in the order in which they begin, the script itself first, and what is declared in them, by
/// block and name.
#[derive(Debug, Default)]
pub(super) struct Declarations {
    pub(super) blocks: Vec<Block>,
    pub(super) all: Vec<Declaration>,
}

impl Declarations {
    /// Of a whole script. Cost: one pass over the text, and sorting what it declares.
    pub(super) fn of(text: &str) -> Declarations {
        let mut reader = Reader::new(text);
        reader.read();
        let mut found = reader.found;
        found.all.sort_by_key(|one| (one.block, one.name(text), one.start));
        found
    }
}

impl Declaration {
    /// The name.
    pub(super) fn name<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.start..self.start + self.length).unwrap_or_default()
    }
}

/// What came before, as far as it says how to read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The beginning, or the end of a statement or a block.
    Nothing,
    /// `export`, `default`, `async`: a declaration may follow.
    Modifier,
    /// Of a statement whose condition follows in parentheses.
    Control,
    /// A word that an expression follows.
    Operator,
    /// A name, a number, a string, `]`.
    Value,
    /// `)` of a condition, and of anything else.
    Condition,
    Parenthesis,
    /// `=>`.
    Arrow,
    /// `.`.
    Dot,
    /// Any other punctuation.
    Punctuation,
}

/// Where a list of declarations stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declaring {
    No,
    /// A name or a pattern comes next, for the block of this number.
    Name(usize),
    /// What is in between is an initial value, up to a comma.
    Value(usize),
}

/// What an open bracket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Block,
    Round {
        control: bool,
    },
    Square,
    /// `${` in a template.
    Template,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    kind: Kind,
    declaring: Declaring,
    /// The block that `let`, `const` and functions belong to, and the one of `var`.
    block: usize,
    function: usize,
    /// Whether it is a pattern of names.
    pattern: bool,
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    line: u32,
    /// Where the line begins, and the bytes of it so far that are no UTF-16 unit.
    line_start: usize,
    surplus: usize,
    levels: Vec<Level>,
    before: Before,
    found: Declarations,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Reader<'a> {
        let whole = Block { start: Position::default(), end: Position::LAST, around: 0 };
        let top = Level {
            kind: Kind::Block,
            declaring: Declaring::No,
            block: 0,
            function: 0,
            pattern: false,
        };
        Reader {
            text,
            bytes: text.as_bytes(),
            at: 0,
            line: 0,
            line_start: 0,
            surplus: 0,
            levels: vec![top],
            before: Before::Nothing,
            found: Declarations { blocks: vec![whole], all: Vec::new() },
        }
    }

    fn read(&mut self) {
        if self.text.starts_with("#!") {
            self.skip_line();
        }
        while let Some(byte) = self.peek() {
            match byte {
                b'"' | b'\'' => self.string(byte),
                b'`' => self.template(),
                b'/' if self.next_is(b'/') => self.skip_line(),
                b'/' if self.next_is(b'*') => self.comment(),
                b'/' if self.is_regular_expression() => self.regular_expression(),
                b'{' | b'(' | b'[' => self.open(byte),
                b'}' | b')' | b']' => self.close(),
                b'0'..=b'9' => self.number(),
                _ if byte.is_ascii_whitespace() => self.step(),
                _ if is_of_name(byte) => self.word(),
                _ => self.punctuation(byte),
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next_is(&self, byte: u8) -> bool {
        self.bytes.get(self.at + 1) == Some(&byte)
    }

    fn position(&self) -> Position {
        let column = self.at.saturating_sub(self.line_start + self.surplus);
        Position { line: self.line, column: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    /// One byte on. A letter of two or three bytes is one UTF-16 unit, one of four is two.
    fn step(&mut self) {
        match self.peek() {
            Some(b'\n') => {
                self.line += 1;
                (self.line_start, self.surplus) = (self.at + 1, 0);
            }
            Some(0xC0..=0xDF) => self.surplus += 1,
            Some(0xE0..) => self.surplus += 2,
            _ => {}
        }
        self.at += 1;
    }

    fn skip_line(&mut self) {
        while self.peek().is_some_and(|byte| byte != b'\n') {
            self.step();
        }
    }

    fn comment(&mut self) {
        self.step();
        self.step();
        while self.peek().is_some() {
            let is_end = self.peek() == Some(b'*') && self.next_is(b'/');
            self.step();
            if is_end {
                self.step();
                break;
            }
        }
    }

    fn string(&mut self, quote: u8) {
        self.step();
        while let Some(byte) = self.peek() {
            if byte == b'\\' {
                self.step();
            }
            self.step();
            if byte == quote || byte == b'\n' {
                break;
            }
        }
        self.before = Before::Value;
    }

    /// The text of a template up to its end or its next `${`.
    fn template(&mut self) {
        self.step();
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' => self.step(),
                b'`' => {
                    self.step();
                    self.before = Before::Value;
                    return;
                }
                b'$' if self.next_is(b'{') => {
                    self.step();
                    self.push(Kind::Template, false, false);
                    self.step();
                    self.before = Before::Punctuation;
                    return;
                }
                _ => {}
            }
            self.step();
        }
    }

    fn is_regular_expression(&self) -> bool {
        !matches!(self.before, Before::Value | Before::Parenthesis | Before::Dot)
    }

    fn regular_expression(&mut self) {
        self.step();
        let mut is_in_class = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' => self.step(),
                b'[' => is_in_class = true,
                b']' => is_in_class = false,
                b'/' if !is_in_class => {
                    self.step();
                    break;
                }
                b'\n' => break,
                _ => {}
            }
            self.step();
        }
        while self.peek().is_some_and(is_of_name) {
            self.step();
        }
        self.before = Before::Value;
    }

    fn number(&mut self) {
        while self.peek().is_some_and(|byte| is_of_name(byte) || byte == b'.') {
            self.step();
        }
        self.before = Before::Value;
    }

    fn push(&mut self, kind: Kind, is_function: bool, pattern: bool) {
        let Some(&above) = self.levels.last() else { return };
        let (mut block, mut function) = (above.block, above.function);
        if kind == Kind::Block {
            block = self.found.blocks.len();
            let (start, end) = (self.position(), Position::LAST);
            self.found.blocks.push(Block { start, end, around: above.block });
            if is_function {
                function = block;
            }
        }
        let declaring = match (pattern, above.declaring) {
            (true, now) => now,
            (false, _) => Declaring::No,
        };
        self.levels.push(Level { kind, declaring, block, function, pattern });
    }

    fn open(&mut self, byte: u8) {
        let pattern =
            self.levels.last().is_some_and(|level| matches!(level.declaring, Declaring::Name(_)));
        match byte {
            b'{' => {
                let is_function = matches!(self.before, Before::Arrow | Before::Parenthesis);
                self.push(Kind::Block, is_function && !pattern, pattern);
            }
            b'(' => {
                self.push(Kind::Round { control: self.before == Before::Control }, false, false);
            }
            _ => self.push(Kind::Square, false, pattern),
        }
        self.step();
        self.before = if byte == b'{' { Before::Nothing } else { Before::Punctuation };
    }

    fn close(&mut self) {
        let Some(closed) = self.levels.last().copied().filter(|_| self.levels.len() > 1) else {
            self.step();
            return;
        };
        self.levels.pop();
        if closed.kind == Kind::Template {
            self.template();
            return;
        }
        self.step();
        if closed.kind == Kind::Block {
            let end = self.position();
            if let Some(block) = self.found.blocks.get_mut(closed.block) {
                block.end = end;
            }
        }
        if closed.pattern
            && let Some(level) = self.levels.last_mut()
            && let Declaring::Name(block) = level.declaring
        {
            level.declaring = Declaring::Value(block);
        }
        self.before = match closed.kind {
            Kind::Round { control: true } => Before::Condition,
            Kind::Round { control: false } => Before::Parenthesis,
            Kind::Square => Before::Value,
            Kind::Block | Kind::Template => Before::Nothing,
        };
    }

    fn punctuation(&mut self, byte: u8) {
        let is_arrow = byte == b'=' && self.next_is(b'>');
        if let Some(level) = self.levels.last_mut() {
            level.declaring = match (byte, level.declaring) {
                (b';', _) => Declaring::No,
                (b',', Declaring::Value(block)) => Declaring::Name(block),
                (b'=', Declaring::Name(block)) if level.pattern => Declaring::Value(block),
                (_, now) => now,
            };
        }
        let is_spread = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"..."));
        for _ in 0..if is_spread { 3 } else { 1 + usize::from(is_arrow) } {
            self.step();
        }
        self.before = match byte {
            b';' => Before::Nothing,
            b'.' if !is_spread => Before::Dot,
            _ if is_arrow => Before::Arrow,
            _ => Before::Punctuation,
        };
    }

    fn word(&mut self) {
        let (start, position) = (self.at, self.position());
        while self.peek().is_some_and(is_of_name) {
            self.step();
        }
        let (text, before) = (self.text, self.before);
        let word = text.get(start..self.at).unwrap_or_default();
        self.before = Before::Value;
        if before == Before::Dot {
            return;
        }
        let Some(level) = self.levels.last_mut() else { return };
        let starts = matches!(before, Before::Nothing | Before::Modifier | Before::Condition);
        match word {
            "var" => level.declaring = Declaring::Name(level.function),
            "let" | "const" => level.declaring = Declaring::Name(level.block),
            "of" | "in" | "instanceof" => {
                if matches!(level.kind, Kind::Round { .. }) {
                    level.declaring = Declaring::No;
                }
                self.before = Before::Operator;
            }
            "function" | "class" => {
                let block = level.block;
                if word == "class" || starts {
                    level.declaring = match level.declaring {
                        Declaring::Name(_) => Declaring::No,
                        now => now,
                    };
                }
                self.before = Before::Operator;
                if starts {
                    self.named_declaration(block);
                }
            }
            "export" | "default" | "async" => self.before = Before::Modifier,
            "if" | "for" | "while" | "switch" | "catch" | "with" => self.before = Before::Control,
            "return" | "typeof" | "case" | "delete" | "void" | "throw" | "new" | "do" | "else"
            | "yield" | "await" | "extends" => self.before = Before::Operator,
            _ => {
                let Declaring::Name(block) = level.declaring else { return };
                let is_pattern = level.pattern;
                if is_pattern && self.next_significant() == Some(b':') {
                    return;
                }
                if let Some(level) = self.levels.last_mut() {
                    level.declaring = Declaring::Value(block);
                }
                self.declare(block, start, position);
            }
        }
    }

    /// The name of a function or class that is declared for its block.
    fn named_declaration(&mut self, block: usize) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace() || byte == b'*') {
            self.step();
        }
        let (start, position) = (self.at, self.position());
        while self.peek().is_some_and(is_of_name) {
            self.step();
        }
        if self.at > start && self.text.get(start..self.at) != Some("extends") {
            self.before = Before::Value;
            self.declare(block, start, position);
        }
    }

    fn declare(&mut self, block: usize, start: usize, at: Position) {
        let length = self.at - start;
        self.found.all.push(Declaration { block, start, length, at });
    }

    fn next_significant(&self) -> Option<u8> {
        self.bytes.get(self.at..)?.iter().copied().find(|byte| !byte.is_ascii_whitespace())
    }
}

/// Letters, digits, `_`, `$`, `#` and whatever is not ASCII.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'#') || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in the order of their blocks, each with its line and column.
    fn declared(text: &str) -> Vec<(usize, &str, u32, u32)> {
        let found = Declarations::of(text);
        let mut all: Vec<_> = found
            .all
            .iter()
            .map(|one| {
                let name = &text[one.start..one.start + one.length];
                (one.block, name, one.at.line, one.at.column)
            })
            .collect();
        all.sort_unstable();
        all
    }

    fn names(text: &str) -> Vec<(usize, &str)> {
        declared(text).into_iter().map(|(block, name, ..)| (block, name)).collect()
    }

    #[test]
    fn declarations_belong_to_their_blocks() {
        assert_eq!(
            names("const a=1,b=[c,d],e=f(g,h);let i"),
            [(0, "a"), (0, "b"), (0, "e"), (0, "i")]
        );
        assert_eq!(
            names("var a=function b(){var c;if(c){var d;let e}};class F{g(){const h=1}}"),
            [(0, "F"), (0, "a"), (1, "c"), (1, "d"), (2, "e"), (4, "h")]
        );
        assert_eq!(
            names("for(const a of b){let c}for(let d=0,e=1;d<e;)f(d,e)"),
            [(0, "a"), (0, "d"), (0, "e"), (1, "c")]
        );
        assert_eq!(
            names("const{a,b:c,d=e,...f}=g,[h,[i]]=j,k=l"),
            [(0, "a"), (0, "c"), (0, "d"), (0, "f"), (0, "h"), (0, "i"), (0, "k")]
        );
        assert_eq!(
            names("export default class A extends B{}export async function c(){}"),
            [(0, "A"), (0, "c")]
        );
        assert_eq!(names("x={class:1,var:2,let:3};y.const.z;(class Q{});(function r(){})"), []);
    }

    #[test]
    fn what_is_no_code_declares_nothing() {
        for text in [
            "'let a'",
            "\"let a\\\"let b\"",
            "`let a ${f(`let b`)} let c`",
            "// let a",
            "/* let a\n let b */",
            "x=/let a[/]let b/g",
            "if(x)/let a/.test(y)",
        ] {
            assert_eq!(names(text), [], "{text}");
        }
        assert_eq!(names("`${(()=>{let a})()}`;let b"), [(0, "b"), (1, "a")]);
        assert_eq!(names("x=a/b;let c=d/e"), [(0, "c")]);
    }

    #[test]
    fn columns_are_in_utf_16_units() {
        assert_eq!(
            declared("let a='ä€😀',b\n ,c"),
            [(0, "a", 0, 4), (0, "b", 0, 13), (0, "c", 1, 2)]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_to_its_end(text in "[a-c{}()\\[\\];,='\"`$/*\\\\ \n#.ä€😀]{0,60}|(let|var|function|class|`|\\$\\{|[}{();,= a])*") {
            let found = Declarations::of(&text);
            for one in &found.all {
                assert!(text.get(one.start..one.start + one.length).is_some());
                assert!(one.block < found.blocks.len());
            }
        }
    }
}
