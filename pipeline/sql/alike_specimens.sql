-- One row per group of alike specimens of one file: heat, grade and type of elongation, how many, and the
-- first line. In: tensile_tests (all revisions; only the newest count, and what is reduced from a curve only
-- where the laboratory reports nothing for the specimen, as in specimens.sql).
WITH told AS (
    SELECT *, CASE WHEN origin = 'reduced' THEN 0 ELSE 1 END AS is_reported
    FROM tensile_tests
),
corrected AS (
    SELECT specimen_id, is_reported, MAX(revision) AS newest
    FROM told
    WHERE revision > 1
    GROUP BY specimen_id, is_reported
),
reduced AS (
    SELECT DISTINCT specimen_id
    FROM told
    WHERE is_reported = 0
),
outdone AS (
    SELECT DISTINCT told.specimen_id AS specimen_id, CAST(0 AS INT) AS is_reported, TRUE AS by_report
    FROM told
    JOIN reduced ON told.specimen_id = reduced.specimen_id
    WHERE told.is_reported = 1
)
SELECT
    tests.heat_id AS heat_id,
    tests.alloy AS alloy,
    tests.temper AS temper,
    tests.product_form AS product_form,
    tests.elongation_type AS elongation_type,
    tests.source_sha256 AS source_sha256,
    MIN(tests.source_line) AS source_line,
    COUNT(*) AS specimens
FROM told AS tests
LEFT JOIN corrected ON tests.specimen_id = corrected.specimen_id AND tests.is_reported = corrected.is_reported
LEFT JOIN outdone ON tests.specimen_id = outdone.specimen_id AND tests.is_reported = outdone.is_reported
WHERE (corrected.newest IS NULL OR tests.revision = corrected.newest) AND outdone.by_report IS NULL
GROUP BY
    tests.heat_id, tests.alloy, tests.temper, tests.product_form, tests.elongation_type, tests.source_sha256
ORDER BY heat_id, alloy, temper, product_form, elongation_type, source_sha256
