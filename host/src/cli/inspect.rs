//! `pegboard inspect`: what a file is, and whether it would be served.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use pegboard::kv::MemoryKv;
use pegboard::loader;
use pegboard::loader::compile::{Compiler, ComponentLoader};
use pegboard::plugin::{Digest, PluginId};
use pegboard::registry::{Admitted, Snapshot};
use pegboard::runtime::{Names, Runtime};
use pegboard::trust::{Keeper, Trust};
use pegboard::{Config, protocol, registry};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::options::Settings;
use super::serve::{print, runtime};

/// What `inspect` can be told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The plugin.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

/// What is known of a file.
#[derive(Debug, Serialize)]
struct Report {
    file: PathBuf,
    /// The id that it would have.
    plugin: Option<PluginId>,
    /// SHA-256.
    digest: Digest,
    size: usize,
    imports: Vec<String>,
    exports: Vec<String>,
    /// As the newest revision of MCP lists them.
    tools: Vec<Value>,
    /// What an operator should know of it: texts that were cleaned, claims that were corrected.
    warnings: Vec<String>,
    /// Why it would not be served.
    refused: Option<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let config = options.settings.read()?;
    let report = runtime()?.block_on(inspect(&options.file, config))?;
    if options.json {
        print(&format!("{}\n", serde_json::to_string_pretty(&report)?));
    } else {
        print(&text(&report));
    }
    if let Some(reason) = &report.refused {
        bail!("{} would not be served: {reason}", options.file.display());
    }
    Ok(())
}

async fn inspect(file: &Path, config: Config) -> anyhow::Result<Report> {
    let bytes = read(file, config.loader.max_file_bytes)?;
    let keeper = Keeper::start(config.grants, &config.signatures, config.lock, &config.loader.directory).await?;
    let trust = keeper.trust().borrow().clone();
    let (announce, _) = tokio::sync::mpsc::channel(1);
    let runtime = Runtime::new(&config.limits, Arc::new(MemoryKv::new(&config.kv)), announce)?;
    let components = ComponentLoader::new(runtime, config.compile, Compiler::this_program())?;
    let found = components.inspect(bytes.clone().into()).await;
    let Names { imports, exports } = found.names;
    let mut report = Report {
        file: file.to_owned(),
        plugin: None,
        digest: found.digest,
        size: found.size,
        imports,
        exports,
        tools: Vec::new(),
        warnings: Vec::new(),
        refused: found.refusal.map(|refusal| refusal.to_string()),
    };
    match id(file) {
        Err(reason) => report.refused = report.refused.or(Some(reason)),
        Ok(id) => {
            report.plugin = Some(id.clone());
            if report.refused.is_none() {
                match list(&components, &trust, &id, file, bytes).await {
                    Ok(admitted) => {
                        let withheld = admitted.permissions().why_withheld();
                        report.warnings.extend(withheld.map(|why| format!("it gets none of its grants: {why}")));
                        report.warnings.extend_from_slice(admitted.warnings());
                        report.tools = tools(admitted);
                    }
                    Err(reason) => report.refused = Some(reason),
                }
            }
        }
    }
    Ok(report)
}

/// The file's bytes.
pub(super) fn read(file: &Path, most: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let cannot = || format!("cannot read {}", file.display());
    File::open(file).with_context(cannot)?.take(most.saturating_add(1)).read_to_end(&mut bytes).with_context(cannot)?;
    if bytes.len() as u64 > most {
        bail!("{} has more than {most} bytes (loader.max_file_bytes)", file.display());
    }
    Ok(bytes)
}

/// The id that the file's name gives.
fn id(file: &Path) -> Result<PluginId, String> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    PluginId::parse(&stem).map_err(|error| error.to_string())
}

