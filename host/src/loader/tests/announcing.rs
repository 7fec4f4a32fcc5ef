//! Plugins that announce that their tools changed.

use super::*;

impl Scene {
    async fn announcing(interval_ms: u64) -> Self {
        let config = Config { announce_interval_ms: interval_ms, ..quick() };
        let mut scene = Self::with(config, &[("a.wasm", "tools x.")]).await;
        scene.until_listed(&["x"]).await;
        scene.told();
        scene
    }

    fn change_tools(&self, tools: Result<&[&str], CallError>) {
        let tools = tools.map(|tools| tools.iter().map(|&name| name.to_owned()).collect());
        *self.workshop.plugins.lock().unwrap()["a"].tools.lock().unwrap() = tools;
    }

    async fn announce(&self, plugin: &str) {
        let plugin = PluginId::parse(plugin).unwrap();
        self.announcements.send(Announcement { plugin, change: Change::Tools }).await.unwrap();
    }

    async fn until_told(&mut self) {
        tokio::time::timeout(LONG, self.changes.recv()).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn other_tools_are_listed_and_clients_are_told_once() {
    let mut scene = Scene::announcing(1).await;
    scene.change_tools(Ok(&["y", "z"]));
    scene.announce("a").await;
    scene.until_listed(&["y", "z"]).await;
    scene.settle().await;
    assert_eq!(scene.told(), 1 + 2, "and of what settling takes");
    assert_eq!(scene.builds("a"), 1);
}

#[tokio::test]
async fn clients_are_told_though_nothing_differs() {
    let mut scene = Scene::announcing(1).await;
    scene.announce("a").await;
    scene.until_told().await;
    assert_eq!(scene.tools(), ["x"]);
}

#[tokio::test]
async fn a_burst_is_answered_at_its_beginning_and_its_last_word_is_not_lost() {
    let mut scene = Scene::announcing(50).await;
    for n in 0..100 {
        let name = format!("y{n}");
        scene.change_tools(Ok(&[name.as_str()]));
        scene.announce("a").await;
    }
    scene.until_listed(&["y99"]).await;
}

#[tokio::test]
async fn a_plugin_is_not_asked_more_often_than_it_may_be() {
    let mut scene = Scene::announcing(3_600_000).await;
    scene.announce("a").await;
    scene.until_told().await;
    scene.change_tools(Ok(&["y"]));
    scene.announce("a").await;
    scene.settle().await;
    assert_eq!((scene.tools(), scene.told()), (vec!["x".to_owned()], 2), "of what settling takes");
}

#[tokio::test]
async fn tools_that_cannot_be_listed_leave_those_that_were() {
    let mut scene = Scene::announcing(1).await;
    scene.change_tools(Err(CallError::Trap("unreachable".to_owned())));
    scene.announce("a").await;
    scene.settle().await;
    assert_eq!(scene.tools(), ["x"]);
    scene.change_tools(Ok(&["bad name"]));
    scene.announce("a").await;
    scene.settle().await;
    assert_eq!(scene.tools(), ["x"]);
    scene.change_tools(Ok(&["y"]));
    scene.announce("a").await;
    scene.until_listed(&["y"]).await;
}

#[tokio::test]
async fn what_unknown_and_removed_plugins_announce_is_ignored() {
    let mut scene = Scene::announcing(1).await;
    scene.announce("nobody").await;
    scene.delete("a.wasm");
    scene.until_listed(&[]).await;
    scene.told();
    scene.announce("a").await;
    scene.settle().await;
    assert_eq!(scene.told(), 2, "of what settling takes");
}
