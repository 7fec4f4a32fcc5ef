//! A request that a plugin answers, from its first run to its result: where it asks its client, it is run again with
//! the answers. How the questions travel is all that differs between the eras.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tracing::{debug, error};

use super::caller::{self, Caller};
use super::error::{ErrorKind, RequestError};
use super::jsonrpc::{RequestId, Response, notification, request};
use super::outbound::{Answers, Asked, Asker, CallClient, Channel};
use super::reply::{Outcome, RunningCall};
use super::request_state::{Binding, State};
use super::version::Era;
use super::waiting::Pending;
use super::{Server, tasks};
use crate::audit::Entry;
use crate::plugin::{
    self, Access, BoxFuture, Call, CallContext, CallError, JsonObject, Plugin, Principal, TaskSupport, Usage,
};
use crate::session::SessionId;

/// What a plugin is asked to do, as often as it takes.
pub(super) trait Work: Send + Sync + 'static {
    /// Who does it.
    fn plugin(&self) -> &Arc<dyn Plugin>;

    /// What it is, for binding a state to it: the method, the name or URI, and the arguments.
    fn what(&self) -> (&'static str, &str, &Value);

    /// Can it be done as a task?
    fn task_support(&self) -> TaskSupport {
        TaskSupport::Forbidden
    }

    /// If it is done as a task: are the first questions put before there is one?
    fn asks_first(&self) -> bool {
        false
    }

    /// May the plugin ask its client?
    fn may_ask(&self) -> bool {
        true
    }

    /// How much of what its plugin may do it may do.
    fn access(&self) -> Access {
        Access::default()
    }

    /// Does it once. [`Ended::Pending`] if the plugin says that it has asked.
    fn run(&self, call: Call) -> BoxFuture<'_, Ended>;
}

/// How one run ended.
pub(super) enum Ended {
    /// With a result, or an error for the client.
    Done(Result<JsonObject, RequestError>),
    /// With a question.
    Pending,
}

impl Ended {
    /// What an error of the guest or the host is, where there is no better way to say it: an error for the client.
    pub(super) fn error(error: CallError, plugin: &dyn Plugin) -> Self {
        let id = plugin.id();
        Self::Done(Err(match error {
            CallError::Pending => return Self::Pending,
            CallError::Protocol(error) => error.into(),
            CallError::InvalidArguments(message) => RequestError::invalid_params(message),
            CallError::NotFound(what) => RequestError::invalid_params(format!("Not found: {what:.200}")),
            CallError::Failed(message) => RequestError::new(ErrorKind::Internal, message),
            error @ (CallError::Trap(_) | CallError::Invalid(_) | CallError::Limit(_) | CallError::Unavailable(_)) => {
                tracing::warn!(plugin = %id, %error, "request failed");
                RequestError::new(ErrorKind::Internal, format!("The plugin {id} failed: {error}"))
            }
        }))
    }
}

/// All that is the same in each run of a request.
pub(super) struct Rounds {
    work: Arc<dyn Work>,
    context: Arc<CallContext>,
    channel: Arc<Channel>,
    questions: Arc<super::questions::Config>,
    as_task: bool,
    /// What all runs have used.
    usage: Arc<Usage>,
    /// Entered when all is over.
    entry: Option<Entry>,
}

/// Where it is noted what becomes of a request, from before it is known what it is.
pub(super) struct Noted<'a> {
    /// What is used for it.
    pub(super) usage: Arc<Usage>,
    /// Its entry in the audit trail, as long as no work has taken it.
    pub(super) entry: &'a mut Option<Entry>,
}

/// What has begun.
pub(super) enum Begun {
    /// A call, which runs while it is polled.
    Call(RunningCall),
    /// A task, which runs by itself; the `CreateTaskResult`.
    Task(JsonObject),
}

impl Rounds {
    /// Who called.
    pub(super) fn principal(&self) -> Option<&Principal> {
        self.context.principal.as_ref()
    }

    /// The most rounds.
    pub(super) fn most(&self) -> u32 {
        self.questions.max_rounds
    }

