//! The tables as Diesel sees them; what each is for stands in `migrations/`.

diesel::table! {
    dimension (kind, id) {
        kind -> Integer,
        id -> Integer,
        value -> Text,
        label -> Text,
    }
}

diesel::table! {
    event (at_ms, id) {
        at_ms -> BigInt,
        id -> BigInt,
        request_id -> Nullable<Integer>,
        provider -> Integer,
        executor -> Integer,
        model -> Integer,
        alias -> Integer,
        account -> Integer,
        auth_type -> Integer,
        client_key -> Integer,
        endpoint -> Integer,
        effort -> Integer,
        tier -> Integer,
        served_tier -> Integer,
        client_ip -> Integer,
        forwarded -> Integer,
        agent -> Integer,
        status -> Integer,
        flags -> Integer,
        latency_ms -> Nullable<BigInt>,
        ttft_ms -> Nullable<BigInt>,
        uncached -> Nullable<BigInt>,
        cache_read -> Nullable<BigInt>,
        cache_write -> Nullable<BigInt>,
        output -> Nullable<BigInt>,
        reasoning -> Nullable<BigInt>,
        unclassified -> BigInt,
        cost_nanos -> Nullable<BigInt>,
        price_rule -> Nullable<Integer>,
    }
}

diesel::table! {
    event_detail (at_ms, id) {
        at_ms -> BigInt,
        id -> BigInt,
        request_id -> Nullable<Text>,
        failure -> Nullable<Text>,
        headers -> Nullable<Binary>,
    }
}

diesel::table! {
    reject (id) {
        id -> BigInt,
        taken_at_ms -> BigInt,
        reason -> Text,
        excerpt -> Text,
        sealed -> Nullable<Text>,
        tries -> Integer,
    }
}

diesel::table! {
    gap (from_ms, why) {
        from_ms -> BigInt,
        why -> Text,
        to_ms -> BigInt,
    }
}

diesel::table! {
    counter (name) {
        name -> Text,
        value -> BigInt,
    }
}

diesel::table! {
    spool_record (seq) {
        seq -> Integer,
        record -> BigInt,
    }
}

diesel::table! {
    setting (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    secret (name) {
        name -> Text,
        sealed -> Text,
    }
}

diesel::table! {
    admin_credential (id) {
        id -> Integer,
        credential -> Text,
        changed_at_ms -> BigInt,
    }
}

diesel::table! {
    session (id) {
        id -> Integer,
        token_hash -> Binary,
        created_at_ms -> BigInt,
        last_seen_ms -> BigInt,
        expires_at_ms -> BigInt,
        address -> Text,
        agent -> Text,
    }
}

diesel::table! {
    segment (first_at, first_id) {
        first_at -> BigInt,
        first_id -> BigInt,
        end_at -> BigInt,
        end_id -> BigInt,
        number -> Integer,
        rows -> Integer,
    }
}

diesel::table! {
    segment_column (place) {
        place -> BigInt,
        data -> Binary,
    }
}

diesel::table! {
    rollup (place) {
        place -> BigInt,
        sums -> Binary,
        sketches -> Nullable<Binary>,
    }
}

diesel::table! {
    rollup_day (day) {
        day -> BigInt,
        closed -> Integer,
    }
}

diesel::table! {
    rollup_span (span) {
        span -> BigInt,
    }
}

diesel::table! {
    price (layer, model, seller) {
        layer -> Text,
        model -> Text,
        seller -> Text,
        quote -> Text,
        source -> Text,
        as_of_ms -> BigInt,
    }
}

diesel::table! {
    price_multiplier (id) {
        id -> Integer,
        content -> Text,
    }
}

diesel::table! {
    price_change (id) {
        id -> Integer,
        batch -> BigInt,
        at_ms -> BigInt,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
    }
}

diesel::table! {
    price_terms (id) {
        id -> Integer,
        content -> Text,
    }
}

diesel::table! {
    price_seen (model, provider) {
        model -> Text,
        provider -> Text,
    }
}

diesel::table! {
    price_source (name) {
        name -> Text,
        tried_at_ms -> BigInt,
        read_at_ms -> Nullable<BigInt>,
        etag -> Nullable<Text>,
        problem -> Nullable<Text>,
        list -> Nullable<Binary>,
    }
}

diesel::table! {
    price_plan (id) {
        id -> Integer,
        made_at_ms -> BigInt,
        content -> Binary,
    }
}

diesel::table! {
    key_alias (hash) {
        hash -> Text,
        alias -> Text,
        folded -> Text,
        before -> Text,
        changed_at_ms -> BigInt,
    }
}

diesel::table! {
    listed_key (hash) {
        hash -> Text,
        mask -> Text,
        listed_at_ms -> BigInt,
        gone_at_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    reprice (id) {
        id -> Integer,
        made_at_ms -> BigInt,
        from_ms -> BigInt,
        to_ms -> BigInt,
        models -> Text,
        state -> Text,
        next_ms -> BigInt,
        next_id -> BigInt,
        changed -> BigInt,
        old_nanos -> BigInt,
        new_nanos -> BigInt,
        old_unpriced -> BigInt,
        new_unpriced -> BigInt,
        book -> Nullable<Binary>,
    }
}

diesel::table! {
    reprice_undo (reprice, step) {
        reprice -> Integer,
        step -> Integer,
        content -> Binary,
    }
}

diesel::table! {
    reprice_since (at_ms, id) {
        at_ms -> BigInt,
        id -> BigInt,
    }
}

diesel::table! {
    account (id) {
        id -> BigInt,
        listed -> Text,
        trouble -> Nullable<Text>,
        first_seen_ms -> BigInt,
        changed_ms -> BigInt,
        gone_ms -> Nullable<BigInt>,
        turned_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    account_index (auth_index, since_ms) {
        auth_index -> Text,
        since_ms -> BigInt,
        account -> BigInt,
    }
}

diesel::table! {
    account_models (account) {
        account -> BigInt,
        asked_ms -> BigInt,
        models -> Text,
    }
}

diesel::table! {
    audit (id) {
        id -> BigInt,
        at_ms -> BigInt,
        kind -> Text,
        who -> Text,
        address -> Text,
        method -> Text,
        path -> Text,
        status -> Nullable<Integer>,
        outcome -> Text,
        sent -> BigInt,
        received -> BigInt,
        took_ms -> Nullable<BigInt>,
    }
}
