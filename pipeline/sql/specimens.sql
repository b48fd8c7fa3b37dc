-- One row per valid specimen with the class of its test temperature.
-- In: tensile_tests (all revisions). A specimen may have two results: the one that the laboratory reports and
-- the one reduced from its curve. Which one counts is one rule, whatever arrived first: the newest revision of
-- what the laboratory reports; of what the curve gives only where the laboratory reports none of Rm, Rp0.2 and
-- A. A specimen whose reported result is declared invalid does not count at all, for its curve is that of the
-- same bad test.
-- Room temperature (10 to 35 °C, ISO 6892-1) and tests without a stated temperature are class 20; other
-- temperatures go to the nearest 10 °C.
WITH told AS (
    SELECT
        *,
        CASE
            WHEN origin = 'reduced' THEN 1
            WHEN COALESCE(rm_mpa, rp02_mpa, a_pct) IS NULL AND COALESCE(valid, TRUE) THEN 0
            ELSE 2
        END AS says
    FROM tensile_tests
),
ranked AS (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY specimen_id ORDER BY says DESC, revision DESC, ingested_at DESC) AS version_rank
    FROM told
)
SELECT
    specimen_id,
    heat_id,
    alloy,
    temper,
    product_form,
    specimen_origin,
    thickness_mm,
    elongation_type,
    lab,
    supplier,
    test_temp_c,
    CASE
        WHEN test_temp_c IS NULL OR (test_temp_c >= 10 AND test_temp_c <= 35) THEN CAST(20 AS BIGINT)
        ELSE CAST(ROUND(test_temp_c / 10, 0) * 10 AS BIGINT)
    END AS test_temp_class_c,
    rm_mpa,
    rp02_mpa,
    a_pct
FROM ranked
WHERE version_rank = 1 AND COALESCE(valid, TRUE)
ORDER BY alloy, temper, product_form, test_temp_class_c, heat_id, specimen_id
