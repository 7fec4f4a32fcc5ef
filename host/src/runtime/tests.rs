//! Whole runs of guests, good and hostile.

use std::time::Duration;

use super::Config;
use super::testing::{ECHO, Guest, SPIN, call, list, load, plugin, text};
use crate::plugin::{Call, CallError, Limit, Outcome, Plugin as _, PluginId};

/// Limits that a hostile guest meets soon.
fn tight() -> Config {
    Config {
        cpu_time_ms: 20,
        list_cpu_time_ms: 20,
        memory_bytes: 1 << 20,
        table_elements: 100,
        output_bytes: 64 << 10,
        ..Config::default()
    }
}

#[tokio::test]
async fn a_plugin_lists_and_answers() {
    let plugin = plugin(&Config::default(), &Guest::default());
    assert_eq!(list(&plugin).await, Ok(vec![]));
    let output = call(&plugin, r#"{"a":1}"#).await.unwrap();
    assert_eq!(text(&output), r#"{"a":1}"#);
}

#[tokio::test]
async fn nothing_of_one_call_is_there_for_the_next() {
    let counting = Guest {
        fields: "(global $calls (mut i32) (i32.const 0))",
        call: "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
               (if (i32.gt_u (global.get $calls) (i32.const 1)) (then unreachable))
               (i32.const 1024)",
        ..Guest::default()
    };
    let plugin = plugin(&Config::default(), &counting);
    for _ in 0..3 {
        assert!(call(&plugin, "{}").await.is_ok(), "each call is the first of its instance");
    }
}

#[tokio::test]
async fn a_loop_is_stopped_wherever_it_is() {
    let stopped = Err(CallError::Limit(Limit::CpuTime(20)));
    for (place, guest) in [
        ("in the call", Guest::calling(SPIN)),
        ("at the start", Guest { start: "(loop $again (br $again))", ..Guest::default() }),
        ("in the allocator", Guest { realloc: "(loop $again (br $again))", ..Guest::default() }),
    ] {
        assert_eq!(call(&plugin(&tight(), &guest), "{}").await.map(drop), stopped, "{place}");
    }
    let in_list = plugin(&tight(), &Guest { list: SPIN, ..Guest::default() });
    assert_eq!(list(&in_list).await.map(drop), stopped);
}

#[tokio::test]
async fn memory_without_end_is_a_limit_that_says_so() {
    let growing = Guest::calling("(loop $again (drop (memory.grow (i32.const 1))) (br $again)) (unreachable)");
    let outcome = call(&plugin(&tight(), &growing), "{}").await;
    assert_eq!(outcome.map(drop), Err(CallError::Limit(Limit::Memory(1 << 20))));
}

#[tokio::test]
async fn a_table_without_end_is_a_limit_that_says_so() {
    let growing = Guest {
        fields: "(table $t 1 funcref)",
        call: "(loop $again (drop (table.grow $t (ref.null func) (i32.const 10))) (br $again)) (unreachable)",
        ..Guest::default()
    };
    let outcome = call(&plugin(&tight(), &growing), "{}").await;
    assert_eq!(outcome.map(drop), Err(CallError::Limit(Limit::TableElements(100))));
}

#[tokio::test]
async fn a_crash_says_how_and_hurts_no_other_call() {
    let recursive =
        Guest { fields: "(func $f (call $f) (call $f))", call: "(call $f) (unreachable)", ..Guest::default() };
    for (guest, how) in [(Guest::calling("(unreachable)"), "aborted"), (recursive, "stack")] {
        let plugin = plugin(&Config::default(), &guest);
        let Err(CallError::Trap(reason)) = call(&plugin, "{}").await else { panic!("it must trap") };
        assert!(reason.contains(how), "{reason}");
        assert_eq!(list(&plugin).await, Ok(vec![]));
    }
}

#[tokio::test]
async fn a_result_beyond_the_bound_is_refused() {
    // The text's length is that of a whole page more than the bound.
    let huge = Guest::calling(
        "(drop (memory.grow (i32.const 4)))
         (i32.store (i32.const 1028) (i32.const 2048))
         (i32.store (i32.const 1032) (i32.const 1))
         (i32.store (i32.const 2056) (i32.const 65536))
         (i32.store (i32.const 2060) (i32.const 131072))
         (i32.const 1024)",
    );
    let outcome = call(&plugin(&tight(), &huge), "{}").await;
    assert_eq!(outcome.map(drop), Err(CallError::Limit(Limit::Output(64 << 10))));
}

#[tokio::test]
async fn a_call_that_is_dropped_gives_its_place_back() {
    let config = Config { concurrent_calls: 1, cpu_time_ms: 60_000, ..Config::default() };
    let plugin = plugin(&config, &Guest::calling(SPIN));
    let places = || plugin.admission().free();
    assert_eq!(places(), 1);
    let mut running = Box::pin(call(&plugin, "{}"));
    while places() == 1 {
        assert!(futures_util::poll!(&mut running).is_pending());
        tokio::task::yield_now().await;
    }
    drop(running);
    assert_eq!(places(), 1);
}

#[tokio::test]
async fn a_call_beyond_the_places_is_refused_after_its_patience() {
    let config = Config { concurrent_calls_per_plugin: 1, queue_time_ms: 1, cpu_time_ms: 60_000, ..Config::default() };
    let plugin = plugin(&config, &Guest::calling(SPIN));
    let mut running = Box::pin(call(&plugin, "{}"));
    assert!(futures_util::poll!(&mut running).is_pending());
    let refused = call(&plugin, "{}").await.map(drop);
    assert_eq!(refused, Err(CallError::Limit(Limit::ConcurrentCalls(1))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_answered_while_others_loop() {
    let config = Config { cpu_time_ms: 60_000, ..Config::default() };
    let (runtime, _announcements) = super::testing::runtime(&config);
    let looping = load(&runtime, &Guest::calling(SPIN).bytes()).unwrap();
    let echo = load(&runtime, &Guest::calling(ECHO).bytes()).unwrap();
    let loops: Vec<_> = (0..20)
        .map(|_| {
            let looping = looping.clone();
            tokio::spawn(async move { call(&looping, "{}").await.map(drop) })
        })
        .collect();
    let answered = tokio::time::timeout(Duration::from_secs(30), call(&echo, "{}")).await;
    assert_eq!(text(&answered.expect("it is not starved").unwrap()), "{}");
    loops.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_plugin_of_another_version_of_the_interface_is_told_apart_from_a_crash() {
    let older = Guest::default().text().replace(r#"(field "asks-first" bool)"#, "");
    let (runtime, _announcements) = super::testing::runtime(&Config::default());
    let plugin = load(&runtime, &wat::parse_str(&older).unwrap()).unwrap();
    let Err(CallError::Invalid(reason)) = list(&plugin).await else { panic!("it must be refused") };
    assert!(reason.contains("pegboard:plugin/tools is not the one of this host"), "{reason}");
}

#[tokio::test]
async fn what_a_plugin_did_is_counted_by_how_it_ended() {
    let plugin = plugin(
        &tight(),
        &Guest::calling("(if (i32.eq (local.get 3) (i32.const 2)) (then unreachable)) (i32.const 1024)"),
    );
    for arguments in ["{}", "{ }", r#"{"a":1}"#] {
        let _ = call(&plugin, arguments).await;
    }
    list(&plugin).await.unwrap();
    let standing = plugin.standing().unwrap();
    let counters = &standing.counters;
    assert_eq!((counters.ended(Outcome::Ok), counters.ended(Outcome::Trap), counters.all_calls()), (2, 1, 3));
    assert_eq!((counters.listings, counters.bytes_in, counters.bytes_out), (1, 12, 0));
    assert!(counters.cpu_us > 0 && counters.wall_us >= counters.cpu_us / 2, "{counters:?}");
    assert!(counters.memory_peak_bytes >= 64 << 10, "{counters:?}");
    let [failure] = standing.failures.as_slice() else { panic!("one failure expected: {:?}", standing.failures) };
    assert_eq!((failure.method.as_str(), failure.name.as_str()), ("tools/call", "tool"));
    assert!(failure.reason.contains("aborted"), "{failure:?}");
}

#[tokio::test]
async fn a_call_that_is_given_up_is_counted_and_so_is_what_it_used() {
    let plugin = plugin(&Config::default(), &Guest::calling(SPIN));
    let detached = Call::detached();
    let usage = detached.usage.clone();
    let running = tokio::spawn(plugin.clone().call_tool("tool".into(), "{}".into(), detached));
    while plugin.standing().unwrap().running == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    running.abort();
    let _ = running.await;
    assert_eq!(plugin.standing().unwrap().counters.ended(Outcome::Cancelled), 1);
    assert_eq!((usage.runs(), usage.outcome()), (1, None));
}

#[tokio::test]
async fn a_plugin_that_always_fails_is_put_aside_until_it_is_resumed() {
    let (runtime, _announcements) = super::testing::runtime(&tight());
    let plugin = load(&runtime, &Guest::calling("(unreachable)").bytes()).unwrap();
    for _ in 0..tight().breaker.failures {
        assert!(matches!(call(&plugin, "{}").await, Err(CallError::Trap(_))));
    }
    let Err(CallError::Unavailable(why)) = call(&plugin, "{}").await else { panic!("it must be put aside") };
    assert!(why.contains("put aside") && why.contains("aborted") && why.contains("`pegboard resume x`"), "{why}");
    assert_eq!(plugin.standing().unwrap().counters.ended(Outcome::PutAside), 1);
    let again = load(&runtime, &Guest::calling("(unreachable)").bytes()).unwrap();
    assert!(matches!(call(&again, "{}").await, Err(CallError::Unavailable(_))), "the same version is no other plugin");
    assert!(list(&plugin).await.is_ok(), "it can be asked what it offers");
    assert!(runtime.resume(plugin.id()));
    assert!(matches!(call(&plugin, "{}").await, Err(CallError::Trap(_))));
}

#[tokio::test]
async fn a_suspended_plugin_stays_suspended_in_its_next_version() {
    let (runtime, _announcements) = super::testing::runtime(&Config::default());
    let plugin = load(&runtime, &Guest::default().bytes()).unwrap();
    assert!(runtime.suspend(plugin.id()));
    let next = load(&runtime, &Guest::calling("(i32.const 1024)").bytes()).unwrap();
    assert!(matches!(call(&next, "{}").await, Err(CallError::Unavailable(_))));
    assert!(runtime.resume(plugin.id()));
    assert!(call(&plugin, "{}").await.is_ok() && call(&next, "{}").await.is_ok());
    assert!(!runtime.suspend(&PluginId::parse("nobody").unwrap()));
}
