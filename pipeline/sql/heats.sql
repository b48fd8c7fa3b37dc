-- One row per heat × alloy × temper × product form × class of test temperature.
-- In: specimens (specimens.sql), charge (charge.sql with the heel ratio), chemistry (chemistry.sql).
-- Strengths and elongations are summed as whole units of 1e-4, so that the order in which threads add
-- cannot change a bit of the result; their squares stay below 2^63 for any plausible heat.
-- An index is empty outside its range of validity:
--   sludge factor      high-pressure die castings with at least 4 wt% Si
--   critical iron      gravity castings with at least 4 wt% Si
--   Q, probable yield  the 356/357 family: 6.5 to 7.5 wt% Si, 0.2 to 0.7 wt% Mg, gravity cast
--   Mg2Si, Si          wrought 6xxx alloys, told by their designation
WITH fixed AS (
    SELECT
        heat_id, alloy, temper, product_form, test_temp_class_c, elongation_type,
        rm_mpa,
        CAST(ROUND(rm_mpa * 10000, 0) AS BIGINT) AS rm_mpa_fixed,
        rp02_mpa,
        CAST(ROUND(rp02_mpa * 10000, 0) AS BIGINT) AS rp02_mpa_fixed,
        a_pct,
        CAST(ROUND(a_pct * 10000, 0) AS BIGINT) AS a_pct_fixed
    FROM specimens
),
sums AS (
    SELECT
        heat_id, alloy, temper, product_form, test_temp_class_c,
        COUNT(*) AS specimens,
        CASE WHEN MIN(elongation_type) = MAX(elongation_type) THEN MIN(elongation_type) END AS elongation_type,
        COUNT(rm_mpa) AS rm_mpa_n,
        CAST(SUM(rm_mpa_fixed) AS DOUBLE) AS rm_mpa_sum,
        CAST(SUM(rm_mpa_fixed * rm_mpa_fixed) AS DOUBLE) AS rm_mpa_squares,
        COUNT(rp02_mpa) AS rp02_mpa_n,
        CAST(SUM(rp02_mpa_fixed) AS DOUBLE) AS rp02_mpa_sum,
        CAST(SUM(rp02_mpa_fixed * rp02_mpa_fixed) AS DOUBLE) AS rp02_mpa_squares,
        COUNT(a_pct) AS a_pct_n,
        CAST(SUM(a_pct_fixed) AS DOUBLE) AS a_pct_sum,
        CAST(SUM(a_pct_fixed * a_pct_fixed) AS DOUBLE) AS a_pct_squares
    FROM fixed
    GROUP BY heat_id, alloy, temper, product_form, test_temp_class_c
),
stats AS (
    SELECT
        heat_id, alloy, temper, product_form, test_temp_class_c, specimens, elongation_type,
        rm_mpa_n,
        CASE WHEN rm_mpa_n > 0 THEN rm_mpa_sum / rm_mpa_n / 10000 END AS rm_mpa_mean,
        CASE WHEN rm_mpa_n > 1 THEN SQRT(GREATEST(rm_mpa_squares - rm_mpa_sum * rm_mpa_sum / rm_mpa_n, 0.0) / (rm_mpa_n - 1)) / 10000 END AS rm_mpa_sd,
        rp02_mpa_n,
        CASE WHEN rp02_mpa_n > 0 THEN rp02_mpa_sum / rp02_mpa_n / 10000 END AS rp02_mpa_mean,
        CASE WHEN rp02_mpa_n > 1 THEN SQRT(GREATEST(rp02_mpa_squares - rp02_mpa_sum * rp02_mpa_sum / rp02_mpa_n, 0.0) / (rp02_mpa_n - 1)) / 10000 END AS rp02_mpa_sd,
        a_pct_n,
        CASE WHEN a_pct_n > 0 THEN a_pct_sum / a_pct_n / 10000 END AS a_pct_mean,
        CASE WHEN a_pct_n > 1 THEN SQRT(GREATEST(a_pct_squares - a_pct_sum * a_pct_sum / a_pct_n, 0.0) / (a_pct_n - 1)) / 10000 END AS a_pct_sd
    FROM sums
),
silicon AS (
    SELECT heat_id, si_wt_pct - (fe_wt_pct + COALESCE(mn_wt_pct, 0) + COALESCE(cr_wt_pct, 0)) / 4 AS effective_si
    FROM chemistry
),
bound AS (
    SELECT c.heat_id, e.effective_si, LEAST(1.58 * c.mg_wt_pct, 2.73 * e.effective_si) AS mg2si
    FROM chemistry AS c
    JOIN silicon AS e ON c.heat_id = e.heat_id
)
SELECT
    s.heat_id,
    s.alloy,
    s.temper,
    s.product_form,
    s.test_temp_class_c,
    g.charged_at,
    g.furnace,
    g.supplier,
    g.scrap_charge_ratio,
    g.iso14021_ratio,
    g.post_consumer_ratio,
    g.yield_adj_ratio,
    g.heel_adj_ratio,
    g.primary_ratio,
    g.unknown_ratio,
    g.charge_kg,
    COALESCE(g.charge_lines, 0) AS charge_lines,
    COALESCE(c.burns, 0) AS burns,
    c.si_wt_pct,
    c.fe_wt_pct,
    c.cu_wt_pct,
    c.mn_wt_pct,
    c.mg_wt_pct,
    c.cr_wt_pct,
    c.ni_wt_pct,
    c.zn_wt_pct,
    c.ti_wt_pct,
    c.pb_wt_pct,
    c.sn_wt_pct,
    c.sr_wt_pct,
    c.v_wt_pct,
    c.zr_wt_pct,
    c.na_wt_pct,
    c.ca_wt_pct,
    c.b_wt_pct,
    c.be_wt_pct,
    c.bi_wt_pct,
    c.sb_wt_pct,
    c.p_wt_pct,
    c.li_wt_pct,
    c.cd_wt_pct,
    c.ga_wt_pct,
    c.censored_share,
    CASE WHEN s.product_form = 'die_casting' AND c.si_wt_pct >= 4
         THEN c.fe_wt_pct + 2 * c.mn_wt_pct + 3 * COALESCE(c.cr_wt_pct, 0) END AS sludge_factor,
    CASE WHEN c.fe_wt_pct > 0 THEN c.mn_wt_pct / c.fe_wt_pct END AS mn_fe_ratio,
    CASE WHEN s.product_form IN ('permanent_mould_casting', 'sand_casting') AND c.si_wt_pct >= 4
         THEN 0.075 * c.si_wt_pct - 0.05 END AS critical_iron_wt_pct,
    CASE WHEN s.alloy LIKE '6%' OR s.alloy LIKE 'EN AW-6%' THEN b.mg2si END AS mg2si_wt_pct,
    CASE WHEN s.alloy LIKE '6%' OR s.alloy LIKE 'EN AW-6%' THEN b.effective_si - b.mg2si / 2.73 END AS excess_si_wt_pct,
    CASE WHEN s.alloy LIKE '6%' OR s.alloy LIKE 'EN AW-6%' THEN b.effective_si END AS effective_si_wt_pct,
    CASE WHEN s.product_form IN ('permanent_mould_casting', 'sand_casting')
              AND c.si_wt_pct >= 6.5 AND c.si_wt_pct <= 7.5 AND c.mg_wt_pct >= 0.2 AND c.mg_wt_pct <= 0.7
         THEN s.rm_mpa_mean + 150 * LOG10(s.a_pct_mean) END AS quality_index_mpa,
    CASE WHEN s.product_form IN ('permanent_mould_casting', 'sand_casting')
              AND c.si_wt_pct >= 6.5 AND c.si_wt_pct <= 7.5 AND c.mg_wt_pct >= 0.2 AND c.mg_wt_pct <= 0.7
         THEN s.rm_mpa_mean - 60 * LOG10(s.a_pct_mean) - 13 END AS probable_yield_mpa,
    s.specimens,
    s.rm_mpa_n,
    s.rm_mpa_mean,
    s.rm_mpa_sd,
    s.rp02_mpa_n,
    s.rp02_mpa_mean,
    s.rp02_mpa_sd,
    s.a_pct_n,
    s.a_pct_mean,
    s.a_pct_sd,
    s.elongation_type
FROM stats AS s
LEFT JOIN charge AS g ON s.heat_id = g.heat_id
LEFT JOIN chemistry AS c ON s.heat_id = c.heat_id
LEFT JOIN bound AS b ON s.heat_id = b.heat_id
ORDER BY s.alloy, s.temper, s.product_form, s.test_temp_class_c, s.heat_id
