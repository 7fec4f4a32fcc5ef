//! The steps after the first, each with what it shows.

use anyhow::{Context as _, bail, ensure};
use rmcp::model::{CallToolResult, SubscriptionFilter};
use rmcp::service::{ServiceError, Subscription};
use serde_json::json;

use crate::scenario::{Call, Scenario};
use crate::{MODERN, Report, Session, Told, say};

/// Nothing but what to say of it.
type Outcome = anyhow::Result<((), String)>;

pub async fn all(session: &mut Session, scenario: &Scenario, report: &mut Report) {
    report.step("list", list(session, scenario).await);
    report.step("call", call(session, &scenario.call).await);
    report.step("structured", structured(session, &scenario.structured).await);
    report.step("progress", progress(session, &scenario.progress, &scenario.call).await);
    report.step("bad-arguments", error_result(session, &scenario.bad_arguments).await);
    report.step("failing-tool", error_result(session, &scenario.failing_tool).await);
    report.step("unknown-tool", unknown_tool(session, &scenario.unknown_tool).await);
    report.step("hot-drop", hot_drop(session, &scenario.dropped).await);
    report.step("hot-removal", after_a_change(session, &scenario.dropped, "remove", false).await);
}

async fn list(session: &Session, scenario: &Scenario) -> Outcome {
    let tools = session.client.list_all_tools().await?;
    let listed = |name: &str| tools.iter().any(|tool| tool.name == name);
    let missing: Vec<_> = scenario.listed.iter().filter(|name| !listed(name)).collect();
    ensure!(missing.is_empty(), "not listed: {missing:?}");
    let whole = tools.iter().all(|tool| {
        tool.description.as_ref().is_some_and(|text| !text.is_empty())
            && tool.input_schema.get("type") == Some(&json!("object"))
    });
    ensure!(whole, "a tool without description or schema");
    Ok(((), format!("{} tools", tools.len())))
}

async fn call(session: &Session, wanted: &Call) -> Outcome {
    let result = session.client.call_tool(wanted.params()).await?;
    ensure!(result.is_error != Some(true) && text(&result) == wanted.text, "the result is {result:?}");
    Ok(((), String::new()))
}

async fn structured(session: &Session, wanted: &Call) -> Outcome {
    let result = session.client.call_tool(wanted.params()).await?;
    ensure!(result.structured_content.as_ref() == Some(&wanted.content), "the result is {result:?}");
    Ok(((), String::new()))
}

async fn progress(session: &mut Session, wanted: &Call, other: &Call) -> Outcome {
    let Session { client, told } = session;
    let (mut seen, mut others) = (Vec::new(), 0);
    let mut call = std::pin::pin!(client.call_tool(wanted.params()));
    let result = loop {
        tokio::select! {
            result = &mut call => break result?,
            Some(Told::Progress(done, total)) = told.recv() => {
                seen.push(format!("{done}/{}", total.unwrap_or_default()));
                // Streamed, not handed over at the end: another call is answered before this one is.
                if seen.len() == 1 {
                    tokio::select! {
                        result = &mut call => break result?,
                        other = client.call_tool(other.params()) => { other?; others += 1; }
                    }
                }
            }
        }
    };
    seen.push("result".to_owned());
    ensure!(text(&result) == wanted.text, "the result is {result:?}");
    let order = seen.join(" ");
    ensure!(order == wanted.seen, "seen: {order}");
    ensure!(others == 1, "no other call was answered meanwhile: {order}");
    Ok(((), order))
}

async fn error_result(session: &Session, wanted: &Call) -> Outcome {
    let result = session.client.call_tool(wanted.params()).await?;
    let text = text(&result);
    ensure!(result.is_error == Some(true), "no error: {text}");
    let absent: Vec<_> = wanted.says.iter().filter(|part| !text.contains(*part)).collect();
    ensure!(absent.is_empty(), "{absent:?} not in: {text}");
    Ok(((), text))
}

async fn unknown_tool(session: &Session, wanted: &Call) -> Outcome {
    match session.client.call_tool(wanted.params()).await {
        Err(ServiceError::McpError(error)) => {
            ensure!(error.code.0 == wanted.code, "the error is {}: {}", error.code.0, error.message);
            ensure!(error.message.contains(&wanted.name), "it is not named in: {}", error.message);
            Ok(((), error.message.into_owned()))
        }
        Err(error) => Err(error.into()),
        Ok(result) => bail!("an answer: {result:?}"),
    }
}

async fn hot_drop(session: &mut Session, wanted: &Call) -> Outcome {
    ensure!(!listed(session, wanted).await?, "{} is there already", wanted.name);
    after_a_change(session, wanted, "drop", true).await?;
    call(session, wanted).await
}

/// Has the driver do it, and looks at the list when told that it changed, not before.
async fn after_a_change(session: &mut Session, wanted: &Call, what: &str, there: bool) -> Outcome {
    let modern = session.client.peer_info().is_some_and(|server| server.protocol_version.as_str() == MODERN);
    let mut subscription = if modern {
        let filter = SubscriptionFilter::builder().tools_list_changed().build();
        Some(session.client.listen(filter).await?)
    } else {
        None
    };
    say(&json!({ "do": what }));
    loop {
        match &mut subscription {
            Some(subscription) => next_event(subscription).await?,
            None => while !matches!(session.told.recv().await.context("the client is gone")?, Told::ToolsChanged) {},
        }
        if listed(session, wanted).await? == there {
            break;
        }
    }
    if let Some(mut subscription) = subscription {
        subscription.cancel().await?;
    }
    Ok(((), String::new()))
}

async fn next_event(subscription: &mut Subscription) -> anyhow::Result<()> {
    subscription.next().await?.context("the server ended the subscription")?;
    Ok(())
}

async fn listed(session: &Session, wanted: &Call) -> anyhow::Result<bool> {
    Ok(session.client.list_all_tools().await?.iter().any(|tool| tool.name == wanted.name))
}

fn text(result: &CallToolResult) -> String {
    result.content.iter().filter_map(|content| Some(content.as_text()?.text.as_str())).collect()
}
