//! Waiting until a process uses much memory, or ever more.

use std::collections::VecDeque;
use std::str::FromStr;
use std::time::Duration;

use crate::words::{parse_size, seconds, size};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// V8's heap, asked of the process.
    Heap,
    /// Resident memory, as the kernel tells it.
    Resident,
}

/// What is waited for: `heap>80%`, `rss>1.5GiB`, `heap>+50MB/10m`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    /// What is measured.
    pub measure: Measure,
    /// When it holds.
    pub rule: Rule,
}

/// When a condition holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// Above this share of the limit: V8's own for the heap, the memory limit for resident memory.
    AboveShare(f64),
    /// Above so many bytes.
    Above(u64),
    /// Growing by more than so many bytes in this time.
    Growing(u64, Duration),
}

/// A value has to be above for so many looks in a row: just before a collection a heap is large.
const IN_A_ROW: u32 = 3;

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Condition, String> {
        let wrong =
            || format!("{text}: a condition looks like heap>80%, rss>1.5GiB or heap>+50MB/10m");
        let (measure, value) = text.split_once('>').ok_or_else(wrong)?;
        let measure = match measure.trim() {
            "heap" => Measure::Heap,
            "rss" => Measure::Resident,
            _ => return Err(wrong()),
        };
        let value = value.trim();
        let rule = if let Some(growth) = value.strip_prefix('+') {
            let (bytes, time) = growth.split_once('/').ok_or_else(wrong)?;
            let time = duration(time).filter(|time| *time >= Duration::from_secs(2));
            Rule::Growing(parse_size(bytes).ok_or_else(wrong)?, time.ok_or_else(wrong)?)
        } else if let Some(share) = value.strip_suffix('%') {
            let share = share.trim().parse::<f64>().ok().filter(|s| (0.0..=100.0).contains(s));
            Rule::AboveShare(share.ok_or_else(wrong)? / 100.0)
        } else {
            Rule::Above(parse_size(value).ok_or_else(wrong)?)
        };
        Ok(Condition { measure, rule })
    }
}

impl Condition {
    /// How often to look.
    pub fn look_every(&self) -> Duration {
        match self.rule {
            Rule::Growing(_, time) => {
                (time / 40).clamp(Duration::from_millis(100), Duration::from_secs(30))
            }
            _ => Duration::from_secs(2),
        }
    }
}

/// Looks at values as they come.
#[derive(Debug)]
pub struct Watch {
    condition: Condition,
    in_a_row: u32,
    /// When and how much, the oldest first.
    seen: VecDeque<(Duration, u64)>,
}

impl Watch {
    /// Nothing seen yet.
    pub fn new(condition: Condition) -> Watch {
        Watch { condition, in_a_row: 0, seen: VecDeque::new() }
    }

    /// How often to look.
    pub fn look_every(&self) -> Duration {
        self.condition.look_every()
    }

    /// Takes a value in; `now` is the time since the watch began. Returns why the condition holds, once
    /// it does.
    pub fn look(&mut self, now: Duration, value: u64, limit: Option<u64>) -> Option<String> {
        let what = match self.condition.measure {
            Measure::Heap => "the heap",
            Measure::Resident => "the resident memory",
        };
        let threshold = match self.condition.rule {
            Rule::Above(bytes) => bytes,
            Rule::AboveShare(share) => (limit? as f64 * share) as u64,
            Rule::Growing(bytes, time) => {
                return self
                    .grows(now, value, bytes, time)
                    .map(|by| format!("{what} grew by {} in {}", size(by), seconds(time)));
            }
        };
        self.in_a_row = if value > threshold { self.in_a_row + 1 } else { 0 };
        (self.in_a_row >= IN_A_ROW)
            .then(|| format!("{what} is at {}, above {}", size(value), size(threshold)))
    }

    /// Growth is that of the lowest values: between two collections every heap grows. The lowest of the
    /// window's second half is compared with the lowest of its first half, which is half a window apart.
    fn grows(&mut self, now: Duration, value: u64, bytes: u64, time: Duration) -> Option<u64> {
        self.seen.push_back((now, value));
        let begin = now.checked_sub(time)?;
        while self.seen.get(1).is_some_and(|(at, _)| *at <= begin) {
            self.seen.pop_front();
        }
        let middle = begin + time / 2;
        let lowest = |late: bool| {
            let half = self.seen.iter().filter(|(at, _)| (*at > middle) == late);
            half.map(|(_, value)| *value).min()
        };
        let growth = lowest(true)?.checked_sub(lowest(false)?)?.saturating_mul(2);
        (growth > bytes).then_some(growth)
    }
}

/// A length of time: `90s`, `10m`, `1h`, `1d`, or seconds.
pub fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "ms" => 0.001,
        "" | "s" | "sec" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    let time = number.parse::<f64>().ok()? * factor;
    (time <= 1e9).then(|| Duration::from_secs_f64(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read() {
        let read = |text: &str| text.parse::<Condition>().map(|c| (c.measure, c.rule));
        assert_eq!(read("heap>80%"), Ok((Measure::Heap, Rule::AboveShare(0.8))));
        assert_eq!(read("rss > 1.5GiB"), Ok((Measure::Resident, Rule::Above(1_610_612_736))));
        let growth = Rule::Growing(50_000_000, Duration::from_secs(600));
        assert_eq!(read("heap>+50MB/10m"), Ok((Measure::Heap, growth)));
        for wrong in
            ["", "heap", "heap>", "heap>a", "cpu>1", "heap>101%", "heap>+5MB", "heap>+5MB/0s"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_value_has_to_stay_above() {
        let mut watch = Watch::new("heap>50%".parse().unwrap());
        let mut look = |value| watch.look(Duration::ZERO, value, Some(100)).is_some();
        let values = [60, 60, 40, 60, 60, 60];
        assert_eq!(values.map(&mut look), [false, false, false, false, false, true]);
    }

    #[test]
    fn growth_is_that_of_the_lowest_values() {
        let run = |value: &dyn Fn(u64) -> u64| {
            let mut watch = Watch::new("rss>+100/100s".parse().unwrap());
            (0..400).find(|&s| watch.look(Duration::from_secs(s), value(s), None).is_some())
        };
        // A saw without growth never counts, however high its teeth.
        assert_eq!(run(&|s| 1000 + (s % 20) * 50), None);
        // With a floor that rises by two a second it does as soon as the window is full.
        assert!(run(&|s| 1000 + (s % 20) * 50 + s * 2).is_some_and(|s| (100..=121).contains(&s)));
        // Growth that ended long ago does not count.
        assert_eq!(run(&|s| 1000 + s.min(20)), None);
    }

    #[test]
    fn times_are_read() {
        let times = ["90", "90s", "1.5m", "2h", "500ms"].map(|t| duration(t).unwrap().as_millis());
        assert_eq!(times, [90_000, 90_000, 90_000, 7_200_000, 500]);
        assert!(["", "m", "1y", "-1s"].iter().all(|text| duration(text).is_none()));
    }
}
