//! Files that cannot be plugins, and plugins that misbehave.

use std::os::unix::fs::symlink;

use super::*;
use crate::testing::log_of_this_thread;

#[tokio::test]
async fn garbage_is_refused_and_the_previous_version_stays() {
    let mut scene = Scene::new().await;
    scene.write("a.wasm", "tools x.");
    scene.until_listed(&["x"]).await;
    scene.write("a.wasm", "junk");
    let refused = scene.until_refused("a.wasm").await;
    assert_eq!((refused.reason.as_str(), refused.previous_served), ("it is no component", true));
    assert_eq!((scene.tools(), scene.told()), (vec!["x".to_owned()], 1));
    scene.write("a.wasm", "tools x.");
    let status = scene.until(|status| status.refused.is_empty()).await;
    assert_eq!((status.loaded.len(), scene.builds("a")), (1, 2), "what is served is not built again");
    scene.write("a.wasm", "tools y.");
    scene.until_listed(&["y"]).await;
}

#[tokio::test]
async fn each_way_to_be_bad_is_refused_with_its_reason_and_harms_no_other() {
    let bad = [
        ("trap.wasm", "trap.", "what it offers cannot be listed: the plugin crashed: unreachable"),
        ("twice.wasm", "tools a a.", "it lists the tool `a` twice"),
        ("name.wasm", "tools a b\u{e9}.", "tool name \"b\u{e9}\""),
        ("panic.wasm", "panic.", "crashed"),
        ("empty.wasm", "", "it is empty"),
        ("Bad_Name.wasm", "tools x.", "cannot be a plugin's name"),
        ("large.wasm", "tools xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.", "at most 40 are read"),
    ];
    let mut scene = Scene::with(Config { max_file_bytes: 40, ..quick() }, &[]).await;
    for (file, text, _) in bad {
        scene.write(file, text);
    }
    scene.write("good.wasm", "tools x.");
    scene.until_listed(&["x"]).await;
    for (file, _, reason) in bad {
        let refused = scene.until_refused(file).await;
        assert!(refused.reason.contains(reason), "{file}: {}", refused.reason);
        scene.delete(file);
    }
    let status = scene.until(|status| status.refused.is_empty()).await;
    assert_eq!(status.loaded.len(), 1);
}

#[tokio::test]
async fn a_link_out_of_the_directory_is_refused_and_one_within_is_not() {
    let mut scene = Scene::new().await;
    let outside = scene.dir.path().join("outside");
    fs::write(&outside, "tools secret.").unwrap();
    scene.write("a.wasm", "tools x.");
    scene.until_listed(&["x"]).await;
    scene.delete("a.wasm");
    symlink(&outside, scene.file("a.wasm")).unwrap();
    symlink("../outside", scene.file("b.wasm")).unwrap();
    for file in ["a.wasm", "b.wasm"] {
        assert!(scene.until_refused(file).await.reason.contains("leads out of the directory"));
    }
    scene.write("c", "tools y.");
    symlink("c", scene.file("c.wasm")).unwrap();
    scene.until(|status| has(status, "c")).await;
    assert!(!scene.tools().contains(&"secret".to_owned()));
}

#[tokio::test]
async fn names_that_are_not_plugins_are_ignored() {
    let mut scene = Scene::new().await;
    for name in [".a.wasm", "a.wasm.part", "a.wasm.tmp", "README.md"] {
        scene.write(name, "tools x.");
    }
    scene.settle().await;
    assert_eq!(scene.status.borrow().refused, []);
    fs::rename(scene.file("a.wasm.part"), scene.file("a.wasm")).unwrap();
    scene.until_listed(&["x"]).await;
}

#[tokio::test]
async fn slow_files_keep_no_other_waiting() {
    let files = [("a.wasm", "hang-build."), ("b.wasm", "hang-list x."), ("c.wasm", "tools y.")];
    let mut scene = Scene::with(Config { ready_within_ms: 50, ..quick() }, &files).await;
    scene.until(|status| status.ready && has(status, "c")).await;
    assert_eq!(scene.tools(), ["y"]);
    scene.write("d.wasm", "tools z.");
    scene.until(|status| has(status, "d")).await;
    assert_eq!(scene.tools(), ["y", "z"]);
    scene.delete("a.wasm");
    scene.delete("b.wasm");
    scene.until_listed(&["y", "z"]).await;
    scene.until_building(0).await;
}

