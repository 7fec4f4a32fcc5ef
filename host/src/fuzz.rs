//! The parts that read what strangers wrote, each as a function of bytes: what `fuzz/` runs, and what the kept corpus
//! is replayed through. Public for those two, and no interface of the library.
//!
//! A target panics if a promise of its part is broken; a refusal is as good as an answer.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use serde_json::Value;
use tokio::sync::mpsc;

use crate::kv::{self, MemoryKv};
use crate::loader::compile;
use crate::policy::{Ceiling, Grants, Permissions};
use crate::protocol::{Incoming, Message, NotAMessage, Response};
use crate::registry::clean;
use crate::runtime::{self, Runtime};
use crate::schema::Schema;

/// A target: its name, which is that of its folder in the corpus, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 4] =
    [("jsonrpc", jsonrpc), ("grants", grants), ("schema", schema), ("component", component)];

/// The most messages of a batch.
const BATCH: usize = 8;

/// The JSON-RPC parser. Whatever it makes of the bytes can be answered on one line of JSON, under the id that it read.
pub fn jsonrpc(bytes: &[u8]) {
    let refused = |refused: &NotAMessage| answer(&Response::error(refused.id.as_ref(), &refused.error));
    match Incoming::parse(bytes, BATCH) {
        Ok(Incoming::One(message)) => {
            if let Message::Request { id, params, .. } = message {
                let answered = answer(&Response::new(&id, Ok(Value::Object(params))));
                assert_eq!(answered["id"], id.to_json(), "the id comes back as it came");
            }
        }
        Ok(Incoming::Batch(_)) => {}
        Err(error) => {
            refused(&error);
        }
    }
    if let Err(error) = Message::parse(bytes) {
        refused(&error);
    }
}

fn answer(response: &Response) -> Value {
    assert!(!response.json.contains(['\n', '\r']), "a response is one line");
    serde_json::from_str(&response.json).expect("a response is JSON")
}

/// The grants parser. A refusal is one line that names the file; what is granted can be written and read again, and
/// fits under any ceiling.
pub fn grants(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let path = Path::new("grants/fuzz.toml");
    match Grants::parse(text, path) {
        Ok(grants) => {
            let permissions = Permissions::new(grants.clone(), Ceiling::default(), path.to_owned());
            let _ = permissions.powers();
            let withheld = Permissions::withheld(&grants, Ceiling::default(), path.to_owned(), "for a test".to_owned());
            assert_eq!(withheld.powers(), crate::policy::Powers::default(), "what is withheld gives no power");
            for name in ["read", "delete_all", ""] {
                let _ = grants.tools.lists(name);
                let _ = grants.tools.name(name);
            }
        }
        Err(error) => {
            let line = error.to_string();
            assert!(!line.contains('\n') && line.starts_with("grants/fuzz.toml"), "a clear line: {line:?}");
        }
    }
}

/// Schemas: `[schema, value, value…]`. They are cleaned, compiled, and the values checked, all in bounded time.
pub fn schema(bytes: &[u8]) {
    let Ok(Value::Array(mut list)) = serde_json::from_slice(bytes) else { return };
    if list.is_empty() {
        return;
    }
    let mut schema = list.remove(0);
    if clean::schema(&mut schema).is_err() {
        return;
    }
    let once = schema.clone();
    assert_eq!(clean::schema(&mut schema), Ok(Vec::new()), "what was cleaned is clean");
    assert_eq!(schema, once);
    if let Ok(compiled) = Schema::compile(&schema) {
        for value in list.iter().take(4) {
            let first = compiled.check(value).is_ok();
            assert_eq!(compiled.check(value).is_ok(), first, "a check gives the same each time");
        }
    }
}

/// The component loader: what a file is by its first bytes, whether it is a component, and whether that is a plugin.
pub fn component(bytes: &[u8]) {
    /// So that a run compiles in little time; the format's own lengths do not care.
    const MOST: usize = 64 << 10;
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        let limits = runtime::Config { concurrent_calls: 1, ..runtime::Config::default() };
        Runtime::new(&limits, Arc::new(MemoryKv::new(&kv::Config::default())), mpsc::channel(1).0).expect("an engine")
    });
    if bytes.len() > MOST {
        return;
    }
    if let Err(error) = compile::check_here(&RUNTIME, bytes) {
        let line = error.to_string();
        assert!(!line.contains('\n'), "a clear line: {line:?}");
    }
}
