//! The Markdown table of a benchmark.

use std::fmt;

use super::measure::Cost;

/// All rows of a run.
#[derive(Default)]
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
}

/// One way of opening one file.
pub(super) struct Row {
    pub(super) file: String,
    /// Size of the file.
    pub(super) bytes: u64,
    pub(super) way: String,
    /// The cost, or why there is none.
    pub(super) cost: Result<Cost, String>,
    /// What DevTools' engine took for the same file in the same run.
    pub(super) devtools: Option<Cost>,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| file | MB | | wall s | CPU s | peak MB | peak / file | wall: times faster | CPU: times less | memory: times less |"
        )?;
        writeln!(f, "|---|--:|---|--:|--:|--:|--:|--:|--:|--:|")?;
        for row in &self.rows {
            row.write(f)?;
        }
        Ok(())
    }
}

impl Row {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { file, bytes, way, .. } = self;
        let megabytes = *bytes as f64 / 1e6;
        let cost = match &self.cost {
            Ok(cost) => cost,
            Err(reason) => {
                return writeln!(f, "| {file} | {megabytes:.0} | {way} | {reason} | | | | | | |");
            }
        };
        let ratio = |of: fn(&Cost) -> f64| match &self.devtools {
            Some(devtools) if devtools != cost => format!("{:.1}", of(devtools) / of(cost)),
            _ => String::new(),
        };
        writeln!(
            f,
            "| {file} | {megabytes:.0} | {way} | {:.3} | {:.3} | {:.1} | {:.2} | {} | {} | {} |",
            cost.wall_s,
            cost.cpu_s(),
            cost.peak_rss_bytes as f64 / 1e6,
            cost.peak_rss_bytes as f64 / *bytes as f64,
            ratio(|c| c.wall_s),
            ratio(Cost::cpu_s),
            ratio(|c| c.peak_rss_bytes as f64),
        )
    }
}

impl Table {
    /// What two threads and larger files do, one line each.
    pub(super) fn scaling(&self) -> String {
        let mut text = String::new();
        let ours = |way: &'static str| {
            self.rows
                .iter()
                .filter(move |row| row.way == way)
                .filter_map(|row| Some((row, row.cost.as_ref().ok()?)))
        };
        for ((row, two), (_, one)) in ours("two threads").zip(ours("one thread")) {
            let share = two.wall_s / one.wall_s;
            text += &format!("\n{}: two threads take {share:.2} of the wall time of one", row.file);
        }
        let all: Vec<_> = ours("two threads").collect();
        for pair in all.windows(2) {
            let [(small, less), (large, more)] = pair else { continue };
            text += &format!(
                "\n{} is {:.2} times {}: {:.2} times the wall time, {:.2} times the peak memory",
                large.file,
                large.bytes as f64 / small.bytes as f64,
                small.file,
                more.wall_s / less.wall_s,
                more.peak_rss_bytes as f64 / less.peak_rss_bytes as f64,
            );
        }
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(wall_s: f64) -> Cost {
        Cost { wall_s, cpu_user_s: wall_s, cpu_system_s: 0.0, peak_rss_bytes: 500_000 }
    }

    #[test]
    fn rows_show_their_ratio_to_devtools() {
        let row = |way: &str, cost: Cost| Row {
            file: "a".into(),
            bytes: 1_000_000,
            way: way.into(),
            cost: Ok(cost),
            devtools: Some(self::cost(20.0)),
        };
        let rows = vec![
            row("two threads", cost(1.0)),
            row("one thread", cost(2.0)),
            row("DevTools' engine", cost(20.0)),
        ];
        let table = Table { rows };
        let text = table.to_string();
        assert!(
            text.contains(
                "| a | 1 | two threads | 1.000 | 1.000 | 0.5 | 0.50 | 20.0 | 20.0 | 1.0 |"
            ),
            "{text}"
        );
        assert!(
            text.contains("| DevTools' engine | 20.000 | 20.000 | 0.5 | 0.50 |  |  |  |"),
            "{text}"
        );
        assert_eq!(table.scaling(), "\na: two threads take 0.50 of the wall time of one\n");
    }

    #[test]
    fn a_failure_is_a_row() {
        let row = Row {
            file: "a".into(),
            bytes: 1,
            way: "w".into(),
            cost: Err("too big".into()),
            devtools: None,
        };
        assert!(Table { rows: vec![row] }.to_string().contains("| w | too big |"));
    }
}