#[tokio::test]
async fn plugins_that_never_list_their_tools_hold_no_place() {
    let files = [("a.wasm", "hang-list."), ("b.wasm", "hang-list."), ("c.wasm", "tools y.")];
    let config = Config { loading_bytes: 1, max_file_bytes: 40, ready_within_ms: 1, ..quick() };
    let mut scene = Scene::with(config, &files).await;
    scene.until(|status| has(status, "c")).await;
}

#[tokio::test]
async fn only_so_many_files_are_in_memory_at_once() {
    let files = [("a.wasm", "gated x."), ("b.wasm", "gated y.")];
    let config = Config { loading_bytes: 1, max_file_bytes: 40, ready_within_ms: 1, ..quick() };
    let mut scene = Scene::with(config, &files).await;
    scene.until_building(1).await;
    scene.until(|status| status.pending == ["a.wasm", "b.wasm"]).await;
    scene.workshop.gate.notify_one();
    scene.until(|status| status.loaded.len() == 1).await;
    scene.until_building(1).await;
    scene.workshop.gate.notify_one();
    scene.until_listed(&["x", "y"]).await;
}

#[tokio::test]
async fn many_slow_files_keep_no_other_waiting() {
    let mut scene = Scene::new().await;
    for n in 0..100 {
        scene.write(&format!("p{n}.wasm"), "hang-build.");
    }
    scene.until_building(100).await;
    scene.write("a.wasm", "tools x.");
    scene.until(|status| has(status, "a")).await;
}

#[tokio::test]
async fn loading_takes_a_bounded_time() {
    let files = [("a.wasm", "hang-build."), ("b.wasm", "hang-list x.")];
    let mut scene = Scene::with(Config { load_timeout_ms: 20, retry_ms: 60_000, ..quick() }, &files).await;
    for file in ["a.wasm", "b.wasm"] {
        assert!(scene.until_refused(file).await.reason.contains("load_timeout_ms"));
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let mut scene = Scene::new().await;
    *scene.workshop.busy.lock().unwrap() = 3;
    scene.write("a.wasm", "busy x.");
    scene.until_listed(&["x"]).await;
    assert_eq!(scene.builds("a"), 4);
}

#[tokio::test]
async fn no_more_plugins_are_loaded_than_may_be() {
    let files = [("a.wasm", "tools x."), ("b.wasm", "tools y."), ("c.wasm", "tools z.")];
    let mut scene = Scene::with(Config { max_plugins: 2, ..quick() }, &files).await;
    assert!(scene.until_refused("c.wasm").await.reason.contains("max_plugins"));
    assert_eq!(scene.tools(), ["x", "y"]);
    scene.write("a.wasm", "tools x2.");
    scene.until_listed(&["x2", "y"]).await;
    scene.delete("a.wasm");
    scene.until_listed(&["y", "z"]).await;
}

#[tokio::test]
async fn a_refusal_is_one_line_however_often_the_directory_is_looked_at() {
    log_of_this_thread();
    let mut scene = Scene::new().await;
    scene.write("a.wasm", "junk");
    scene.write("B\n.wasm", "tools x.");
    scene.until_refused("a.wasm").await;
    scene.until_refused("B\\n.wasm").await;
    for _ in 0..3 {
        age(&scene.file("a.wasm"));
        scene.settle().await;
    }
    let text = log_of_this_thread();
    let about = |what: &str| text.lines().filter(|line| line.contains(what)).collect::<Vec<_>>();
    assert_eq!(about("plugin refused").len(), 2, "{text}");
    assert!(about("a.wasm")[0].contains("ERROR") && about("a.wasm")[0].contains("it is no component"), "{text}");
    assert_eq!(about("plugin loaded").len(), 3, "{text}");
}