/// The signature beside `file`, if there is one.
pub(super) fn signature(file: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    match std::fs::read(file.with_extension("wasm.minisig")) {
        Ok(signature) => Ok(Some(signature)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read the signature of {}", file.display())),
    }
}

/// Asks the plugin for its tools, in the sandbox, and checks and shapes them as the server would with the grants that
/// there are now.
async fn list(
    components: &ComponentLoader,
    trust: &Trust,
    id: &PluginId,
    file: &Path,
    bytes: Vec<u8>,
) -> Result<Admitted, String> {
    let signature = signature(file).map_err(|error| format!("{error:#}"))?;
    let signer = trust.signer(&bytes, signature.as_deref())?;
    let digest = Digest(Sha256::digest(&bytes).into());
    let permissions = Arc::new(trust.permissions(id, digest, signer.as_deref())?);
    let loaded = components.load(id, bytes.into(), permissions.clone()).await.map_err(|error| error.to_string())?;
    loader::list(loaded.plugin, permissions).await.map_err(|error| error.to_string())
}

fn tools(admitted: Admitted) -> Vec<Value> {
    let snapshot = Snapshot::new(vec![admitted.into()], &registry::Config::default());
    snapshot.tools().items().iter().map(protocol::listed).collect()
}

/// For people.
fn text(report: &Report) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // What the plugin wrote must not steer the terminal.
        let value = value.replace(char::is_control, "\u{fffd}");
        let _ = writeln!(text, "{name:<9} {value}");
    };
    line("file", &report.file.display().to_string());
    if let Some(id) = &report.plugin {
        line("plugin", id.as_str());
    }
    line("digest", &format!("sha256:{}", report.digest));
    line("size", &format!("{} bytes", report.size));
    for (name, entries) in [("exports", &report.exports), ("imports", &report.imports)] {
        for (index, entry) in entries.iter().enumerate() {
            line(if index == 0 { name } else { "" }, entry);
        }
    }
    for tool in &report.tools {
        line("tool", &heading(tool));
        for paragraph in tool["description"].as_str().unwrap_or_default().lines() {
            line("", &format!("  {paragraph}"));
        }
        let arguments = arguments(&tool["inputSchema"]);
        if !arguments.is_empty() {
            line("", &format!("  arguments: {arguments}"));
        }
        let promises = promises(&tool["annotations"]);
        if !promises.is_empty() {
            line("", &format!("  {promises}"));
        }
    }
    for warning in &report.warnings {
        line("warning", warning);
    }
    line("refused", report.refused.as_deref().unwrap_or("no"));
    text
}

fn heading(tool: &Value) -> String {
    let name = tool["name"].as_str().unwrap_or_default();
    tool["title"].as_str().map_or_else(|| name.to_owned(), |title| format!("{name}: {title}"))
}

/// The names of the arguments; those that may be left out in brackets.
pub(super) fn arguments(schema: &Value) -> String {
    let required: Vec<_> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let names = schema["properties"].as_object().into_iter().flat_map(|properties| properties.keys());
    let shown = names.map(|name| if required.contains(&name.as_str()) { name.clone() } else { format!("[{name}]") });
    shown.collect::<Vec<_>>().join(", ")
}

pub(super) fn promises(annotations: &Value) -> String {
    let hints = [
        ("readOnlyHint", "read-only", "may change something"),
        ("destructiveHint", "may destroy something", "destroys nothing"),
        ("idempotentHint", "idempotent", "not idempotent"),
        ("openWorldHint", "reaches beyond itself", "stays within itself"),
    ];
    let said = hints.iter().filter_map(|(key, yes, no)| Some(if annotations[key].as_bool()? { *yes } else { *no }));
    said.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_for_people_names_all_that_is_known() {
        let report = Report {
            file: "x/average.wasm".into(),
            plugin: PluginId::parse("average").ok(),
            digest: Digest([0xab; 32]),
            size: 7,
            imports: vec!["wasi:io/poll@0.2.6".into(), "wasi:cli/exit@0.2.6".into()],
            exports: vec!["pegboard:plugin/tools@0.1.0".into()],
            tools: vec![json!({
                "name": "average", "title": "Average", "description": "Averages.\n\u{1b}[2JNumbers.",
                "inputSchema": {"properties": {"numbers": {}, "weights": {}}, "required": ["numbers"]},
                "annotations": {"readOnlyHint": true, "openWorldHint": false},
            })],
            warnings: vec!["tool `average`: its title has 1 hidden character (U+200B), removed".to_owned()],
            refused: None,
        };
        let expected = format!(
            "file      x/average.wasm\nplugin    average\ndigest    sha256:{}\nsize      7 bytes\n\
             exports   pegboard:plugin/tools@0.1.0\nimports   wasi:io/poll@0.2.6\n          wasi:cli/exit@0.2.6\n\
             tool      average: Average\n            Averages.\n            \u{fffd}[2JNumbers.\n            \
             arguments: numbers, [weights]\n            read-only, stays within itself\n\
             warning   tool `average`: its title has 1 hidden character (U+200B), removed\nrefused   no\n",
            "ab".repeat(32)
        );
        assert_eq!(text(&report), expected);
    }

    #[test]
    fn a_name_that_no_plugin_can_have_is_a_reason() {
        assert!(id(Path::new("x/My Tool.wasm")).unwrap_err().contains("My Tool"));
        assert_eq!(id(Path::new("x/my-tool.wasm")).unwrap().as_str(), "my-tool");
    }
}
