//! Secrets that the host puts into a request on its way out, so that the plugin never holds them.
//!
//! They go to the origin that the plugin named, if the grants send them there, and nowhere else: a redirect to another
//! origin leaves them behind. What the granted host does with them is its own affair. If it repeats a secret in its
//! response, the plugin reads it there.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::failure::{Failure, Kind};
use super::{Outgoing, headers};
use crate::plugin::Capability;
use crate::policy::{SecretName, Target};
use crate::runtime::limits::{HTTP_FIELDS, URL_BYTES};
use crate::runtime::output::excerpt;
use crate::runtime::secrets::Secret;
use crate::runtime::wit::imports::http::{SecretPlace, SecretUse};

/// What is put in for one origin.
pub(super) struct Secrets {
    headers: Vec<(HeaderName, HeaderValue)>,
    query: Vec<Parameter>,
    /// All of them.
    values: Vec<Arc<Secret>>,
}

/// A parameter of the query.
struct Parameter {
    name: String,
    prefix: String,
    secret: Arc<Secret>,
}

impl Secrets {
    /// Those that a request to `target` names, if the grants send them there. `guest` is what it sets itself.
    pub(super) fn find(
        outgoing: &Outgoing,
        target: &Target,
        uses: &[SecretUse],
        guest: &HeaderMap,
    ) -> Result<Self, Failure> {
        if uses.len() > HTTP_FIELDS {
            return Err(Failure::invalid(format!("a request has at most {HTTP_FIELDS} secrets")));
        }
        let mut secrets = Self { headers: Vec::new(), query: Vec::new(), values: Vec::new() };
        for one in uses {
            let secret = outgoing.secret_for(&one.secret, target)?;
            secrets.values.push(secret.clone());
            let prefix = one.prefix.as_deref().unwrap_or_default();
            match &one.place {
                SecretPlace::Header(name) => secrets.add_header(name, prefix, &secret, guest)?,
                SecretPlace::Query(name) if name.len() + prefix.len() > URL_BYTES => {
                    return Err(Failure::invalid(format!("a URL has at most {URL_BYTES} bytes")));
                }
                SecretPlace::Query(name) => {
                    secrets.query.push(Parameter { name: name.clone(), prefix: prefix.to_owned(), secret });
                }
            }
        }
        Ok(secrets)
    }

    fn add_header(&mut self, name: &str, prefix: &str, secret: &Secret, guest: &HeaderMap) -> Result<(), Failure> {
        let parsed = headers::name(name)?;
        if guest.contains_key(&parsed) || self.headers.iter().any(|(other, _)| *other == parsed) {
            return Err(Failure::invalid(format!("the header {parsed} is set twice, once by a secret")));
        }
        let mut bytes = headers::latin_1(prefix);
        bytes.extend_from_slice(secret.expose().as_bytes());
        let mut value = headers::value(name, &bytes)?;
        value.set_sensitive(true);
        self.headers.push((parsed, value));
        Ok(())
    }

    /// Puts them into the head of a request.
    pub(super) fn put_into(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
    }

    /// `url` as it is sent. A parameter that is there already came with a redirect.
    pub(super) fn with(&self, url: &Url) -> Url {
        let mut url = url.clone();
        for Parameter { name, prefix, secret } in &self.query {
            if !url.query_pairs().any(|(own, _)| own == name.as_str()) {
                url.query_pairs_mut().append_pair(name, &format!("{prefix}{}", secret.expose()));
            }
        }
        url
    }

    /// `url` as it may be shown, or go to another origin: what a redirect repeated of them is taken out.
    pub(super) fn without(&self, url: &Url) -> Url {
        let mut url = url.clone();
        let holds_one = |text: &str| self.values.iter().any(|secret| text.contains(secret.expose()));
        if url.query_pairs().any(|(name, value)| holds_one(&name) || holds_one(&value)) {
            let pairs = url.query_pairs().filter(|(name, value)| !holds_one(name) && !holds_one(value));
            let kept: Vec<_> = pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
            url.set_query(None);
            if !kept.is_empty() {
                url.query_pairs_mut().extend_pairs(kept);
            }
        }
        url
    }
}

impl Outgoing {
    /// The secret called `name`, if it may go to `target`.
    fn secret_for(&self, name: &str, target: &Target) -> Result<Arc<Secret>, Failure> {
        let shown = excerpt(name, 64);
        let granted = &self.terms.permissions.granted().secrets.send;
        let key = SecretName::try_from(name.to_owned()).map_err(Failure::invalid)?;
        if !granted.get(&key).is_some_and(|hosts| hosts.iter().any(|pattern| pattern.matches(target))) {
            let what = format!("send the secret `{shown}` to {target}");
            let bounded = self.terms.permissions.ceiling().secrets.as_ref().is_some_and(|most| !most.contains(&key));
            let permissions = &self.terms.permissions;
            let denial = if bounded {
                permissions.secret_over_ceiling(what, &key)
            } else {
                permissions.denial(what, &format!("{shown} = [\"{target}\"]"), "secrets.send")
            };
            return Err(self.denied(&denial));
        }
        let secret = self.secrets.load().get(&key).cloned();
        let secret = secret.ok_or_else(|| {
            let message = format!("there is no secret `{shown}`; define it under [secrets.{shown}] in pegboard.toml");
            Failure::new(Kind::Other, message)
        })?;
        self.usage.used(Capability::Secrets, name);
        Ok(secret)
    }
}
