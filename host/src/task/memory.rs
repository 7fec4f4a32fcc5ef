//! Tasks in this process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;

use super::{Config, Task, TaskId, TaskStore};
use crate::plugin::BoxFuture;
use crate::session::StoreError;

/// How many changes a slow listener may lag behind.
const CHANGES_KEPT: usize = 1024;

/// The store of one process.
pub struct MemoryTasks {
    tasks: Mutex<HashMap<TaskId, Task>>,
    max_tasks: usize,
    changes: broadcast::Sender<TaskId>,
}

impl MemoryTasks {
    /// An empty store.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self { tasks: Mutex::default(), max_tasks: config.max_tasks, changes: broadcast::Sender::new(CHANGES_KEPT) }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TaskId, Task>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes room for one, at the cost of what has expired or, if that is not enough, of the oldest that is over.
fn make_room(tasks: &mut HashMap<TaskId, Task>, most: usize) -> bool {
    if tasks.len() < most {
        return true;
    }
    tasks.retain(|_, task| !task.is_expired());
    if tasks.len() < most {
        return true;
    }
    let over = tasks.values().filter(|task| task.status.is_terminal());
    let oldest = over.min_by_key(|task| task.updated_ms).map(|task| task.id.clone());
    oldest.is_some_and(|oldest| tasks.remove(&oldest).is_some())
}

impl TaskStore for MemoryTasks {
    fn create(&self, task: Task) -> BoxFuture<'_, Result<bool, StoreError>> {
        let mut tasks = self.lock();
        let room = make_room(&mut tasks, self.max_tasks);
        if room {
            tasks.insert(task.id.clone(), task);
        }
        Box::pin(async move { Ok(room) })
    }

    fn load<'a>(&'a self, id: &'a TaskId) -> BoxFuture<'a, Result<Option<Task>, StoreError>> {
        let task = self.lock().get(id).filter(|task| !task.is_expired()).cloned();
        Box::pin(async { Ok(task) })
    }

    fn replace(&self, task: Task) -> BoxFuture<'_, Result<bool, StoreError>> {
        let mut tasks = self.lock();
        let current = tasks.get_mut(&task.id).filter(|current| current.version + 1 == task.version);
        let replaced = current.map(|current| *current = task.clone()).is_some();
        drop(tasks);
        if replaced {
            // Fails only if nobody listens.
            let _ = self.changes.send(task.id);
        }
        Box::pin(async move { Ok(replaced) })
    }

    fn changes(&self) -> broadcast::Receiver<TaskId> {
        self.changes.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Status, update};
    use super::*;

    fn task(config: &Config) -> Task {
        Task::new(None, config).unwrap()
    }

    #[tokio::test]
    async fn a_change_that_came_too_late_is_not_made() {
        let config = Config::default();
        let (store, task) = (MemoryTasks::new(&config), task(&config));
        assert!(store.create(task.clone()).await.unwrap());
        let mut changes = store.changes();
        let first = update(&store, &task.id, |task| {
            task.status = Status::Cancelled;
            true
        });
        assert_eq!(first.await.unwrap().unwrap().version, 1);
        assert_eq!(changes.recv().await.unwrap(), task.id);
        let late = Task { version: 1, ..task.clone() };
        assert!(!store.replace(late).await.unwrap());
        assert_eq!(store.load(&task.id).await.unwrap().unwrap().status, Status::Cancelled);
    }

    #[tokio::test]
    async fn a_task_is_gone_when_its_time_is_up() {
        let config = Config { ttl_secs: 0, ..Config::default() };
        let (store, task) = (MemoryTasks::new(&config), task(&config));
        store.create(task.clone()).await.unwrap();
        assert_eq!(store.load(&task.id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_finished_task_makes_room_and_a_running_one_does_not() {
        let config = Config { max_tasks: 1, ..Config::default() };
        let (store, first) = (MemoryTasks::new(&config), task(&config));
        assert!(store.create(first.clone()).await.unwrap());
        assert!(!store.create(task(&config)).await.unwrap());
        let done = Task { status: Status::Cancelled, version: 1, ..first };
        assert!(store.replace(done).await.unwrap());
        assert!(store.create(task(&config)).await.unwrap());
    }
}
