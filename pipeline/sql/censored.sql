-- Readings of each heat and element for which enough are below the detection limit and enough above it
-- to estimate the mean by maximum likelihood: at least two of each.
-- In: oes_burns (all revisions). One row per reading; a censored one carries its limit.
WITH newest AS (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY sample_id, burn_no, element ORDER BY revision DESC, ingested_at DESC) AS version_rank
    FROM oes_burns
),
readings AS (
    SELECT
        heat_id,
        element,
        sample_id,
        burn_no,
        CASE WHEN below_detection THEN 1 ELSE 0 END AS censored,
        CASE WHEN below_detection THEN detection_limit_wt_pct ELSE value_wt_pct END AS reading_wt_pct
    FROM newest
    WHERE version_rank = 1 AND (value_wt_pct IS NOT NULL OR below_detection)
),
groups AS (
    SELECT heat_id, element
    FROM readings
    GROUP BY heat_id, element
    HAVING SUM(censored) >= 2 AND COUNT(*) - SUM(censored) >= 2
)
SELECT readings.heat_id, readings.element, readings.censored, readings.reading_wt_pct
FROM readings
JOIN groups ON readings.heat_id = groups.heat_id AND readings.element = groups.element
ORDER BY readings.heat_id, readings.element, readings.sample_id, readings.burn_no
