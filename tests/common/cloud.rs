//! The local cloud for tests: `tests/cloud/start`, one server for each test that runs at a time,
//! reset between tests, stopped with the test process because its standard input closes.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

/// Servers that run and that no test uses now.
static IDLE: Mutex<Vec<Server>> = Mutex::new(Vec::new());

/// A local cloud of one's own, empty at first.
pub struct Cloud(Option<Server>);

struct Server {
    port: u16,
    /// Holds the pipe whose end stops the server; none for a copy of another.
    child: Option<Child>,
}

impl Cloud {
    /// One that no other test uses.
    pub fn take() -> Cloud {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let cloud = Cloud(Some(idle.unwrap_or_else(start)));
        cloud.reset();
        cloud
    }

    /// A copy of everything as it is at this moment, that goes its own way from here.
    pub fn fork(&self) -> Cloud {
        let port = self.call("POST", "/fork", &Json::Null)["port"].as_u64();
        let port = port.and_then(|it| u16::try_from(it).ok()).expect("a port");
        Cloud(Some(Server { port, child: None }))
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }

    /// As at the start: no objects, faults, requests.
    pub fn reset(&self) {
        self.quiet();
        self.call("POST", "/reset", &Json::Null);
    }

    /// Waits until nothing is under way: what a crashed run had sent has arrived.
    pub fn quiet(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.call("GET", "/requests", &Json::Null)["in_flight"] != 0 {
            assert!(Instant::now() < deadline, "the local cloud never comes to rest");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Makes what FastCart's stack expects to find, with the suffix `t1`, unless it is there.
    pub fn prepare(&self) {
        let objects = self.call("GET", "/inventory", &Json::Null)["objects"].take();
        let is_seeded = |it: &Json| it["seeded"] == true;
        if !objects.as_array().is_some_and(|all| all.iter().any(is_seeded)) {
            self.call("POST", "/seed", &seed("t1"));
        }
    }

    /// Makes the secrets of another suffix.
    pub fn prepare_secrets(&self, suffix: &str) {
        self.call("POST", "/seed", &json!({"secrets": seed(suffix)["secrets"]}));
    }

    /// Makes what only the cloud itself can make here; the answers of its calls, by number.
    pub fn seed(&self, what: &Json) -> Json {
        self.call("POST", "/seed", what)
    }

    /// Requests so far, by operation, such as `ec2.CreateVpc`.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        let counts = self.call("GET", "/requests", &Json::Null)["by_operation"].take();
        serde_json::from_value(counts).expect("counts by operation")
    }

    /// Every request so far.
    pub fn log(&self) -> Vec<Json> {
        let log = self.call("GET", "/requests", &Json::Null)["log"].take();
        serde_json::from_value(log).expect("a list of requests")
    }

    pub fn forget_requests(&self) {
        self.call("DELETE", "/requests", &Json::Null);
    }

    /// Requests so far that may have changed something.
    pub fn changing(&self) -> Vec<String> {
        let harmless = ["BatchGet", "Describe", "Get", "List"];
        let reads = |it: &str| {
            it.split_once('.').is_some_and(|it| harmless.iter().any(|word| it.1.starts_with(word)))
        };
        self.requests().into_keys().filter(|it| !reads(it)).collect()
    }

    /// Rules by which calls fail from now on.
    pub fn faults(&self, rules: &Json) {
        self.call("PUT", "/faults", rules);
    }

    /// How long things take from now on.
    pub fn lifetimes(&self, durations: &Json) {
        self.call("PUT", "/lifetimes", durations);
    }

    /// Lets that many seconds pass at once.
    pub fn advance(&self, seconds: u64) {
        self.call("POST", "/clock", &json!({ "advance": seconds }));
    }

    /// Objects that somebody made and that still exist.
    pub fn left(&self) -> Vec<Json> {
        let left = self.call("GET", "/inventory", &Json::Null)["left"].take();
        serde_json::from_value(left).expect("a list of objects")
    }

    /// The most requests that were under way at a time.
    pub fn widest(&self) -> u64 {
        let widest = &self.call("GET", "/requests", &Json::Null)["max_in_flight"];
        widest.as_u64().expect("a count")
    }

    /// How many there are of each type.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        by_type(&self.left())
    }

