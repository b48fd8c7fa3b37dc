-- One row per sample of one file: where it stands, and its means of Si and Fe in whole 1e-8 wt%.
-- In: oes_burns (all revisions; only the newest count). Readings below a limit have no number here.
WITH corrected AS (
    SELECT sample_id, burn_no, element, MAX(revision) AS newest
    FROM oes_burns
    WHERE revision > 1
    GROUP BY sample_id, burn_no, element
),
readings AS (
    SELECT
        burns.heat_id AS heat_id,
        burns.sample_id AS sample_id,
        burns.source_sha256 AS source_sha256,
        burns.source_line AS source_line,
        burns.element AS element,
        CAST(ROUND(burns.value_wt_pct * 100000000, 0) AS BIGINT) AS units
    FROM oes_burns AS burns
    LEFT JOIN corrected
        ON burns.sample_id = corrected.sample_id
        AND burns.burn_no = corrected.burn_no
        AND burns.element = corrected.element
    WHERE corrected.newest IS NULL OR burns.revision = corrected.newest
)
SELECT
    heat_id,
    sample_id,
    source_sha256,
    MIN(source_line) AS source_line,
    MIN(CASE WHEN element = 'Fe' THEN source_line END) AS iron_line,
    SUM(CASE WHEN element = 'Si' THEN units END) AS silicon_units,
    COUNT(CASE WHEN element = 'Si' THEN units END) AS silicon_readings,
    SUM(CASE WHEN element = 'Fe' THEN units END) AS iron_units,
    COUNT(CASE WHEN element = 'Fe' THEN units END) AS iron_readings
FROM readings
GROUP BY heat_id, sample_id, source_sha256
ORDER BY heat_id, sample_id, source_sha256
