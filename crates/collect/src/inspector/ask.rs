//! What a process is asked about itself.

use serde::Deserialize;
use serde_json::{Value, json};

/// Evaluates to a JSON text. Runs in Node.js 12 and newer and in Deno; what is not there is left out.
const WHO: &str = "(()=>{\
const p=typeof process==='object'&&process||{},o={},t=f=>{try{return f()}catch(e){}};\
const m=n=>p.getBuiltinModule?p.getBuiltinModule(n):require(n);\
o.pid=p.pid;o.title=p.title;o.version=p.version;o.v8=(p.versions||{}).v8;\
o.deno=typeof Deno==='object'?Deno.version.deno:undefined;\
o.heap=t(()=>m('v8').getHeapStatistics());\
t(()=>{o.heap.large_object_size=m('v8').getHeapSpaceStatistics().filter(s=>/large_object/.test(s.space_name))\
.reduce((n,s)=>n+s.space_used_size,0)});\
o.memory=t(()=>p.memoryUsage());\
o.max_rss=t(()=>p.resourceUsage().maxRSS);\
o.thread=t(()=>m('worker_threads').threadId);\
o.uptime=t(()=>p.uptime());\
o.started=o.deno?undefined:t(()=>{const[s,n]=p.hrtime();return s+n/1e9-p.uptime()});\
o.born=o.deno?undefined:t(()=>{const r=n=>m('fs').readFileSync('/proc/self/'+n,'latin1');\
return t(()=>/[1-9]/.test(r('timens_offsets')))?undefined:+r('stat').split(') ').pop().split(' ')[19]||undefined});\
return JSON.stringify(o)})()";

/// Files that tell how much memory and processor time there is, as the process sees them: an object of texts.
const AROUND: &str = "(()=>{const p=process,f=p.getBuiltinModule?p.getBuiltinModule('fs'):require('fs'),o={};\
const g='/sys/fs/cgroup/';\
for(const n of ['/proc/meminfo',...['cpu.max','cpu/cpu.cfs_quota_us','cpu/cpu.cfs_period_us'].map(n=>g+n),\
...['max','high','current','stat'].map(n=>g+'memory.'+n),\
...['limit_in_bytes','usage_in_bytes','stat'].map(n=>g+'memory/memory.'+n)])\
try{o[n]=f.readFileSync(n,'utf8')}catch(e){}\
return JSON.stringify(o)})()";

/// The time of the process's own clock in nanoseconds.
const CLOCK: &str = "(typeof process==='object'&&process.hrtime?\
process.hrtime().reduce((s,n)=>s*1e9+n):performance.now()*1e6)";

/// Closes the inspector after the answer to this has gone out. An inspector that is asked to close while
/// it talks hangs up first, so that nobody waits.
const CLOSE: &str = "(()=>{const p=process,f=()=>{try{p._debugEnd()}catch(e){\
try{(p.getBuiltinModule?p.getBuiltinModule('inspector'):require('inspector')).close()}catch(e){}}};\
const t=setTimeout(f,20);if(t&&t.unref)t.unref();return true})()";

/// What a process says of itself.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Identity {
    /// Its id, in its own process namespace.
    pub pid: Option<u32>,
    /// Its title.
    pub title: Option<String>,
    /// The version of Node.js, `v22.1.0`.
    pub version: Option<String>,
    /// The version of V8.
    pub v8: Option<String>,
    /// The version of Deno.
    pub deno: Option<String>,
    /// V8's figures of its heap.
    pub heap: Option<HeapStatistics>,
    /// Node's figures of its memory.
    pub memory: Option<MemoryUsage>,
    /// The largest that its resident memory ever was, in kilobytes.
    pub max_rss: Option<u64>,
    /// The number of the thread: 0 for the main one.
    pub thread: Option<u64>,
    /// Seconds since it began.
    pub uptime: Option<f64>,
    /// When it began, in seconds of its machine's clock that nobody sets. Not asked of Deno, whose `hrtime` may
    /// begin with the process: it would be the same for all.
    pub started: Option<f64>,
    /// The same by its own `/proc`, in the kernel's ticks since boot. Not where its time has another beginning than its
    /// machine's, or it reads 0, as under an emulator; nor asked of Deno, which would ask its user whether it may look.
    pub born: Option<u64>,
}

