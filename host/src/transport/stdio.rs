//! MCP over standard input and output, one message a line
//! ([specification](https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/stdio)).

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::Endpoint;
use super::conversation::Conversation;

/// Lines that are ready are written together, up to so many bytes.
const WRITTEN_AT_ONCE: usize = 64 * 1024;

/// Serves the client at the other end of `input` and `output` until it closes one of them, or until `stop`; then what
/// is under way may end, for as long as [`Config::drain_ms`](super::Config::drain_ms) allows.
///
/// No host or origin is checked: whoever started this process is the client.
pub async fn stdio<R, W>(endpoint: &Endpoint, input: R, output: W, stop: CancellationToken)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let config = &endpoint.0.config;
    let most = config.max_body_bytes;
    let (conversation, messages) = Conversation::new(endpoint.clone(), None, None);
    let over = conversation.over().clone();
    let writer = tokio::spawn(async move {
        let written = write(output, messages).await;
        over.cancel();
        written
    });
    let mut input = BufReader::new(input);
    loop {
        let line = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = conversation.over().cancelled() => break,
            line = next_line(&mut input, most) => line,
        };
        match line {
            Ok(Some(Line::Whole(line))) if line.trim_ascii().is_empty() => {}
            Ok(Some(Line::Whole(line))) => conversation.receive(&line).await,
            Ok(Some(Line::TooLong)) => {
                let message = format!("the line is longer than {most} bytes (`transport.max_body_bytes`)");
                conversation.refuse(message).await;
            }
            Ok(None) => {
                info!("the client has closed standard input");
                break;
            }
            Err(error) => {
                warn!(%error, "standard input cannot be read");
                break;
            }
        }
    }
    conversation.finish(config.drain()).await;
    // Its last clone, once all that was under way has ended or been dropped: the writer's end.
    drop(conversation);
    match tokio::time::timeout(config.drain(), writer).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => info!(%error, "the client has closed standard output"),
        Ok(Err(error)) => warn!(%error, "standard output was lost"),
        Err(_) => warn!("the client does not read; what was for it is lost"),
    }
    if tokio::time::timeout(config.drain(), endpoint.drained()).await.is_err() {
        warn!("calls were still under way at the end of the grace period; they are cut off");
    }
}

/// One line of input.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// Without its end.
    Whole(Vec<u8>),
    /// Longer than it may be; it was read over.
    TooLong,
}

/// The next line; none at the end of the input. The last line may lack its end.
async fn next_line(input: &mut (impl AsyncBufRead + Unpin), most: usize) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let mut too_long = false;
    loop {
        let buffer = input.fill_buf().await?;
        if buffer.is_empty() {
            let nothing = line.is_empty() && !too_long;
            return Ok((!nothing).then_some(if too_long { Line::TooLong } else { Line::Whole(line) }));
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let piece = &buffer[..end.unwrap_or(buffer.len())];
        if too_long || line.len() + piece.len() > most {
            too_long = true;
            line = Vec::new();
        } else {
            line.extend_from_slice(piece);
        }
        let read = piece.len() + usize::from(end.is_some());
        input.consume(read);
        if end.is_some() {
            return Ok(Some(if too_long { Line::TooLong } else { Line::Whole(line) }));
        }
    }
}

/// Writes each message on a line, as soon as it is there.
async fn write(mut output: impl AsyncWrite + Unpin, mut messages: mpsc::Receiver<String>) -> io::Result<()> {
    let mut lines = Vec::new();
    while let Some(message) = messages.recv().await {
        lines.clear();
        lines.extend_from_slice(message.as_bytes());
        lines.push(b'\n');
        while lines.len() < WRITTEN_AT_ONCE
            && let Ok(message) = messages.try_recv()
        {
            lines.extend_from_slice(message.as_bytes());
            lines.push(b'\n');
        }
        output.write_all(&lines).await?;
        output.flush().await?;
        // One large result is no reason to keep as much for ever.
        lines.shrink_to(WRITTEN_AT_ONCE);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(input: &str, most: usize) -> Vec<Line> {
        let mut input = BufReader::with_capacity(3, input.as_bytes());
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut input, most).await.unwrap() {
            lines.push(line);
        }
        lines
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_read_over_and_the_next_one_is_not() {
        let whole = |text: &str| Line::Whole(text.as_bytes().to_vec());
        let read = lines("12345\n123456\n\nlast", 5).await;
        assert_eq!(read, [whole("12345"), Line::TooLong, whole(""), whole("last")]);
        assert_eq!(lines("123456", 5).await, [Line::TooLong]);
        assert_eq!(lines("", 5).await, []);
    }
}
