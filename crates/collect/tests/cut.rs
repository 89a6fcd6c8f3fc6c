//! Requests that are cut on their way to a real Node.js, as port-forwarding cuts them.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use heapglass_collect::place::{
    Place, PlaceError, RawProcess, RawSurroundings, RemoteFile, Signal,
};
use heapglass_collect::{Local, Options, Stop, Target, capture};
use support::node::{Node, free_port, node};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;

/// This machine, behind a relay that passes on what it gets in blocks and rests after each.
struct Cutting {
    block: usize,
    /// How often it rested.
    cuts: Arc<AtomicUsize>,
}

impl Place for Cutting {
    type Stream = DuplexStream;
    type File = <Local as Place>::File;

    fn name(&self) -> String {
        Local.name()
    }

    async fn processes(&self) -> Result<Vec<RawProcess>, PlaceError> {
        Local.processes().await
    }

    async fn surroundings(&self, pid: u32) -> Result<RawSurroundings, PlaceError> {
        Local.surroundings(pid).await
    }

    async fn signal(
        &self,
        pid: u32,
        started: Option<u64>,
        signal: Signal,
    ) -> Result<(), PlaceError> {
        Local.signal(pid, started, signal).await
    }

    async fn connect(&self, port: u16) -> Result<DuplexStream, PlaceError> {
        let stream = Local.connect(port).await?;
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        tokio::spawn(relay(theirs, stream, self.block, self.cuts.clone()));
        Ok(ours)
    }

    async fn list(&self, directory: &str) -> Result<Vec<RemoteFile>, PlaceError> {
        Local.list(directory).await
    }

    async fn open(&self, path: &str, from: u64) -> Result<Self::File, PlaceError> {
        Local.open(path, from).await
    }

    async fn writable(&self, process: u32, directory: &str) -> Result<bool, PlaceError> {
        Local.writable(process, directory).await
    }

    async fn remove(&self, path: &str) -> Result<(), PlaceError> {
        Local.remove(path).await
    }
}

async fn relay(client: DuplexStream, inspector: TcpStream, block: usize, cuts: Arc<AtomicUsize>) {
    let (mut requests, mut answers) = tokio::io::split(client);
    let (mut from, mut to) = inspector.into_split();
    let back = tokio::spawn(async move { tokio::io::copy(&mut from, &mut answers).await });
    let mut bytes = vec![0; block];
    let mut left = block;
    while let Ok(count @ 1..) = requests.read(&mut bytes[..left]).await {
        if to.write_all(&bytes[..count]).await.is_err() {
            break;
        }
        left -= count;
        if left == 0 {
            cuts.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(5)).await;
            left = block;
        }
    }
    drop(to);
    let _ = back.await;
}

/// As many threads as it takes for the requests to meet the ends of many blocks.
const WORKERS: &str = "const { Worker, isMainThread } = require('worker_threads');
if (isMainThread) {
  let ready = 0;
  for (let i = 0; i < 3; i++) new Worker(__filename).on('message', () => { if (++ready === 3) console.log('ready'); });
} else {
  setInterval(() => {}, 1000);
  require('worker_threads').parentPort.postMessage(1);
}";

/// Node.js ends when a frame's last bytes come late.
#[tokio::test]
async fn no_process_ends_of_where_its_requests_are_cut() {
    let port = format!("--inspect-port={}", free_port());
    let mut process = Node::start(&node(), &[&port], WORKERS);
    for block in [512, 4096] {
        let options = Options {
            workers: true,
            ..Options::new(process.out(&format!("a{block}.heapsnapshot")))
        };
        let target = Target::Process(process.pid());
        let place = Cutting { block, cuts: Arc::default() };
        let captured = capture(&place, &target, &options, &(), &Stop::never()).await;
        let captured = captured.unwrap();
        assert!(captured.is_whole() && captured.snapshots.len() == 4, "{captured:?}");
        assert!(process.is_alive());
        let cuts = place.cuts.load(Ordering::Relaxed);
        assert!(cuts > 0, "no request met the end of a block of {block} bytes");
    }
}
