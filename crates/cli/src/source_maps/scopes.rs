//! Where the variables of one scope are declared.

use heapglass_javascript::{Error, Language, Position, Scope, scopes};

/// The scopes of a script, in the order in which they begin.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    all: Vec<Scope>,
    /// For each scope how many of its variables are kept.
    kept: Vec<usize>,
}

/// How badly a scope of a script fits to one of a heap. The least is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Misfit {
    /// Variables of the heap's scope that the script's declares, if at all, for itself alone.
    unkept: usize,
    /// Those that it does not declare.
    undeclared: usize,
    /// What it keeps and the heap's scope does not have.
    missing: usize,
}

impl Scopes {
    /// Of a whole script.
    pub(super) fn of(text: &str) -> Result<Scopes, Error> {
        let all = scopes(text, Language::JavaScript)?;
        let kept = |scope: &Scope| scope.variables.iter().filter(|it| it.is_kept).count();
        Ok(Scopes { kept: all.iter().map(kept).collect(), all })
    }

    /// Where the variables are declared of a scope that a heap has. `chain` has the names in the scopes that the code at
    /// the first of the places `within` sees, from the nearest outwards up to that scope; code that sees it stands at
    /// the others too.
    ///
    /// The scope is taken that fits best of those around all these places and around that of the scope before it in the
    /// chain; of two the inner one. Cost: a search for each name in each scope around.
    pub(super) fn places(&self, chain: &[&[String]], within: &[Position]) -> Vec<Option<Position>> {
        let (Some((names, inner)), Some(&first)) = (chain.split_last(), within.first()) else {
            return Vec::new();
        };
        let mut from = self.innermost(first);
        for names in inner {
            // V8 does not say which variables of a block there are: then nothing is known of the place of that.
            if let Some(found) = self.best(names, from, &[first]) {
                from = self.next(found);
            }
        }
        let scope = self.best(names, from, within).and_then(|found| self.all.get(found));
        names.iter().map(|name| declared(scope?, name).map(|(at, _)| at)).collect()
    }

    /// The scope that fits best to names, of `from` and those around it.
    fn best(&self, names: &[String], from: Option<usize>, within: &[Position]) -> Option<usize> {
        let around = self.around(from, within);
        let fits = around.filter_map(|place| Some((self.misfit(place, names)?, place)));
        // The first of equal ones.
        fits.min_by_key(|&(misfit, _)| misfit).map(|(_, place)| place)
    }

    /// `None` of a scope that declares none of the names.
    fn misfit(&self, place: usize, names: &[String]) -> Option<Misfit> {
        let scope = self.all.get(place)?;
        let (mut is_declared, mut is_kept) = (0, 0);
        for (_, kept) in names.iter().filter_map(|name| declared(scope, name)) {
            is_declared += 1;
            is_kept += usize::from(kept);
        }
        let kept = self.kept.get(place).copied().unwrap_or_default();
        (is_declared > 0).then(|| Misfit {
            unkept: names.len() - is_kept,
            undeclared: names.len() - is_declared,
            missing: kept.saturating_sub(is_kept),
        })
    }

    /// The innermost scope that begins before a place and has not ended there, or one within it that has.
    fn innermost(&self, at: Position) -> Option<usize> {
        self.all.partition_point(|scope| scope.start <= at).checked_sub(1)
    }

    /// The nearest scope that may be the next one of a heap.
    fn next(&self, place: usize) -> Option<usize> {
        let scope = self.all.get(place)?;
        if scope.is_split { Some(place) } else { scope.around }
    }

    /// Of a scope and those around it those of which V8 has names and that are around all of some places.
    fn around(&self, from: Option<usize>, within: &[Position]) -> impl Iterator<Item = usize> {
        let first = within.iter().min().copied().unwrap_or_default();
        let last = within.iter().max().copied().unwrap_or_default();
        let outwards = std::iter::successors(from, move |&place| self.all.get(place)?.around);
        outwards.filter(move |&place| {
            self.all
                .get(place)
                .is_some_and(|scope| scope.has_names && scope.start <= first && last < scope.end)
        })
    }
}

