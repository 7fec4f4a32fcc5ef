//! The directory itself.

use std::os::unix::fs::symlink;

use super::*;

async fn start_error(config: Config) -> StartError {
    let registry = Arc::new(Registry::new(registry::Config::default()));
    let (_, receiver) = mpsc::channel(1);
    start(config, wiring(registry, Arc::new(Build(Arc::default())), receiver)).await.unwrap_err()
}

#[tokio::test]
async fn a_directory_that_is_none_is_an_error_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("missing");
    assert!(matches!(start_error(Config { directory: missing, ..quick() }).await, StartError::Missing(_)));
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(start_error(Config { directory: file, ..quick() }).await, StartError::Unusable { .. }));
    let config = Config { directory: dir.path().to_owned(), poll_ms: 0, ..quick() };
    assert!(matches!(start_error(config).await, StartError::Config { key: "poll_ms", .. }));
}

async fn removed_and_made_again(watch: WatchMode) {
    let mut scene = Scene::with(Config { watch, ..quick() }, &[("a.wasm", "tools x.")]).await;
    scene.until_listed(&["x"]).await;
    for _ in 0..2 {
        fs::remove_dir_all(&scene.path).unwrap();
        scene.until(|status| status.missing).await;
        scene.until_listed(&[]).await;
        fs::create_dir(&scene.path).unwrap();
        scene.write("b.wasm", "tools y.");
        scene.until_listed(&["y"]).await;
        scene.write("c.wasm", "tools z.");
        scene.until_listed(&["y", "z"]).await;
    }
}

#[tokio::test]
async fn a_directory_that_is_removed_is_waited_for() {
    removed_and_made_again(WatchMode::Notify).await;
}

#[tokio::test]
async fn a_directory_that_is_removed_is_waited_for_in_polling_mode() {
    removed_and_made_again(WatchMode::Poll).await;
}

#[tokio::test]
async fn a_directory_that_takes_the_place_of_another_is_compared_with_it() {
    let mut scene = Scene::with(quick(), &[("a.wasm", "tools x."), ("b.wasm", "tools y.")]).await;
    scene.until_listed(&["x", "y"]).await;
    let next = scene.dir.path().join("next");
    fs::create_dir(&next).unwrap();
    fs::write(next.join("a.wasm"), "tools x.").unwrap();
    fs::write(next.join("c.wasm"), "tools z.").unwrap();
    fs::rename(&scene.path, scene.dir.path().join("before")).unwrap();
    fs::rename(next, &scene.path).unwrap();
    scene.until_listed(&["x", "z"]).await;
    scene.write("d.wasm", "tools w.");
    scene.until_listed(&["x", "z", "w"]).await;
}

#[tokio::test]
async fn links_that_are_swapped_within_the_directory_are_followed() {
    let mut scene = Scene::new().await;
    for (version, tool) in [("v1", "x"), ("v2", "y")] {
        fs::create_dir(scene.file(version)).unwrap();
        fs::write(scene.file(version).join("a.wasm"), format!("tools {tool}.")).unwrap();
    }
    symlink("v1", scene.file("..data")).unwrap();
    symlink("..data/a.wasm", scene.file("a.wasm")).unwrap();
    scene.until_listed(&["x"]).await;
    symlink("v2", scene.file("..next")).unwrap();
    fs::rename(scene.file("..next"), scene.file("..data")).unwrap();
    scene.until_listed(&["y"]).await;
}

#[tokio::test]
async fn a_directory_that_cannot_be_looked_at_keeps_its_plugins() {
    let mut scene = Scene::with(quick(), &[("a.wasm", "tools x.")]).await;
    scene.until_listed(&["x"]).await;
    let aside = scene.dir.path().join("aside");
    fs::rename(&scene.path, &aside).unwrap();
    // A link that leads round and round is neither a directory nor nothing.
    symlink(&scene.path, &scene.path).unwrap();
    fs::write(aside.join("b.wasm"), "tools y.").unwrap();
    scene.until(|status| status.trouble.is_some()).await;
    assert_eq!(scene.tools(), ["x"]);
    fs::remove_file(&scene.path).unwrap();
    fs::rename(&aside, &scene.path).unwrap();
    scene.until(|status| status.trouble.is_none() && has(status, "b")).await;
    scene.until_listed(&["x", "y"]).await;
}
