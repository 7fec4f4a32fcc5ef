use super::*;

const STILL: Duration = Duration::from_secs(1);
const OPEN_STILL: Duration = Duration::from_secs(30);

/// A directory that is looked at by a clock which stands until it is moved.
struct Scene {
    ledger: Ledger,
    now: Instant,
    listing: Listing,
    closed: BTreeSet<OsString>,
    open: BTreeSet<OsString>,
    trust_age: bool,
}

impl Scene {
    fn new() -> Self {
        let (ledger, listing) = (Ledger::default(), Listing::new());
        let (closed, open) = (BTreeSet::new(), BTreeSet::new());
        Self { ledger, now: Instant::now(), listing, closed, open, trust_age: false }
    }

    /// A scene in which `a` was loaded.
    fn with_a_loaded() -> Self {
        let mut scene = Self::new();
        scene.put("a", 1);
        scene.close("a");
        assert_eq!(scene.look(), ["load a 1"]);
        scene.done("a");
        scene
    }

    /// Puts a file there of which `version` is the size.
    fn put(&mut self, name: &str, version: u64) {
        self.put_aged(name, version, Duration::ZERO);
    }

    fn put_aged(&mut self, name: &str, version: u64, age: Duration) {
        let inode = name.bytes().fold(0, |inode, byte| inode * 256 + u64::from(byte));
        let stamp = Stamp { device: 1, inode, size: version, modified: (1, 0), changed: (1, 0) };
        let found = Found::File { id: PluginId::parse(name).unwrap(), stamp, signature: None };
        self.listing.insert(name.into(), Entry { found, age: Some(age) });
    }

    fn put_obstacle(&mut self, name: &str, obstacle: Obstacle) {
        self.listing.insert(name.into(), Entry { found: Found::Obstacle(obstacle), age: None });
    }

    fn rename(&mut self, from: &str, to: &str) {
        let Some(Entry { found: Found::File { mut stamp, .. }, .. }) = self.listing.remove(&OsString::from(from))
        else {
            panic!("{from} is no file")
        };
        stamp.changed = (2, 0);
        let found = Found::File { id: PluginId::parse(to).unwrap(), stamp, signature: None };
        self.listing.insert(to.into(), Entry { found, age: Some(Duration::ZERO) });
    }

    fn delete(&mut self, name: &str) {
        self.listing.remove(&OsString::from(name));
    }

    fn close(&mut self, name: &str) {
        self.open.remove(&OsString::from(name));
        self.closed.insert(name.into());
    }

    fn done(&mut self, name: &str) {
        self.ledger.done(OsStr::new(name));
    }

    /// Looks, and gives the steps in words.
    fn look(&mut self) -> Vec<String> {
        let closed = std::mem::take(&mut self.closed);
        let steps = self.ledger.look(&Look {
            at: self.now,
            listing: &self.listing,
            closed: &closed,
            open: &self.open,
            trust_age: self.trust_age,
            still: STILL,
            open_still: OPEN_STILL,
        });
        steps.iter().map(words).collect()
    }

    fn look_after(&mut self, time: Duration) -> Vec<String> {
        self.now += time;
        self.look()
    }

    /// How long from now until the ledger wants another look.
    fn wait(&self) -> Option<Duration> {
        self.ledger.next_look().map(|at| at - self.now)
    }

    fn pending(&self) -> Vec<&OsString> {
        self.ledger.pending().collect()
    }
}