/// Where a scope declares a name, and whether it keeps that.
fn declared(scope: &Scope, name: &str) -> Option<(Position, bool)> {
    let at = scope.variables.binary_search_by(|it| it.name.as_str().cmp(name)).ok()?;
    scope.variables.get(at).map(|it| (it.at, it.is_kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(column: u32) -> Position {
        Position { line: 0, column }
    }

    fn of(text: &str) -> Scopes {
        Scopes::of(text).expect("JavaScript")
    }

    /// The columns at which the last of some scopes has its names, for code that stands at the beginning of `code`.
    fn columns(text: &str, chain: &[&[&str]], code: &str) -> Vec<Option<u32>> {
        let owned: Vec<Vec<String>> =
            chain.iter().map(|names| names.iter().map(|&it| it.to_owned()).collect()).collect();
        let chain: Vec<&[String]> = owned.iter().map(Vec::as_slice).collect();
        let place = at(text.find(code).expect("there") as u32);
        let places = of(text).places(&chain, &[place]);
        places.iter().map(|place| place.map(|place| place.column)).collect()
    }

    #[test]
    fn the_scope_has_its_names_and_is_around_its_code() {
        let text =
            "var a,b;(()=>{let a,b,c;function f(){let a,b,c;i(()=>a+c);}i(f,()=>a+c)})(()=>a+b);";
        assert_eq!(columns(text, &[&["a", "c", "z"]], "()=>a+c);"), [Some(41), Some(45), None]);
        assert_eq!(columns(text, &[&["a", "c", "z"]], "()=>a+c)}"), [Some(18), Some(22), None]);
        assert_eq!(columns(text, &[&["a", "b"]], "()=>a+b"), [Some(4), Some(6)]);
        assert_eq!(columns(text, &[&["z"]], "()=>a+b"), [None]);
    }

    #[test]
    fn what_no_function_within_uses_is_in_no_scope_of_a_heap() {
        // The function at 20 keeps the outer `e`; the inner ones are gone with their call.
        let text = "function f(e){return function(){for(let e of [1]){let e;e}return g=>e}}";
        assert_eq!(columns(text, &[&["e"]], "g=>"), [Some(11)]);
        assert_eq!(columns(text, &[&["e"]], "function f"), [None]);
        assert!(matches!(Scopes::of("no script"), Err(Error::Syntax(_))));
        assert_eq!(Scopes::default().places(&[&["e".to_owned()]], &[at(0)]), [None]);
    }

    #[test]
    fn scopes_of_blocks_have_no_names_in_a_heap() {
        let text = "function F(e){h=()=>e;for(const e of x)a.push(()=>e)}";
        // What the loop keeps has no name; the scope around that has is the function's.
        assert_eq!(columns(text, &[&["e"]], "()=>e)}"), [Some(11)]);
        assert_eq!(columns(text, &[&[], &["e"]], "()=>e)}"), [Some(11)]);
        let text = "class A{static{let e;f=()=>e}}";
        assert_eq!(columns(text, &[&["e"]], "()=>e"), [Some(19)]);
    }

    #[test]
    fn a_scope_is_around_the_one_before_it() {
        let text =
            "function F(t){function h(){return t}function f(t){return function g(){return t}}}";
        let code = "(){return t}}}";
        let (inner, outer) = ([Some(47)], [Some(11)]);
        assert_eq!(columns(text, &[&["t"]], code), inner);
        assert_eq!(columns(text, &[&["t"], &["t"]], code), outer);
        // By a function of its own.
        assert_eq!(columns(text, &[&["t"]], "(){return t}f"), outer);
        // There is none around, and what is unknown is nowhere.
        assert_eq!(columns(text, &[&["t"], &["t"], &["t"]], code), [None]);
        assert_eq!(columns(text, &[&["z"], &["t"]], code), inner);
        // Parameters that are more than names are a scope, and the body one within it.
        let text = "function f(t,u=()=>t){var v;return()=>[t,v]}";
        assert_eq!(columns(text, &[&["v"], &["t"]], "()=>[t"), [Some(11)]);
        let text = "function f(t,u){var v;return()=>[t,v]}";
        assert_eq!(columns(text, &[&["v"], &["t"]], "()=>[t"), [None]);
    }

    #[test]
    fn of_scopes_that_keep_the_names_the_one_is_taken_that_keeps_little_else() {
        let text = "function f(t){function g(t,i){return()=>t+i}return()=>t}";
        assert_eq!(columns(text, &[&["t", "i"]], "()=>t+i"), [Some(25), Some(27)]);
        assert_eq!(columns(text, &[&["t"]], "()=>t+i"), [Some(11)]);
        // Kept comes before declared.
        let text = "function f(t,i){function g(t,i,n){return()=>n}return()=>t}";
        assert_eq!(columns(text, &[&["t", "i"]], "()=>n"), [Some(11), Some(13)]);
    }

    /// The same by a look at every scope and every variable.
    fn slowly(
        found: &Scopes,
        names: &[String],
        within: &[Position],
        from: &dyn Fn(usize) -> bool,
    ) -> Option<usize> {
        let fits = |(place, scope): (usize, &Scope)| {
            let is_around = within.iter().all(|at| scope.start <= *at && *at < scope.end);
            let has = |name: &&String| scope.variables.iter().any(|it| it.name == **name);
            let keeps =
                |name: &&String| scope.variables.iter().any(|it| it.name == **name && it.is_kept);
            let others = scope.variables.iter().filter(|it| it.is_kept);
            let misfit = (
                names.iter().filter(|name| !keeps(name)).count(),
                names.iter().filter(|name| !has(name)).count(),
                others.filter(|it| !names.contains(&it.name)).count(),
            );
            let is_one = is_around && scope.has_names && from(place) && misfit.1 < names.len();
            is_one.then_some((misfit, std::cmp::Reverse(place)))
        };
        let best = found.all.iter().enumerate().filter_map(fits).min();
        best.map(|(_, std::cmp::Reverse(place))| place)
    }

    proptest::proptest! {
        #[test]
        fn the_scope_is_the_one_that_a_look_at_all_finds(
            parts in proptest::collection::vec(0usize..8, 0..12),
            one in 0u32..120,
            other in 0u32..120,
            inner in proptest::option::of(0usize..3),
        ) {
            let text: String = parts.iter().rev().fold("c(()=>a+b);".to_owned(), |inner, part| match part {
                0 => format!("{{let a;{inner}}}"),
                1 => format!("(b=>{{{inner}}});"),
                2 => format!("{{class d{{m(){{{inner}}}}}}}"),
                3 => format!("{{var b;{inner}}}"),
                4 => format!("function d(a){{{inner}}}"),
                5 => format!("(function(a,b){{{inner}c(()=>b+d);}});"),
                6 => format!("(function(a,b=1){{{inner}}});"),
                _ => format!("x;{inner}y;"),
            });
            let found = of(&text);
            let names = ["a", "b", "d"].map(str::to_owned);
            let within = [at(one), at(other)];
            let nearer = inner.and_then(|inner| names.get(inner)).map(std::slice::from_ref);
            // The scope of the inner one, and from which on the other is looked for.
            let first = nearer.and_then(|names| slowly(&found, names, &within[..1], &|_| true));
            let is_outside = |place: usize| first.is_none_or(|first| {
                let scope = &found.all[first];
                let mut around = scope.around;
                while around.is_some_and(|around| around > place) {
                    around = around.and_then(|around| found.all[around].around);
                }
                around == Some(place) || scope.is_split && place == first
            });
            let scope = slowly(&found, &names, &within, &is_outside).map(|place| &found.all[place]);
            let of = |name: &String| scope?.variables.iter().find(|it| it.name == *name).map(|it| it.at);
            let expected: Vec<_> = names.iter().map(of).collect();
            let chain: Vec<&[String]> = nearer.into_iter().chain([&names[..]]).collect();
            proptest::prop_assert_eq!(found.places(&chain, &within), expected, "{}", text);
        }
    }
}