    /// How many are deleted but still to be seen, of each type.
    pub fn leaving(&self) -> BTreeMap<String, usize> {
        let all = self.call("GET", "/inventory", &Json::Null)["objects"].take();
        let mut all: Vec<Json> = serde_json::from_value(all).expect("a list of objects");
        all.retain(|it| it["leaving"] == true && it["default"] == false);
        by_type(&all)
    }

    /// What the binary needs to work here; it gets nothing else of this machine's environment.
    pub fn environment(&self, home: &Path) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_ACCESS_KEY_ID", "test".into()),
            ("AWS_SECRET_ACCESS_KEY", "test".into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
            ("HOME", home.display().to_string()),
        ]
    }

    fn port(&self) -> u16 {
        self.0.as_ref().expect("only a dropped cloud has no server").port
    }

    fn call(&self, method: &str, path: &str, body: &Json) -> Json {
        call(self.port(), method, path, body).unwrap_or_else(|why| panic!("{method} {path}: {why}"))
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        match self.0.take() {
            Some(copy) if copy.child.is_none() => {
                // It ends with the other anyway.
                let _ = call(copy.port, "POST", "/stop", &Json::Null);
            }
            server => IDLE.lock().unwrap_or_else(PoisonError::into_inner).extend(server),
        }
    }
}

/// What `stacks/demo` seeds.
pub fn seed(suffix: &str) -> Json {
    let seed = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/stacks/demo.seed.json"));
    serde_json::from_str(&seed.replace("SUFFIX", suffix)).expect("the seed is JSON")
}

fn by_type(objects: &[Json]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for it in objects {
        *counts.entry(it["type"].as_str().unwrap_or_default().to_string()).or_default() += 1;
    }
    counts
}

/// Starts a server; a test that cannot have one fails and says what is missing.
fn start() -> Server {
    let dir = tempfile::tempdir().expect("a directory for the port");
    let (port_file, log) = (dir.path().join("port"), dir.path().join("log"));
    let errors = std::fs::File::create(&log).expect("a file for what it says");
    let mut child = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cloud/start"))
        .args(["--port", "0", "--exit-with-stdin", "--port-file"])
        .arg(&port_file)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(errors)
        .spawn()
        .expect("tests/cloud/start can be run");
    // The first start makes a virtual environment.
    let deadline = Instant::now() + Duration::from_secs(300);
    loop {
        if let Some(port) =
            std::fs::read_to_string(&port_file).ok().and_then(|it| it.trim().parse().ok())
        {
            return Server { port, child: Some(child) };
        }
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            panic!("the local cloud, which these tests need, does not start ({status}):\n{said}");
        }
        assert!(Instant::now() < deadline, "the local cloud does not start in five minutes");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// One call of the control path. HTTP/1.0: the reply ends with the connection.
fn call(port: u16, method: &str, path: &str, body: &Json) -> std::io::Result<Json> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let length = body.len();
    write!(
        stream,
        "{method} /_cloud{path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    let wrong = |why: &str| std::io::Error::other(format!("{why}: {reply}"));
    let (head, body) = reply.split_once("\r\n\r\n").ok_or_else(|| wrong("no reply"))?;
    if head.split_whitespace().nth(1).is_none_or(|it| it != "200") {
        return Err(wrong("refused"));
    }
    serde_json::from_str(body).map_err(|_| wrong("not JSON"))
}

/// A rule of [`Cloud::faults`]: the error of that code for ever.
pub fn denied(operation: &str, action: &str) -> Json {
    let code = if operation.starts_with("ec2.") {
        "UnauthorizedOperation"
    } else {
        "AccessDeniedException"
    };
    let message = format!(
        "User: arn:aws:iam::123456789012:user/test is not authorized to perform: {action} on resource: *"
    );
    json!({ "operation": operation, "kind": "error", "code": code, "status": 403, "message": message, "times": null })
}