fn words(step: &Step) -> String {
    match step {
        Step::Load { name, id, stamp } => {
            assert_eq!(name.to_str(), Some(id.as_str()));
            format!("load {id} {}", stamp.size)
        }
        Step::Refuse { name, .. } => format!("refuse {}", name.display()),
        Step::Remove { name } => format!("remove {}", name.display()),
    }
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_file_that_was_closed_is_loaded_at_once() {
    let mut scene = Scene::new();
    scene.put("a", 1);
    scene.close("a");
    assert_eq!(scene.look(), ["load a 1"]);
    assert_eq!(scene.pending(), ["a"]);
    scene.done("a");
    assert_eq!((scene.look(), scene.wait(), scene.pending().len()), (vec![], None, 0));
}

#[test]
fn a_file_that_nobody_closed_is_loaded_when_it_stood_still() {
    let mut scene = Scene::new();
    scene.put("a", 1);
    assert_eq!(scene.look(), NOTHING);
    assert_eq!((scene.wait(), scene.pending().len()), (Some(STILL), 1));
    assert_eq!(scene.look_after(STILL / 2), NOTHING);
    assert_eq!(scene.wait(), Some(STILL / 2));
    assert_eq!(scene.look_after(STILL / 2), ["load a 1"]);
}

#[test]
fn each_change_begins_the_wait_anew() {
    let mut scene = Scene::new();
    for version in 1..5 {
        scene.put("a", version);
        assert_eq!(scene.look_after(STILL * 9 / 10), NOTHING);
        assert_eq!(scene.wait(), Some(STILL));
    }
    assert_eq!(scene.look_after(STILL), ["load a 4"]);
}

#[test]
fn a_file_that_is_open_for_writing_may_pause_for_long() {
    let mut scene = Scene::new();
    scene.put("a", 1);
    scene.open.insert("a".into());
    assert_eq!(scene.look(), NOTHING);
    assert_eq!(scene.wait(), Some(OPEN_STILL));
    assert_eq!(scene.look_after(STILL * 10), NOTHING);
    scene.close("a");
    assert_eq!(scene.look(), ["load a 1"]);
}

#[test]
fn a_file_that_is_never_closed_is_loaded_in_the_end() {
    let mut scene = Scene::new();
    scene.put("a", 1);
    scene.open.insert("a".into());
    assert_eq!(scene.look(), NOTHING);
    assert_eq!(scene.look_after(OPEN_STILL), ["load a 1"]);
}

#[test]
fn an_empty_file_that_was_closed_is_about_to_be_written() {
    let mut scene = Scene::new();
    scene.put("a", 0);
    scene.close("a");
    assert_eq!(scene.look(), NOTHING);
    assert_eq!(scene.look_after(STILL), ["load a 0"]);
}

#[test]
fn an_old_file_is_loaded_at_once_where_its_age_can_be_trusted() {
    let mut scene = Scene::new();
    scene.put_aged("old", 1, STILL);
    scene.put_aged("young", 2, STILL / 4);
    scene.trust_age = true;
    assert_eq!(scene.look(), ["load old 1"]);
    assert_eq!(scene.wait(), Some(STILL * 3 / 4));
    assert_eq!(scene.look_after(STILL * 3 / 4), ["load young 2"]);

    let mut scene = Scene::new();
    scene.put_aged("old", 1, STILL);
    assert_eq!(scene.look(), NOTHING);
}

#[test]
fn an_age_beyond_the_clocks_beginning_is_old() {
    let mut scene = Scene::new();
    scene.trust_age = true;
    scene.put_aged("a", 1, Duration::MAX);
    assert_eq!(scene.look(), ["load a 1"]);
}

#[test]
fn a_changed_file_is_loaded_again() {
    let mut scene = Scene::with_a_loaded();
    scene.put("a", 2);
    scene.close("a");
    assert_eq!(scene.look(), ["load a 2"]);
}

#[test]
fn a_file_that_was_closed_again_is_read_again_though_its_stamp_is_the_same() {
    let mut scene = Scene::with_a_loaded();
    scene.close("a");
    assert_eq!(scene.look(), ["load a 1"]);
}

#[test]
fn a_deleted_file_is_removed_whatever_became_of_it() {
    let mut scene = Scene::with_a_loaded();
    scene.put("settle", 1);
    scene.put("load", 2);
    scene.close("load");
    assert_eq!(scene.look(), ["load load 2"]);
    scene.listing.clear();
    assert_eq!(scene.look(), ["remove a", "remove load", "remove settle"]);
    assert_eq!((scene.look(), scene.wait(), scene.pending().len()), (vec![], None, 0));
}

#[test]
fn a_file_that_comes_back_is_loaded_like_a_new_one() {
    let mut scene = Scene::with_a_loaded();
    scene.delete("a");
    assert_eq!(scene.look(), ["remove a"]);
    scene.put("a", 1);
    assert_eq!(scene.look(), NOTHING);
    assert_eq!(scene.look_after(STILL), ["load a 1"]);
}

#[test]
fn a_rename_is_seen_without_being_told_of() {
    let mut scene = Scene::with_a_loaded();
    scene.rename("a", "b");
    assert_eq!(scene.look(), ["remove a", "load b 1"]);
}

#[test]
fn a_rename_of_a_file_that_is_being_written_waits_as_that_did() {
    let mut scene = Scene::new();
    scene.put("a", 1);
    assert_eq!(scene.look(), NOTHING);
    scene.rename("a", "b");
    assert_eq!(scene.look(), ["remove a"]);
    assert_eq!(scene.look_after(STILL), ["load b 1"]);
}

#[test]
fn two_files_may_change_places() {
    let mut scene = Scene::with_a_loaded();
    scene.put("b", 2);
    scene.close("b");
    assert_eq!(scene.look(), ["load b 2"]);
    scene.done("b");
    scene.rename("a", "c");
    scene.rename("b", "a");
    scene.rename("c", "b");
    assert_eq!(scene.look(), ["load a 2", "load b 1"]);
}

#[test]
fn a_change_while_it_is_loaded_is_loaded_after_it() {
    let mut scene = Scene::new();
    scene.put("a", 1);
    scene.close("a");
    assert_eq!(scene.look(), ["load a 1"]);
    scene.put("a", 2);
    assert_eq!(scene.look(), NOTHING);
    assert!(!scene.ledger.is_loading(OsStr::new("a")));
    scene.done("a");
    assert_eq!(scene.wait(), Some(STILL), "what came of the first says nothing of the second");
    assert_eq!(scene.look_after(STILL), ["load a 2"]);
    scene.put("a", 3);
    scene.close("a");
    assert_eq!(scene.look(), ["load a 3"]);
    assert!(scene.ledger.is_loading(OsStr::new("a")));
}

#[test]
fn a_file_that_changed_while_it_was_read_waits_again() {
    let mut scene = Scene::new();
    scene.put("a", 1);
    scene.close("a");
    assert_eq!(scene.look(), ["load a 1"]);
    scene.ledger.unsettled(OsStr::new("a"), scene.now, STILL);
    assert_eq!((scene.look(), scene.wait()), (vec![], Some(STILL)));
    assert_eq!(scene.look_after(STILL), ["load a 1"]);
}

#[test]
fn what_may_pass_is_tried_again_and_a_change_does_not_wait_for_that() {
    let mut scene = Scene::new();
    scene.put("a", 1);
    scene.close("a");
    assert_eq!(scene.look(), ["load a 1"]);
    scene.ledger.retry(OsStr::new("a"), scene.now + STILL * 5);
    assert_eq!((scene.look(), scene.wait(), scene.pending().len()), (vec![], Some(STILL * 5), 0));
    assert_eq!(scene.look_after(STILL * 5), ["load a 1"]);
    scene.ledger.retry(OsStr::new("a"), scene.now + STILL * 5);
    scene.put("a", 2);
    scene.close("a");
    assert_eq!(scene.look(), ["load a 2"]);
}

#[test]
fn an_obstacle_is_refused_once_and_only_when_it_stays() {
    let mut scene = Scene::new();
    scene.put_obstacle("a", Obstacle::Dangling);
    assert_eq!(scene.look(), NOTHING);
    assert_eq!(scene.look_after(STILL), ["refuse a"]);
    assert_eq!((scene.look_after(STILL), scene.wait(), scene.pending().len()), (vec![], None, 0));
    scene.put_obstacle("a", Obstacle::LeadsOut);
    assert_eq!(scene.look(), NOTHING);
    assert_eq!(scene.look_after(STILL), ["refuse a"]);
    scene.delete("a");
    assert_eq!(scene.look(), ["remove a"]);
}

#[test]
fn a_burst_a_missed_event_and_a_restart_end_in_the_same_steps() {
    let listing = |scene: &mut Scene| (0..100_u8).for_each(|n| scene.put(&format!("p{n}"), n.into()));
    let mut told = Scene::new();
    listing(&mut told);
    (1..100).for_each(|n| told.close(&format!("p{n}")));
    let mut at_once = told.look();
    at_once.extend(told.look_after(STILL));
    let mut untold = Scene::new();
    listing(&mut untold);
    assert_eq!(untold.look(), NOTHING);
    let mut later = untold.look_after(STILL);
    at_once.sort();
    later.sort();
    assert_eq!(at_once, later);
    assert_eq!(later.len(), 100);
}
