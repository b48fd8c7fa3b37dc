-- One row per heat with chemistry: the mean of all burns, element by element.
-- In: oes_burns (all revisions). A reading below its detection limit counts as half the limit; the
-- share of such readings is kept. Where censored.sql finds enough readings on both sides of the limit, the
-- maximum-likelihood mean takes the place of this one. Readings are summed as whole units of 1e-8 wt%, so that the order in
-- which threads add cannot change a bit of the result.
WITH newest AS (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY sample_id, burn_no, element ORDER BY revision DESC, ingested_at DESC) AS version_rank
    FROM oes_burns
),
readings AS (
    SELECT
        heat_id,
        element,
        CONCAT(sample_id, '|', CAST(burn_no AS VARCHAR)) AS burn,
        CASE WHEN below_detection THEN 1 ELSE 0 END AS censored,
        CAST(ROUND(CASE WHEN below_detection THEN detection_limit_wt_pct / 2 ELSE value_wt_pct END * 100000000, 0) AS BIGINT) AS reading
    FROM newest
    WHERE version_rank = 1 AND (value_wt_pct IS NOT NULL OR below_detection)
),
means AS (
    SELECT heat_id, element, CAST(SUM(reading) AS DOUBLE) / CAST(COUNT(*) AS DOUBLE) / 100000000 AS mean_wt_pct
    FROM readings
    GROUP BY heat_id, element
),
counts AS (
    SELECT
        heat_id,
        COUNT(DISTINCT burn) AS burns,
        CAST(SUM(censored) AS DOUBLE) / CAST(COUNT(*) AS DOUBLE) AS censored_share
    FROM readings
    GROUP BY heat_id
),
wide AS (
SELECT
    heat_id,
    MAX(CASE WHEN element = 'Si' THEN mean_wt_pct END) AS si_wt_pct,
    MAX(CASE WHEN element = 'Fe' THEN mean_wt_pct END) AS fe_wt_pct,
    MAX(CASE WHEN element = 'Cu' THEN mean_wt_pct END) AS cu_wt_pct,
    MAX(CASE WHEN element = 'Mn' THEN mean_wt_pct END) AS mn_wt_pct,
    MAX(CASE WHEN element = 'Mg' THEN mean_wt_pct END) AS mg_wt_pct,
    MAX(CASE WHEN element = 'Cr' THEN mean_wt_pct END) AS cr_wt_pct,
    MAX(CASE WHEN element = 'Ni' THEN mean_wt_pct END) AS ni_wt_pct,
    MAX(CASE WHEN element = 'Zn' THEN mean_wt_pct END) AS zn_wt_pct,
    MAX(CASE WHEN element = 'Ti' THEN mean_wt_pct END) AS ti_wt_pct,
    MAX(CASE WHEN element = 'Pb' THEN mean_wt_pct END) AS pb_wt_pct,
    MAX(CASE WHEN element = 'Sn' THEN mean_wt_pct END) AS sn_wt_pct,
    MAX(CASE WHEN element = 'Sr' THEN mean_wt_pct END) AS sr_wt_pct,
    MAX(CASE WHEN element = 'V' THEN mean_wt_pct END) AS v_wt_pct,
    MAX(CASE WHEN element = 'Zr' THEN mean_wt_pct END) AS zr_wt_pct,
    MAX(CASE WHEN element = 'Na' THEN mean_wt_pct END) AS na_wt_pct,
    MAX(CASE WHEN element = 'Ca' THEN mean_wt_pct END) AS ca_wt_pct,
    MAX(CASE WHEN element = 'B' THEN mean_wt_pct END) AS b_wt_pct,
    MAX(CASE WHEN element = 'Be' THEN mean_wt_pct END) AS be_wt_pct,
    MAX(CASE WHEN element = 'Bi' THEN mean_wt_pct END) AS bi_wt_pct,
    MAX(CASE WHEN element = 'Sb' THEN mean_wt_pct END) AS sb_wt_pct,
    MAX(CASE WHEN element = 'P' THEN mean_wt_pct END) AS p_wt_pct,
    MAX(CASE WHEN element = 'Li' THEN mean_wt_pct END) AS li_wt_pct,
    MAX(CASE WHEN element = 'Cd' THEN mean_wt_pct END) AS cd_wt_pct,
    MAX(CASE WHEN element = 'Ga' THEN mean_wt_pct END) AS ga_wt_pct
FROM means
GROUP BY heat_id
)
SELECT wide.*, counts.burns, counts.censored_share
FROM wide
JOIN counts ON wide.heat_id = counts.heat_id
ORDER BY wide.heat_id