/// What `v8.getHeapStatistics()` says, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct HeapStatistics {
    /// Memory that the heap has.
    pub total_heap_size: u64,
    /// Memory that objects take, dead ones among them.
    pub used_heap_size: u64,
    /// Where V8 gives up.
    pub heap_size_limit: u64,
    /// Memory that V8 took from the system.
    pub malloced_memory: u64,
    /// Memory of objects outside of the heap.
    pub external_memory: u64,
    /// The part of the used bytes that is in objects too large for a page: few nodes for many bytes.
    pub large_object_size: u64,
    /// Realms.
    pub number_of_native_contexts: u64,
}

/// What `process.memoryUsage()` says, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MemoryUsage {
    /// Resident memory.
    pub rss: u64,
    /// The heap.
    pub heap_total: u64,
    /// The heap, as far as it is used.
    pub heap_used: u64,
    /// C++ objects bound to JavaScript ones.
    pub external: u64,
    /// Array buffers.
    pub array_buffers: u64,
}

impl Identity {
    /// How a person calls it: `Node.js v22.1.0`.
    pub fn runtime(&self) -> String {
        match (&self.deno, &self.version) {
            (Some(deno), _) => format!("Deno {deno}"),
            (None, Some(version)) => format!("Node.js {version}"),
            (None, None) => "an unknown program with V8".to_owned(),
        }
    }

    /// The first number of Node's version.
    pub fn major(&self) -> Option<u32> {
        self.version.as_ref()?.trim_start_matches('v').split('.').next()?.parse().ok()
    }
}

/// Parameters of `Runtime.evaluate` that ask who this is.
pub fn who() -> Value {
    evaluate(WHO)
}

/// Parameters of `Runtime.evaluate` that ask how much memory and processor time there is.
pub fn around() -> Value {
    evaluate(AROUND)
}

/// Names and texts of the files in an answer to [`around`], in the order of their names.
pub fn files(answer: &Value) -> Option<Vec<(String, String)>> {
    let text = value(answer).ok()?.as_str()?;
    let files: std::collections::BTreeMap<String, String> = serde_json::from_str(text).ok()?;
    Some(files.into_iter().collect())
}

/// Parameters of `Runtime.evaluate` that ask for the time.
pub fn clock() -> Value {
    evaluate(CLOCK)
}

/// Parameters of `Runtime.evaluate` that close the inspector.
pub fn close() -> Value {
    evaluate(CLOSE)
}

fn evaluate(expression: &str) -> Value {
    json!({
        "expression": expression,
        "returnByValue": true,
        "includeCommandLineAPI": true,
        "silent": true,
    })
}

/// The value in an answer of `Runtime.evaluate`.
pub fn value(answer: &Value) -> Result<&Value, String> {
    if let Some(details) = answer.get("exceptionDetails") {
        let thrown = details.pointer("/exception/description").or_else(|| details.get("text"));
        return Err(thrown.and_then(Value::as_str).unwrap_or("an exception").to_owned());
    }
    Ok(answer.pointer("/result/value").unwrap_or(&Value::Null))
}

/// The identity in an answer.
pub fn identity(answer: &Value) -> Result<Identity, String> {
    let text = value(answer)?.as_str().ok_or("no text")?;
    serde_json::from_str(text).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::{Identity, who};

    /// What a real Node.js answers where this is defined first.
    fn answer(before: &str) -> Identity {
        let who = who();
        let expression = who["expression"].as_str().expect("a text");
        let script = format!("{before}; console.log({expression})");
        let output =
            std::process::Command::new("node").args(["-e", &script]).output().expect("runs");
        serde_json::from_slice(&output.stdout).expect("an answer")
    }

    #[test]
    fn the_time_of_the_start_is_node_s_alone() {
        let (node, deno) = (answer(""), answer("globalThis.Deno = { version: { deno: '2.0.0' } }"));
        assert!(node.started.is_some() && node.pid.is_some(), "{node:?}");
        assert_eq!((node.born.is_some(), deno.born), (cfg!(target_os = "linux"), None), "{node:?}");
        assert_eq!((deno.started, deno.runtime()), (None, "Deno 2.0.0".to_owned()), "{deno:?}");
        assert!(deno.pid.is_some(), "{deno:?}");
    }
}
