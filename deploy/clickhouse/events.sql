-- Events as they come from the stream, at least once each: `event_id` tells them apart, and of two with one id one stays.
-- Ask with FINAL, as reports.sql does, until the parts were merged. No person is named in any of it.
CREATE DATABASE IF NOT EXISTS bidwright;

CREATE TABLE IF NOT EXISTS bidwright.events
(
    event_id String,
    kind LowCardinality(String),
    at_ms UInt64,
    at DateTime64(3, 'UTC') MATERIALIZED fromUnixTimestamp64Milli(toInt64(at_ms)),
    bid_id String DEFAULT '',
    bid_at_ms UInt64 DEFAULT 0,
    exchange LowCardinality(String) DEFAULT '',
    advertiser LowCardinality(String) DEFAULT '',
    campaign LowCardinality(String) DEFAULT '',
    line_item LowCardinality(String) DEFAULT '',
    creative LowCardinality(String) DEFAULT '',
    media LowCardinality(String) DEFAULT '',
    currency LowCardinality(String) DEFAULT '',
    bid_cpm_micros Int64 DEFAULT 0,
    price_cpm_micros Nullable(Int64),
    price_flag LowCardinality(String) DEFAULT '',
    charged_micros Int64 DEFAULT 0,
    first_impression Bool DEFAULT false,
    loss_code Nullable(Int32),
    late Bool DEFAULT false,
    test Bool DEFAULT false,
    action LowCardinality(String) DEFAULT '',
    value_micros Int64 DEFAULT 0
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(fromUnixTimestamp64Milli(toInt64(at_ms)))
-- An event told again has the same time, so both lie in one partition and are one after a merge.
ORDER BY (line_item, kind, at_ms, event_id);
