//! Mounts Pegboard in another axum program, under a path of its own: the endpoint is then `/tools/mcp`.
//!
//!     cargo run --release --example mount -- plugins
#![allow(clippy::print_stdout)]

use axum::Router;
use axum::routing::get;
use pegboard::{App, Compiler, Config};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut config = Config::default();
    if let Some(directory) = std::env::args_os().nth(1) {
        config.loader.directory = directory.into();
    }
    // This program is not `pegboard`, so it cannot be its own compiler.
    let pegboard = App::start(config, Compiler::InProcess).await?;
    let app =
        Router::new().route("/", get(async || "Hello from the host program.\n")).nest("/tools", pegboard.router());

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/tools/mcp", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
