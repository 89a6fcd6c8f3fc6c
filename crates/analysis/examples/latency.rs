//! How long questions to a loaded graph take: `latency SNAPSHOT WORK_FOLDER [RANDOM_NODES]`.
//!
//! Each question is asked of nodes taken at random and of the nodes that are hardest on it: those
//! with the most retainers, the most edges, the largest retained size and the longest way from the
//! roots. Prints a Markdown table. Run by `cargo xtask bench --latency FILE`.
#![allow(clippy::print_stdout, reason = "this is a program for people at a terminal")]

use std::cmp::Reverse;
use std::error::Error;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use heapglass_analysis::{
    ContainmentOptions, DominatorOptions, ObjectOptions, RetainerOptions, containment,
    display_name, dominators, object, paths_to, retainers,
};
use heapglass_format::source::Source;
use heapglass_graph::{Graph, OpenOptions, Ordinal, Snapshot, Wants};

/// Nodes at random, unless the command line says otherwise.
const RANDOM: usize = 1000;
/// Times that each question is asked of each node. The fastest counts: the others are those in
/// which another program had its turn.
const REPEATS: usize = 3;
/// Nodes of each kind of hard ones.
const HARD: usize = 25;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1);
    let usage = "usage: latency SNAPSHOT WORK_FOLDER [RANDOM_NODES]";
    let file = PathBuf::from(args.next().ok_or(usage)?);
    let temp_dir = PathBuf::from(args.next().ok_or(usage)?);
    let random = match args.next() {
        Some(count) => count.to_str().ok_or(usage)?.parse()?,
        None => RANDOM,
    };
    let options = OpenOptions { index: None, temp_dir, threads: 2, wants: Wants::Graph };
    let graph = Snapshot::open(&Source::file(&file)?, &options, &())?.graph()?;
    let kinds = [
        ("random", random_nodes(&graph, random)),
        ("most retainers", hardest(&graph, |node| graph.retainer_count(node))),
        ("most edges", hardest(&graph, |node| graph.edge_range(node).len() as u64)),
        ("largest retained", hardest(&graph, |node| graph.retained_size(node))),
        ("farthest", hardest(&graph, |node| graph.distance(node).shown().unwrap_or(0).into())),
    ];
    println!("| question | nodes | | median ms | 99 % ms | largest ms | of |");
    println!("|---|---|--:|--:|--:|--:|---|");
    for (question, ask) in QUESTIONS {
        for (kind, nodes) in &kinds {
            let times = nodes.iter().map(|&node| {
                let once = |_| {
                    let start = Instant::now();
                    ask(&graph, node);
                    start.elapsed()
                };
                ((0..REPEATS).map(once).min().unwrap_or_default(), node)
            });
            print_row(&graph, question, kind, times.collect());
        }
    }
    Ok(())
}

type Question = (&'static str, fn(&Graph, Ordinal));

/// The questions, with the options of the commands unless they are said.
const QUESTIONS: &[Question] = &[
    ("id to node", |graph, node| {
        black_box(graph.ordinal_of(graph.id(node)));
    }),
    ("object", |graph, node| {
        black_box(object(graph, node, &ObjectOptions::default()));
    }),
    ("object with internals", |graph, node| {
        black_box(object(graph, node, &ObjectOptions { internals: true, ..Default::default() }));
    }),
    ("retainers", |graph, node| {
        black_box(retainers(graph, node, &RetainerOptions::default()));
    }),
    ("containment", |graph, node| {
        black_box(containment(graph, node, &ContainmentOptions::default()));
    }),
    ("containment by size", |graph, node| {
        let options = ContainmentOptions { by_retained_size: true, ..Default::default() };
        black_box(containment(graph, node, &options));
    }),
    ("dominators", |graph, node| {
        black_box(dominators(graph, node, &DominatorOptions::default()));
    }),
    ("paths", |graph, node| {
        black_box(paths_to(graph, node, 5));
    }),
];

fn print_row(graph: &Graph, question: &str, kind: &str, mut times: Vec<(Duration, Ordinal)>) {
    times.sort_unstable();
    let at = |share: f64| (times.len().saturating_sub(1) as f64 * share).round() as usize;
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let (Some(median), Some(most), Some((max, slowest))) =
        (times.get(at(0.5)), times.get(at(0.99)), times.last())
    else {
        return;
    };
    let name: String = display_name(graph, *slowest).chars().take(30).collect();
    println!(
        "| {question} | {kind} | {} | {:.3} | {:.3} | {:.3} | {name} {}, {} edges, {} retainers |",
        times.len(),
        ms(median.0),
        ms(most.0),
        ms(*max),
        graph.id(*slowest),
        graph.edge_range(*slowest).len(),
        graph.retainer_count(*slowest),
    );
}

/// The same nodes on each run.
fn random_nodes(graph: &Graph, count: usize) -> Vec<Ordinal> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Ordinal((state % u64::from(graph.node_count().max(1))) as u32)
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn hardest(graph: &Graph, key: impl Fn(Ordinal) -> u64) -> Vec<Ordinal> {
    let mut nodes: Vec<Ordinal> = graph.nodes().collect();
    let most = HARD.min(nodes.len().saturating_sub(1));
    nodes.select_nth_unstable_by_key(most, |&node| Reverse(key(node)));
    nodes.truncate(most);
    nodes
}
