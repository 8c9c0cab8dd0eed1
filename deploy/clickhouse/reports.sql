-- The reports of GET /api/v1/reports over all hosts. Spend is in micros of the account's currency.

-- By day and line item.
SELECT
    toDate(at) AS day,
    campaign,
    line_item,
    countIf(kind = 'win') AS wins,
    countIf(kind = 'loss') AS losses,
    countIf(kind = 'billing') AS billings,
    countIf(first_impression) AS impressions,
    countIf(kind = 'click' AND bid_id NOT IN (SELECT bid_id FROM bidwright.events WHERE kind = 'void_click')) AS clicks,
    countIf(kind = 'conversion' AND bid_id != '') AS conversions,
    sumIf(value_micros, kind = 'conversion' AND bid_id != '') AS conversion_value_micros,
    sum(charged_micros) AS spend_micros
FROM bidwright.events FINAL
WHERE at >= now() - INTERVAL 30 DAY
GROUP BY day, campaign, line_item
ORDER BY day, campaign, line_item;

-- Why bids were lost, by exchange and loss code.
SELECT exchange, loss_code, count() AS losses
FROM bidwright.events FINAL
WHERE kind = 'loss' AND at >= now() - INTERVAL 1 DAY
GROUP BY exchange, loss_code
ORDER BY losses DESC;

-- What creatives brought, with the cost of a conversion where there were any.
SELECT
    line_item,
    creative,
    countIf(first_impression) AS impressions,
    countIf(kind = 'click') / nullIf(impressions, 0) AS click_rate,
    countIf(kind = 'conversion') AS conversions,
    sum(charged_micros) / nullIf(conversions, 0) AS cpa_micros
FROM bidwright.events FINAL
WHERE at >= now() - INTERVAL 30 DAY AND NOT test
GROUP BY line_item, creative
ORDER BY impressions DESC;
