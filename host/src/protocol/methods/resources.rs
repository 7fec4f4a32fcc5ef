//! `resources/list`, `resources/templates/list`, `resources/read`, and subscriptions to a resource.
//!
//! Which resources there are only the plugins know, so they are asked at each request, all at the same time.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tracing::warn;

use super::super::caller::Caller;
use super::super::error::RequestError;
use super::super::jsonrpc::RequestId;
use super::super::page::{Entry, page};
use super::super::rounds::{Ended, Work};
use super::super::version::Revision;
use super::super::{Server, convert};
use crate::plugin::{BoxFuture, Call, CallError, JsonObject, Outcome, Plugin, PluginId, Resource, Usage};
use crate::registry::{Admitted, Snapshot, TemplateEntry, clean};
use crate::session::SessionId;

/// The most resources of one plugin in a list.
const MOST_LISTED: usize = 10_000;
/// The most bytes of a URI.
const URI_BYTES: usize = 8 * 1024;

/// A resource and whose it is.
struct Listed {
    plugin: Arc<dyn Plugin>,
    resource: Resource,
}

impl Entry for Listed {
    fn plugin(&self) -> &PluginId {
        self.plugin.id()
    }

    fn key(&self) -> &str {
        &self.resource.uri
    }
}

impl Entry for (&Arc<Admitted>, &Arc<TemplateEntry>) {
    fn plugin(&self) -> &PluginId {
        self.0.plugin().id()
    }

    fn key(&self) -> &str {
        &self.1.spec.uri_template
    }
}

/// Asks every plugin that has resources. One that fails is left out, and the log says so; a URI that several list is
/// nobody's, so that no newcomer takes one over.
async fn all(snapshot: &Snapshot, call: &Call) -> Vec<Listed> {
    let asked = snapshot.plugins().filter(|admitted| admitted.has_resources()).map(|admitted| async {
        let plugin = admitted.plugin().clone();
        match plugin.clone().list_resources(call.clone()).await {
            Ok(resources) => {
                let resources = resources.into_iter().take(MOST_LISTED).filter_map(|it| cleaned(admitted, it));
                resources.map(|resource| Listed { plugin: plugin.clone(), resource }).collect()
            }
            Err(error) => {
                warn!(plugin = %plugin.id(), %error, "its resources cannot be listed");
                Vec::new()
            }
        }
    });
    let mut listed: Vec<Listed> = join_all(asked).await.into_iter().flatten().collect();
    let mut claims: HashMap<String, (PluginId, usize)> = HashMap::new();
    for Listed { plugin, resource } in &listed {
        claims.entry(resource.uri.clone()).or_insert_with(|| (plugin.id().clone(), 0)).1 += 1;
    }
    listed.retain(|Listed { plugin, resource }| {
        let alone = claims[&resource.uri].1 == 1;
        if !alone {
            warn!(plugin = %plugin.id(), uri = %resource.uri, "several resources have this URI; none is served");
        }
        alone
    });
    listed
}

/// The resource without what nobody sees; none, if it cannot be listed. The log has a plugin's first trouble alone:
/// these are made at each request.
fn cleaned(admitted: &Admitted, mut resource: Resource) -> Option<Resource> {
    let plugin = admitted.plugin().id();
    match clean::resource(&mut resource) {
        Ok(done) => {
            if let Some(done) = done.first().filter(|_| admitted.is_first_trouble()) {
                warn!(%plugin, "{done}; further ones are cleaned without a word");
            }
            Some(resource)
        }
        Err(reason) => {
            if admitted.is_first_trouble() {
                warn!(%plugin, reason, "a resource is left out; further ones are left out without a word");
            }
            None
        }
    }
}

/// `resources/list`, one page of it.
///
/// # Errors
/// A cursor that is not ours.
pub(in super::super) async fn list(
    server: &Server,
    caller: &Caller,
    id: &RequestId,
    params: &JsonObject,
) -> Result<JsonObject, RequestError> {
    let snapshot = server.registry.snapshot();
    let call = caller.detached_call(id, params);
    let mut entry = server.entry("resources/list", caller, &call.usage);
    if let Some(entry) = &mut entry {
        entry.begins_without_plugin();
    }
    let listed = all(&snapshot, &call).await;
    // One that fails is left out, and the others are an answer.
    call.usage.ended(Outcome::Ok);
    drop(entry);
    page("resources", &listed, server.config.page_size, params, |listed| {
        convert::resource(listed.resource.clone(), caller.revision)
    })
}