    /// One run. What it asked counts more than what it said, so that no plugin gets past its own question.
    pub(super) async fn run(&self, answers: Answers) -> (Ended, Asked) {
        self.usage.goes_on();
        let plugin = self.work.plugin();
        let capabilities = self.work.may_ask().then(|| self.context.capabilities.clone());
        let asker = Asker::new(plugin.clone(), capabilities, answers);
        let client = Arc::new(CallClient { channel: self.channel.clone(), asker });
        let call = Call {
            context: self.context.clone(),
            client: Some(client.clone()),
            as_task: self.as_task,
            access: self.work.access(),
            usage: self.usage.clone(),
        };
        let ended = AssertUnwindSafe(self.work.run(call)).catch_unwind().await.unwrap_or_else(|_| {
            error!(plugin = %plugin.id(), "a call panicked in the host; this is a bug");
            self.usage.ended(plugin::Outcome::Unavailable);
            Ended::Done(Err(RequestError::new(ErrorKind::Internal, "Internal error: see the server's log")))
        });
        let asked = client.asker.take();
        let ended = match ended {
            Ended::Done(Ok(_)) if !asked.open.is_empty() => Ended::Pending,
            Ended::Pending if asked.open.is_empty() => {
                self.usage.ended(plugin::Outcome::Invalid);
                let error = CallError::Invalid("it waits for answers, but has asked nothing".to_owned());
                Ended::error(error, &**plugin)
            }
            ended => ended,
        };
        match &ended {
            Ended::Pending => self.usage.ended(plugin::Outcome::Asked),
            // Whoever ran the guest knows better.
            Ended::Done(_) if self.usage.outcome().is_some() => {}
            Ended::Done(Ok(_)) => self.usage.ended(plugin::Outcome::Ok),
            Ended::Done(Err(_)) => self.usage.ended(plugin::Outcome::Error),
        }
        (ended, asked)
    }

    /// There will be no further run: takes note of what is answered.
    pub(super) fn answered(&self, outcome: &Result<JsonObject, RequestError>) {
        let Err(error) = outcome else { return };
        if let Some(entry) = &self.entry {
            entry.answered_with_error(error.kind.code());
        }
    }

    /// The client is asked, and a further run waits for its answer.
    pub(super) fn waits(&self) {
        self.usage.ended(plugin::Outcome::Unanswered);
    }

    /// It cannot be begun after all.
    pub(super) fn not_begun(&self, error: &RequestError) {
        self.usage.ended(plugin::Outcome::Unavailable);
        if let Some(entry) = &self.entry {
            entry.answered_with_error(error.kind.code());
        }
    }

    /// The client has answered: there will be a further run.
    pub(super) fn goes_on(&self) {
        if let Some(entry) = &self.entry {
            entry.another_round();
        }
    }

    pub(super) fn too_many(&self) -> RequestError {
        let most = self.questions.max_rounds;
        let message = format!("The plugin {} asked more than {most} times", self.work.plugin().id());
        RequestError::new(ErrorKind::Internal, message)
    }
}

