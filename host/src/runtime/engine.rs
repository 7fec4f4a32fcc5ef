//! The engine's settings: one function for the server and for the process that compiles.
//!
//! Compiled code fits an engine only if both were set up alike, so nothing here depends on who asks except the
//! allocator: it reserves address space in terabytes, which the compiling process, itself bounded, could not.

use wasmtime::{Config as EngineConfig, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::limits::{self, Config};

/// Where instances live.
#[derive(Debug, Clone, Copy)]
pub(super) enum Instances<'a> {
    /// In a pool, sized by these limits.
    Pooled(&'a Config),
    /// Nowhere: this engine only compiles.
    None,
}

pub(super) fn engine(instances: Instances<'_>) -> wasmtime::Result<Engine> {
    Engine::new(&config(instances))
}

fn config(instances: Instances<'_>) -> EngineConfig {
    let mut config = EngineConfig::new();
    config.epoch_interruption(true);
    config.memory_init_cow(true);
    config.max_wasm_stack(limits::WASM_STACK);
    config.async_stack_size(limits::FIBER_STACK);
    // A deep recursion must not keep its stack resident for ever.
    config.async_stack_zeroing(true);
    config.parallel_compilation(true);
    match instances {
        Instances::Pooled(limits) => config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits))),
        Instances::None => config.allocation_strategy(InstanceAllocationStrategy::OnDemand),
    };
    config
}

/// Room for as many of everything as can be in use at once, so that the pool never is what refuses a call.
fn pool(limits: &Config) -> PoolingAllocationConfig {
    let places = limits.places();
    let pages = limits.pooled_memory_bytes().div_ceil(limits::WASM_PAGE);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(places);
    pool.total_core_instances(places.saturating_mul(limits::CORE_INSTANCES_PER_COMPONENT));
    pool.total_memories(places.saturating_mul(limits::MEMORIES_PER_COMPONENT));
    pool.total_tables(places.saturating_mul(limits::TABLES_PER_COMPONENT));
    pool.total_stacks(places);
    pool.max_core_instances_per_component(limits::CORE_INSTANCES_PER_COMPONENT);
    pool.max_memories_per_component(limits::MEMORIES_PER_COMPONENT);
    pool.max_tables_per_component(limits::TABLES_PER_COMPONENT);
    pool.max_memories_per_module(limits::MEMORIES_PER_COMPONENT);
    pool.max_tables_per_module(limits::TABLES_PER_COMPONENT);
    pool.max_component_instance_size(limits::INSTANCE_BYTES);
    pool.max_core_instance_size(limits::INSTANCE_BYTES);
    pool.max_memory_size(usize::try_from(pages.saturating_mul(limits::WASM_PAGE)).unwrap_or(usize::MAX));
    pool.table_elements(usize::try_from(limits.table_elements).unwrap_or(usize::MAX));
    pool.linear_memory_keep_resident(limits::KEEP_RESIDENT);
    pool.table_keep_resident(limits::KEEP_RESIDENT);
    pool.async_stack_keep_resident(limits::STACK_KEEP_RESIDENT);
    pool.pagemap_scan(Enabled::Auto);
    pool
}
