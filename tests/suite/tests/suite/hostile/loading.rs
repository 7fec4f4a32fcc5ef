//! Components that are an attack on who compiles them.

super::each! {
    loading:
    imports_ten_thousand_things,
    exports_ten_thousand_things,
    has_a_hundred_megabytes,
    has_sixty_megabytes_of_nothing,
    takes_minutes_to_compile,
    has_components_within_components_without_end,
    has_a_hundred_thousand_types,
    has_types_that_grow_exponentially,
    is_cut_off,
    says_that_it_is_longer_than_it_is,
    is_a_core_module,
    is_nothing,
}