/// `resources/templates/list`, one page of it.
///
/// # Errors
/// A cursor that is not ours.
pub(in super::super) fn list_templates(
    server: &Server,
    caller: &Caller,
    params: &JsonObject,
) -> Result<JsonObject, RequestError> {
    let snapshot = server.registry.snapshot();
    let templates: Vec<_> = snapshot.resource_templates().collect();
    page("resourceTemplates", &templates, server.config.page_size, params, |(admitted, entry)| {
        convert::resource_template(&entry.spec, &**admitted.plugin(), caller.revision)
    })
}

/// `resources/read`: what is to be done.
///
/// # Errors
/// Wrong parameters, or a URI that no plugin has.
pub(in super::super) async fn read(
    server: &Server,
    caller: &Caller,
    id: &RequestId,
    params: &JsonObject,
    usage: &Arc<Usage>,
) -> Result<ResourceRead, RequestError> {
    let uri = uri(params)?;
    let snapshot = server.registry.snapshot();
    let call = Call { usage: usage.clone(), ..caller.detached_call(id, params) };
    let owner = owner(&snapshot, uri, &call).await;
    // Whose it is was asked; how reading it ends is open.
    usage.goes_on();
    let plugin = owner.ok_or_else(|| not_found(uri, caller.revision))?;
    Ok(ResourceRead { plugin, uri: uri.to_owned(), revision: caller.revision })
}

/// Whose `uri` is: an exact listing beats a template, the more specific template the other; of two alike that of the
/// plugin whose id comes first.
async fn owner(snapshot: &Snapshot, uri: &str, call: &Call) -> Option<Arc<dyn Plugin>> {
    let listed = all(snapshot, call).await;
    if let Some(listed) = listed.into_iter().find(|listed| listed.resource.uri == uri) {
        return Some(listed.plugin);
    }
    let matching = snapshot.resource_templates().filter(|(_, entry)| entry.template.matches(uri));
    let best = matching.reduce(
        |best, next| {
            if next.1.template.specificity() > best.1.template.specificity() { next } else { best }
        },
    );
    best.map(|(admitted, _)| admitted.plugin().clone())
}

fn uri(params: &JsonObject) -> Result<&str, RequestError> {
    match params.get("uri") {
        Some(Value::String(uri)) if uri.len() <= URI_BYTES => Ok(uri),
        Some(Value::String(_)) => Err(RequestError::invalid_params(format!("`uri` has more than {URI_BYTES} bytes"))),
        _ => Err(RequestError::invalid_params("`uri` must be a text: the URI of a resource")),
    }
}

/// The error of a resource that there is not.
fn not_found(uri: &str, revision: &Revision) -> RequestError {
    RequestError {
        kind: revision.resource_not_found,
        message: format!("Resource not found: {uri:.200}"),
        data: Some(json!({"uri": uri})),
    }
}

/// A resource, to be read.
pub(in super::super) struct ResourceRead {
    plugin: Arc<dyn Plugin>,
    uri: String,
    revision: &'static Revision,
}

impl Work for ResourceRead {
    fn plugin(&self) -> &Arc<dyn Plugin> {
        &self.plugin
    }

    fn what(&self) -> (&'static str, &str, &Value) {
        ("resources/read", &self.uri, &Value::Null)
    }

    fn run(&self, call: Call) -> BoxFuture<'_, Ended> {
        Box::pin(async move {
            match self.plugin.clone().read_resource(self.uri.clone(), call).await {
                Ok(output) => Ended::Done(Ok(convert::read_output(output, self.revision))),
                Err(CallError::NotFound(_)) => Ended::Done(Err(not_found(&self.uri, self.revision))),
                Err(error) => Ended::error(error, &*self.plugin),
            }
        })
    }
}

/// `resources/subscribe` and `resources/unsubscribe` of a session.
///
/// # Errors
/// Wrong parameters, no session, a URI that no plugin has, or too many subscriptions.
pub(in super::super) async fn subscribe(
    server: &Server,
    caller: &Caller,
    id: &RequestId,
    session: Option<&SessionId>,
    params: &JsonObject,
    wanted: bool,
) -> Result<Value, RequestError> {
    let uri = uri(params)?;
    let session = session.ok_or_else(Server::session_required)?;
    if wanted && owner(&server.registry.snapshot(), uri, &caller.detached_call(id, params)).await.is_none() {
        return Err(not_found(uri, caller.revision));
    }
    if server.sessions.set_subscription(session, uri, wanted).await? {
        Ok(json!({}))
    } else {
        let message = format!("A session has at most {} subscriptions", crate::session::MOST_SUBSCRIPTIONS);
        Err(RequestError::invalid_params(message))
    }
}
