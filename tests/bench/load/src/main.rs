//! Load that `wrk` cannot make.
//!
//! - `pegboard-bench-load echo HOST TOOL CONNECTIONS`: echoes on each connection, one after the other, and every reply
//!   is read and compared.
//! - `pegboard-bench-load first-byte HOST STREAM ECHO SLEEP SPIN EACH`: the first bytes of a stream (the tool STREAM)
//!   and of a fast call (ECHO), while EACH calls of SLEEP and EACH of SPIN run.
//!
//! Both print `running` once the load is there, go on until standard input ends, and then print one line of JSON. HOST
//! is an address and a port.

mod echo;
mod first_byte;

use anyhow::bail;
use tokio::io::AsyncReadExt as _;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let report = match arguments[..] {
        ["echo", host, tool, connections] => echo::run(host, tool, connections.parse()?).await?,
        ["first-byte", host, stream, echo, sleep, spin, each] => {
            let tools = first_byte::Tools { stream, echo, sleep, spin };
            first_byte::run(host, &tools, each.parse()?).await?
        }
        _ => bail!("usage: echo HOST TOOL CONNECTIONS | first-byte HOST STREAM ECHO SLEEP SPIN EACH"),
    };
    println!("{report}");
    Ok(())
}

/// Says that the load is there, and waits until it is to end.
async fn until_told() -> anyhow::Result<()> {
    println!("running");
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    Ok(())
}