impl Server {
    /// Begins the work; the plugin runs while the call is polled.
    ///
    /// # Errors
    /// The parameters of a further round are wrong.
    pub(super) async fn begin(
        &self,
        caller: Caller,
        id: RequestId,
        params: &mut JsonObject,
        work: Arc<dyn Work>,
        noted: Noted<'_>,
    ) -> Result<Begun, RequestError> {
        let meta = match params.remove("_meta") {
            Some(Value::Object(meta)) => meta,
            _ => JsonObject::new(),
        };
        let revision = caller.revision;
        let state = match revision.era {
            Era::Modern => self.carried(&caller, params, &*work).await?,
            Era::Legacy => Carried::default(),
        };
        let as_task = match revision.era {
            Era::Modern => tasks::wanted(work.task_support(), &caller)? && (!work.asks_first() || state.rounds > 0),
            Era::Legacy => false,
        };
        let (channel, outbound) = Channel::new(caller::progress_token(&meta), caller.log_level, caller.revision);
        let context = caller.context(&id, meta);
        let questions = self.questions.clone();
        let (context, channel) = (Arc::new(context), Arc::new(channel));
        let Noted { usage, entry } = noted;
        let mut entry = entry.take();
        if let Some(entry) = &mut entry {
            let (_, _, arguments) = work.what();
            entry.begins(&**work.plugin(), arguments, as_task, state.rounds);
        }
        let rounds = Rounds { work, context, channel, questions, as_task, usage, entry };
        if as_task {
            // Progress and logs have no stream to go to.
            drop(outbound);
            return self.create_task(rounds, state.answers).await.map(Begun::Task);
        }
        let finish = self.finisher(revision);
        let resumable = match revision.era {
            Era::Modern => None,
            Era::Legacy => caller.session.clone().map(|session| (session, revision.primed_streams)),
        };
        let outcome = match (revision.era, caller.session) {
            (Era::Modern, _) => {
                let sealer = self.sealer.clone();
                let call = async move {
                    let outcome = modern(&rounds, state, &sealer).await;
                    rounds.answered(&outcome);
                    Some(Response::new(&id, outcome.map(finish)))
                };
                Outcome::attached(Box::pin(call))
            }
            (Era::Legacy, None) => {
                let call = async move {
                    let outcome = match rounds.run(Answers::new()).await {
                        (Ended::Done(outcome), _) => outcome,
                        // Who has no session has declared nothing, so nothing can have been asked.
                        (Ended::Pending, _) => Err(rounds.too_many()),
                    };
                    rounds.answered(&outcome);
                    Some(Response::new(&id, outcome.map(finish)))
                };
                Outcome::detachable(Box::pin(call), self.tracker.clone())
            }
            (Era::Legacy, Some(session)) => {
                let guard = self.in_flight.call(session.clone(), id.clone());
                let waiting = self.waiting.clone();
                let call = async move {
                    let work = legacy(&rounds, &session, &waiting);
                    tokio::select! {
                        biased;
                        () = guard.cancelled() => None,
                        outcome = work => {
                            rounds.answered(&outcome);
                            Some(Response::new(&id, outcome.map(finish)))
                        }
                    }
                };
                Outcome::detachable(Box::pin(call), self.tracker.clone())
            }
        };
        Ok(Begun::Call(RunningCall { outbound, outcome, resumable }))
    }

    /// What a modern client brings from the rounds before.
    async fn carried(&self, caller: &Caller, params: &JsonObject, work: &dyn Work) -> Result<Carried, RequestError> {
        let given = match params.get("inputResponses") {
            None | Some(Value::Null) => JsonObject::new(),
            Some(Value::Object(responses)) => responses.clone(),
            Some(_) => return Err(RequestError::invalid_params("`inputResponses` must be an object")),
        };
        let Some(sealed) = params.get("requestState") else {
            // Accepted where the plugin asks for them; others it never sees.
            let answers = given.into_iter().map(|(key, answer)| (key, Ok(answer))).collect();
            return Ok(Carried { answers, rounds: 0 });
        };
        let refused =
            |why: &dyn std::fmt::Display| Err(RequestError::invalid_params(format!("Invalid requestState: {why}")));
        let Some(sealed) = sealed.as_str() else { return refused(&"it must be a text") };
        let (method, name, arguments) = work.what();
        let binding = Binding { principal: caller.principal.as_ref(), method, name, arguments };
        let state = match self.sealer.open(sealed, &binding) {
            Ok(state) => state,
            Err(why) => return refused(&why),
        };
        if self.questions.single_use_state && !self.sessions.spend(sealed, self.questions.timeout()).await? {
            return refused(&"it was used before; call again without it");
        }
        if state.plugin != work.plugin().digest().to_string() {
            debug!(plugin = %work.plugin().id(), "another version of the plugin asked; this one asks anew");
            return Ok(Carried::default());
        }
        let asked = given.into_iter().filter(|(key, _)| state.asked.contains(key));
        let answers = state.answers.into_iter().chain(asked).map(|(key, answer)| (key, Ok(answer))).collect();
        Ok(Carried { answers, rounds: state.rounds })
    }
}

