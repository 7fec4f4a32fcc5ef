//! What happens to files.

use std::io::Write as _;

use super::*;

#[tokio::test]
async fn a_new_file_is_listed_and_clients_are_told() {
    let mut scene = Scene::new().await;
    scene.write("a.wasm", "tools x y.");
    scene.until_listed(&["x", "y"]).await;
    assert_eq!(scene.told(), 1);
    scene.move_in("b.wasm", "tools z.");
    scene.until_listed(&["x", "y", "z"]).await;
    assert_eq!(scene.told(), 1);
}

#[tokio::test]
async fn a_replaced_file_is_served_and_calls_keep_the_version_they_have() {
    let mut scene = Scene::new().await;
    scene.write("a.wasm", "tools x.");
    scene.until_listed(&["x"]).await;
    let before = scene.registry.snapshot();
    scene.write("a.wasm", "tools y.");
    scene.until_listed(&["y"]).await;
    scene.move_in("a.wasm", "tools z.");
    scene.until_listed(&["z"]).await;
    assert_eq!(before.tools().items()[0].name, "x".into());
    assert_eq!(scene.builds("a"), 3);
}

#[tokio::test]
async fn a_replaced_file_with_the_same_tools_is_served_and_clients_are_not_told() {
    let mut scene = Scene::new().await;
    scene.write("a.wasm", "tools x.");
    let first = scene.until_listed(&["x"]).await.loaded[0].digest;
    assert_eq!(scene.told(), 1);
    scene.write("a.wasm", "busy x.");
    scene.until(|status| status.loaded[0].digest != first).await;
    assert_ne!(*scene.registry.snapshot().tools().items()[0].plugin().digest(), first);
    assert_eq!(scene.told(), 0);
}

#[tokio::test]
async fn a_deleted_file_is_not_listed_any_more() {
    let mut scene = Scene::new().await;
    scene.write("a.wasm", "tools x.");
    scene.until_listed(&["x"]).await;
    scene.delete("a.wasm");
    scene.until_listed(&[]).await;
    assert_eq!(scene.told(), 2);
}

#[tokio::test]
async fn a_renamed_file_is_another_plugin_with_the_same_tools() {
    let mut scene = Scene::new().await;
    scene.write("a.wasm", "tools x.");
    scene.until_listed(&["x"]).await;
    fs::rename(scene.file("a.wasm"), scene.file("b.wasm")).unwrap();
    let status = scene.until(|status| has(status, "b") && !has(status, "a")).await;
    assert_eq!((status.loaded.len(), scene.tools()), (1, vec!["x".to_owned()]));
}

#[tokio::test]
async fn a_file_that_is_moved_away_and_back_is_listed_again() {
    let mut scene = Scene::new().await;
    scene.write("a.wasm", "tools x.");
    scene.until_listed(&["x"]).await;
    fs::rename(scene.file("a.wasm"), scene.file("a.off")).unwrap();
    scene.until_listed(&[]).await;
    fs::rename(scene.file("a.off"), scene.file("a.wasm")).unwrap();
    scene.until_listed(&["x"]).await;
}

#[tokio::test]
async fn a_touched_or_rewritten_file_that_is_the_same_changes_nothing() {
    let mut scene = Scene::new().await;
    scene.write("a.wasm", "tools x.");
    scene.until_listed(&["x"]).await;
    age(&scene.file("a.wasm"));
    scene.settle().await;
    scene.write("a.wasm", "tools x.");
    scene.settle().await;
    scene.move_in("a.wasm", "tools x.");
    scene.settle().await;
    assert_eq!(scene.builds("a"), 1);
    assert_eq!(scene.told(), 1 + 3 * 2, "of nothing but of what settling takes");
}

#[tokio::test]
async fn a_file_is_left_alone_until_it_is_closed() {
    let mut scene = Scene::new().await;
    scene.write("a.wasm", "tools old.");
    scene.until_listed(&["old"]).await;
    let mut file = fs::File::create(scene.file("a.wasm")).unwrap();
    file.write_all(b"tools x").unwrap();
    scene.settle_while(&["a.wasm"]).await;
    assert_eq!((scene.tools(), scene.builds("a")), (vec!["old".to_owned()], 1));
    assert_eq!(scene.status.borrow().refused, []);
    file.write_all(b" y.").unwrap();
    drop(file);
    scene.until_listed(&["x", "y"]).await;
    assert_eq!(scene.builds("a"), 2);
}

