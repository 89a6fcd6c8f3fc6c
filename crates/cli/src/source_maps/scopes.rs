//! Where the variables of one scope are declared.

use heapglass_javascript::{Language, Position, Scope, scopes};

/// The scopes of a script, in the order in which they begin.
#[derive(Debug, Default)]
pub(super) struct Scopes(Vec<Scope>);

impl Scopes {
    /// Of a whole script; none of what is no JavaScript.
    pub(super) fn of(text: &str) -> Scopes {
        Scopes(scopes(text, Language::JavaScript).unwrap_or_default())
    }

    /// Where names are declared that one scope of a heap has, in which code at some places stands: in the scope around
    /// all of these that declares most of the names for functions within, then most of the names, and of two the inner
    /// one. Cost: a search for each name in each scope around.
    pub(super) fn places(&self, names: &[String], within: &[Position]) -> Vec<Option<Position>> {
        let mut best = ((0, 0), vec![None; names.len()]);
        for scope in self.around(within) {
            let found = names.iter().map(|name| {
                let at = scope.variables.binary_search_by(|it| it.name.as_str().cmp(name)).ok()?;
                scope.variables.get(at)
            });
            let found: Vec<_> = found.collect();
            let captured = found.iter().flatten().filter(|it| it.is_captured).count();
            let count = (captured, found.iter().flatten().count());
            if count > best.0 {
                best = (count, found.into_iter().map(|it| Some(it?.at)).collect());
            }
        }
        best.1
    }

    /// The scopes around all of some places, from the innermost outwards.
    fn around(&self, within: &[Position]) -> impl Iterator<Item = &Scope> {
        let first = within.iter().min().copied().unwrap_or_default();
        let last = within.iter().max().copied().unwrap_or_default();
        let begun = self.0.partition_point(|scope| scope.start <= first);
        let mut next = begun.checked_sub(1);
        std::iter::from_fn(move || {
            let scope = self.0.get(next?)?;
            next = scope.around;
            Some(scope)
        })
        .filter(move |scope| last < scope.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(column: u32) -> Position {
        Position { line: 0, column }
    }

    #[test]
    fn the_scope_has_its_names_and_is_around_its_code() {
        let text = "let a,b;(()=>{let a,b,c;function f(){let a,b,c}})();";
        let found = Scopes::of(text);
        let names = ["a", "c", "z"].map(str::to_owned);
        let columns = |column: u32| -> Vec<Option<u32>> {
            let places = found.places(&names, &[at(column)]);
            places.iter().map(|place| place.map(|place| place.column)).collect()
        };
        assert_eq!(columns(26), [Some(18), Some(22), None]);
        assert_eq!(columns(40), [Some(41), Some(45), None]);
        assert_eq!(columns(5), [Some(4), None, None]);
    }

    #[test]
    fn what_no_function_within_uses_is_in_no_scope_of_a_heap() {
        // The function at 20 keeps the outer `e`; the inner ones are gone with their call.
        let text = "function f(e){return function(){for(let e of [1]){let e;e}return g=>e}}";
        let function = text.find("g=>").expect("a function") as u32;
        let places = Scopes::of(text).places(&["e".to_owned()], &[at(function)]);
        assert_eq!(places, [Some(at(11))]);
        assert_eq!(Scopes::of("no script").places(&["e".to_owned()], &[at(0)]), [None]);
    }

    /// The same by a look at every scope and every variable.
    fn slowly(found: &Scopes, names: &[String], within: [Position; 2]) -> Vec<Option<Position>> {
        let is_around =
            |scope: &&Scope| within.iter().all(|at| scope.start <= *at && *at < scope.end);
        let declared = |scope: &Scope, name: &String| {
            scope.variables.iter().find(|it| it.name == *name).map(|it| (it.at, it.is_captured))
        };
        let count = |scope: &Scope| {
            let all: Vec<_> = names.iter().filter_map(|name| declared(scope, name)).collect();
            (all.iter().filter(|(_, is_captured)| *is_captured).count(), all.len())
        };
        let best = found.0.iter().enumerate().filter(|(_, scope)| is_around(scope));
        let best = best.max_by_key(|(place, scope)| (count(scope), *place)).map(|(_, scope)| scope);
        let of = |name: &String| Some(declared(best?, name)?.0);
        names.iter().map(of).collect()
    }

    proptest::proptest! {
        #[test]
        fn the_scope_is_the_one_that_a_look_at_all_finds(
            parts in proptest::collection::vec(0usize..6, 0..12),
            one in 0u32..80,
            other in 0u32..80,
        ) {
            let text: String = parts.iter().rev().fold("a;b;d;".to_owned(), |inner, part| match part {
                0 => format!("{{let a;{inner}}}"),
                1 => format!("(b=>{{{inner}}});"),
                2 => format!("{{class d{{m(){{{inner}}}}}}}"),
                3 => format!("{{var b;{inner}}}"),
                4 => format!("function d(a){{{inner}}}"),
                _ => format!("x;{inner}y;"),
            });
            let found = Scopes::of(&text);
            proptest::prop_assert!(!found.0.is_empty(), "{}", text);
            let names = ["a", "b", "d"].map(str::to_owned);
            let within = [at(one), at(other)];
            proptest::prop_assert_eq!(found.places(&names, &within), slowly(&found, &names, within), "{}", text);
        }
    }
}
