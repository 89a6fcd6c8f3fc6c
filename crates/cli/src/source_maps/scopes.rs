//! Where the variables of one scope are declared.

use super::text::Position;
use super::variables::Declarations;

impl Declarations {
    /// Where names are declared that one scope has, in which code at some places stands: in the block around all of
    /// these that declares most of the names, the inner one of two. Cost: a search for each name in each block around.
    pub(super) fn of_scope(
        &self,
        text: &str,
        names: &[String],
        within: &[Position],
    ) -> Vec<Option<Position>> {
        let mut best = (0, vec![None; names.len()]);
        for block in self.around(within) {
            let found: Vec<Option<Position>> =
                names.iter().map(|name| self.declared(text, block, name)).collect();
            let count = found.iter().flatten().count();
            if count > best.0 {
                best = (count, found);
            }
        }
        best.1
    }

    /// The blocks around all of some places, from the innermost outwards.
    fn around(&self, within: &[Position]) -> impl Iterator<Item = usize> {
        let first = within.iter().min().copied().unwrap_or_default();
        let last = within.iter().max().copied().unwrap_or_default();
        let begun = self.blocks.partition_point(|block| block.start <= first);
        let mut next = begun.checked_sub(1);
        std::iter::from_fn(move || {
            let at = next?;
            let block = self.blocks.get(at)?;
            next = Some(block.around).filter(|&around| around < at);
            Some((at, last < block.end))
        })
        .filter_map(|(at, is_around)| is_around.then_some(at))
    }

    /// Where a block declares a name first.
    fn declared(&self, text: &str, block: usize, name: &str) -> Option<Position> {
        let at = self.all.partition_point(|one| (one.block, one.name(text)) < (block, name));
        let found = self.all.get(at)?;
        (found.block == block && found.name(text) == name).then_some(found.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source_maps::variables::Block;

    #[test]
    fn the_block_of_a_scope_has_its_names_and_is_around_its_code() {
        let text = "let a,b;(()=>{let a,b,c;function f(){let a,b,c}})();";
        let found = Declarations::of(text);
        let names = ["a".to_owned(), "c".to_owned(), "z".to_owned()];
        let columns = |column: u32| {
            let within = [Position { line: 0, column }];
            found
                .of_scope(text, &names, &within)
                .iter()
                .map(|at| at.map(|at| at.column))
                .collect::<Vec<_>>()
        };
        assert_eq!(columns(26), [Some(18), Some(22), None]);
        assert_eq!(columns(40), [Some(41), Some(45), None]);
        assert_eq!(columns(5), [Some(4), None, None]);
    }

    /// The same by a look at every block and every declaration.
    fn slowly(found: &Declarations, text: &str, names: &[String], at: [Position; 2]) -> usize {
        let is_around = |block: &Block| at.iter().all(|at| block.start <= *at && *at < block.end);
        let count = |block: usize| {
            let declares = |name: &&String| {
                found.all.iter().any(|one| one.block == block && one.name(text) == *name)
            };
            names.iter().filter(declares).count()
        };
        let around = (0..found.blocks.len()).filter(|&block| is_around(&found.blocks[block]));
        let best = around.max_by_key(|&block| (count(block), block));
        best.filter(|&block| count(block) > 0).unwrap_or(usize::MAX)
    }

    proptest::proptest! {
        #[test]
        fn the_block_is_the_one_that_a_look_at_all_finds(
            text in "(let a;|var b,c;|\\{|\\}|function d\\(\\)\\{| x )*",
            one in 0u32..60,
            other in 0u32..60,
        ) {
            let found = Declarations::of(&text);
            let names = ["a", "b", "d"].map(str::to_owned);
            let within = [one, other].map(|column| Position { line: 0, column });
            let block = slowly(&found, &text, &names, within);
            let expected: Vec<Option<Position>> = names
                .iter()
                .map(|name| {
                    let mut all = found.all.iter();
                    Some(all.find(|one| one.block == block && one.name(&text) == name)?.at)
                })
                .collect();
            assert_eq!(found.of_scope(&text, &names, &within), expected);
        }
    }
}