#[tokio::test]
async fn a_file_that_is_touched_while_it_is_built_is_not_built_again() {
    let mut scene = Scene::new().await;
    scene.write("a.wasm", "gated x.");
    scene.until_building(1).await;
    age(&scene.file("a.wasm"));
    scene.settle_while(&["a.wasm"]).await;
    scene.write("a.wasm", "gated x.");
    scene.settle_while(&["a.wasm"]).await;
    scene.workshop.gate.notify_one();
    scene.until_listed(&["x"]).await;
    assert_eq!(scene.builds("a"), 1);
}

#[tokio::test]
async fn a_file_that_is_replaced_while_it_is_built_is_built_as_it_is_now() {
    let mut scene = Scene::with(Config { loading_bytes: 1, max_file_bytes: 40, ..quick() }, &[]).await;
    scene.write("a.wasm", "hang-build.");
    scene.until_building(1).await;
    scene.write("a.wasm", "tools x.");
    scene.until_listed(&["x"]).await;
    scene.until_building(0).await;
}

#[tokio::test]
async fn a_version_that_is_built_is_served_though_the_next_is_being_written() {
    let mut scene = Scene::new().await;
    scene.write("a.wasm", "gated x.");
    scene.until_building(1).await;
    let mut next = fs::File::create(scene.file("a.wasm")).unwrap();
    next.write_all(b"tools").unwrap();
    scene.settle_while(&["a.wasm"]).await;
    scene.workshop.gate.notify_one();
    scene.until(|status| has(status, "a")).await;
    assert_eq!(scene.tools(), ["x"]);
    next.write_all(b" y.").unwrap();
    drop(next);
    scene.until_listed(&["y"]).await;
}

#[tokio::test]
async fn a_burst_of_a_hundred_files_is_listed_whole() {
    let mut scene = Scene::new().await;
    for n in 0..100 {
        scene.write(&format!("p{n:02}.wasm"), &format!("tools t{n:02}."));
    }
    let names: Vec<_> = (0..100).map(|n| format!("t{n:02}")).collect();
    scene.until_listed(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for n in 0..100 {
        scene.delete(&format!("p{n:02}.wasm"));
    }
    scene.until_listed(&[]).await;
}

#[tokio::test]
async fn what_is_there_at_the_start_is_published_at_once() {
    let mut scene = Scene::with(quick(), &[("a.wasm", "tools x."), ("b.wasm", "tools y."), ("c.wasm", "junk")]).await;
    let mut ready = scene.registry.ready();
    tokio::time::timeout(LONG, ready.wait_for(|ready| *ready)).await.unwrap().unwrap();
    assert_eq!(scene.tools(), ["x", "y"]);
    assert_eq!(scene.told(), 1);
    let status = scene.status.borrow().clone();
    assert!(status.ready, "who waits for being ready can read the status");
    assert_eq!((status.loaded.len(), status.refused.len()), (2, 1));
}

#[tokio::test]
async fn in_polling_mode_everything_is_noticed_too() {
    let mut scene = Scene::with(Config { watch: WatchMode::Poll, ..quick() }, &[("a.wasm", "tools x.")]).await;
    scene.until_listed(&["x"]).await;
    scene.move_in("b.wasm", "tools y.");
    scene.until_listed(&["x", "y"]).await;
    scene.write("a.wasm", "tools z z2.");
    scene.until_listed(&["z", "z2", "y"]).await;
    fs::rename(scene.file("b.wasm"), scene.file("c.wasm")).unwrap();
    scene.until(|status| has(status, "c") && !has(status, "b")).await;
    scene.delete("a.wasm");
    scene.until_listed(&["y"]).await;
}

#[tokio::test]
async fn nothing_happens_after_the_handle_is_dropped() {
    let mut scene = Scene::new().await;
    scene.write("a.wasm", "hang-build.");
    scene.until(|status| status.pending == ["a.wasm"]).await;
    drop(scene.handle.take());
    let ended = scene.status.wait_for(|_| false);
    assert!(tokio::time::timeout(LONG, ended).await.unwrap().is_err(), "the task is gone");
    scene.until_building(0).await;
}