/// What is known at the start of a round.
#[derive(Default)]
struct Carried {
    answers: Answers,
    rounds: u32,
}

/// Runs once; a question becomes an `InputRequiredResult`.
async fn modern(
    rounds: &Rounds,
    carried: Carried,
    sealer: &super::request_state::Sealer,
) -> Result<JsonObject, RequestError> {
    let (ended, asked) = rounds.run(carried.answers).await;
    if let Ended::Done(outcome) = ended {
        return outcome;
    }
    if carried.rounds >= rounds.questions.max_rounds {
        rounds.waits();
        return Err(rounds.too_many());
    }
    let mut state = State::new(rounds.work.plugin().digest(), rounds.questions.timeout_secs);
    state.rounds = carried.rounds + 1;
    state.asked = asked.open.keys().cloned().collect();
    state.answers = asked.used.into_iter().filter_map(|(key, answer)| Some((key, answer.ok()?))).collect();
    let (method, name, arguments) = rounds.work.what();
    let binding = Binding { principal: rounds.context.principal.as_ref(), method, name, arguments };
    let sealed = sealer.seal(&state, &binding).ok_or_else(|| {
        RequestError::new(ErrorKind::Internal, "The answers so far are too large to be carried by the client")
    })?;
    let requests: JsonObject = asked.open.into_iter().map(|(key, request)| (key, request.to_json())).collect();
    let mut result = JsonObject::new();
    result.insert("resultType".to_owned(), "input_required".into());
    result.insert("inputRequests".to_owned(), requests.into());
    result.insert("requestState".to_owned(), sealed.into());
    Ok(result)
}

/// Runs as often as there are questions, which travel on the call's own stream. While they wait nothing of the
/// plugin is there: no instance, no place, no deadline but theirs.
async fn legacy(
    rounds: &Rounds,
    session: &SessionId,
    waiting: &Arc<super::waiting::Waiting>,
) -> Result<JsonObject, RequestError> {
    let mut answers = Answers::new();
    for round in 0..=rounds.most() {
        let (ended, asked) = rounds.run(answers).await;
        if let Ended::Done(outcome) = ended {
            return outcome;
        }
        rounds.waits();
        if round == rounds.most() {
            break;
        }
        answers = asked.used;
        let mut open = Vec::new();
        for (key, question) in asked.open {
            let pending = waiting.request(session.clone());
            let pending = pending.map_err(|error| RequestError::new(ErrorKind::Internal, error.to_string()))?;
            let mut params = question.params;
            if params.get("mode").is_some_and(|mode| mode == "url") {
                params.insert("elicitationId".to_owned(), pending.id.to_json());
            }
            if !rounds.channel.send(request(&pending.id, &question.method, &params)).await {
                let message = "The client cannot be asked: its stream is closed, or it takes none";
                return Err(RequestError::new(ErrorKind::Unavailable, message));
            }
            open.push((key, pending));
        }
        let timeout = rounds.questions.timeout();
        match tokio::time::timeout(timeout, responses(&mut open)).await {
            Ok(given) => {
                answers.extend(given);
                rounds.goes_on();
            }
            Err(_) => {
                take_back(rounds, open).await;
                let message = format!("No answer came within {} s (`questions.timeout_secs`)", timeout.as_secs());
                return Err(RequestError::new(ErrorKind::Unavailable, message));
            }
        }
    }
    Err(rounds.too_many())
}

async fn responses(open: &mut [(String, Pending)]) -> Answers {
    let mut answers = Answers::new();
    for (key, pending) in open {
        if let Some(outcome) = pending.response().await {
            answers.insert(key.clone(), outcome);
        }
    }
    answers
}

/// Tells the client that nobody waits any more.
async fn take_back(rounds: &Rounds, open: Vec<(String, Pending)>) {
    for (_, pending) in open {
        let params = json!({"requestId": pending.id, "reason": "timeout"});
        let message = notification("notifications/cancelled", params.as_object().cloned());
        let _ = tokio::time::timeout(Duration::from_secs(1), rounds.channel.send(message)).await;
    }
}
