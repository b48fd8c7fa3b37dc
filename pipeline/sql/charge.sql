-- One row per heat with charge records: masses by class and the scrap ratios that need no history.
-- In: charge_lines (all revisions). Every sum is over whole grams, so that the order in which threads
-- add cannot change a bit of the result. The heel is not part of the charge.
WITH newest AS (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY heat_id, line_no ORDER BY revision DESC, ingested_at DESC) AS version_rank
    FROM charge_lines
),
lines AS (
    SELECT
        heat_id,
        source_class,
        charged_at,
        furnace,
        supplier,
        CAST(ROUND(mass_kg * 1000, 0) AS BIGINT) AS mass_g,
        CAST(ROUND(mass_kg * COALESCE(metal_yield, 1.0) * 1000, 0) AS BIGINT) AS metal_g
    FROM newest
    WHERE version_rank = 1
),
sums AS (
    SELECT
        heat_id,
        MIN(charged_at) AS charged_at,
        MIN(furnace) AS furnace,
        CASE WHEN MIN(supplier) = MAX(supplier) THEN MIN(supplier) END AS supplier,
        COUNT(*) AS charge_lines,
        CAST(SUM(CASE WHEN source_class <> 'heel' THEN mass_g ELSE 0 END) AS DOUBLE) AS charge_g,
        CAST(SUM(CASE WHEN source_class = 'heel' THEN mass_g ELSE 0 END) AS DOUBLE) AS heel_g,
        CAST(SUM(CASE WHEN source_class <> 'heel' THEN metal_g ELSE 0 END) AS DOUBLE) AS metal_g,
        CAST(SUM(CASE WHEN source_class = 'primary' THEN mass_g ELSE 0 END) AS DOUBLE) AS primary_g,
        CAST(SUM(CASE WHEN source_class = 'unknown' THEN mass_g ELSE 0 END) AS DOUBLE) AS unknown_g,
        CAST(SUM(CASE WHEN source_class = 'post_consumer' THEN mass_g ELSE 0 END) AS DOUBLE) AS post_consumer_g,
        CAST(SUM(CASE WHEN source_class IN ('pre_consumer', 'post_consumer') THEN mass_g ELSE 0 END) AS DOUBLE) AS recycled_g,
        CAST(SUM(CASE WHEN source_class IN ('pre_consumer', 'post_consumer', 'internal_return') THEN mass_g ELSE 0 END) AS DOUBLE) AS scrap_g,
        CAST(SUM(CASE WHEN source_class IN ('pre_consumer', 'post_consumer') THEN metal_g ELSE 0 END) AS DOUBLE) AS recycled_metal_g
    FROM lines
    GROUP BY heat_id
)
SELECT
    heat_id,
    charged_at,
    furnace,
    supplier,
    charge_lines,
    charge_g / 1000 AS charge_kg,
    heel_g / 1000 AS heel_kg,
    metal_g / 1000 AS metal_kg,
    recycled_metal_g / 1000 AS recycled_metal_kg,
    scrap_g / charge_g AS scrap_charge_ratio,
    recycled_g / charge_g AS iso14021_ratio,
    post_consumer_g / charge_g AS post_consumer_ratio,
    recycled_metal_g / metal_g AS yield_adj_ratio,
    primary_g / charge_g AS primary_ratio,
    unknown_g / charge_g AS unknown_ratio
FROM sums
WHERE charge_g > 0
ORDER BY furnace, charged_at, heat_id
