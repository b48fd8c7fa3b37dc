-- One row per group of alike specimens of one file: heat, grade and type of elongation, how many, and the
-- first line. In: tensile_tests (all revisions; only the newest count).
WITH corrected AS (
    SELECT specimen_id, MAX(revision) AS newest
    FROM tensile_tests
    WHERE revision > 1
    GROUP BY specimen_id
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
FROM tensile_tests AS tests
LEFT JOIN corrected ON tests.specimen_id = corrected.specimen_id
WHERE corrected.newest IS NULL OR tests.revision = corrected.newest
GROUP BY
    tests.heat_id, tests.alloy, tests.temper, tests.product_form, tests.elongation_type, tests.source_sha256
ORDER BY heat_id, alloy, temper, product_form, elongation_type, source_sha256
