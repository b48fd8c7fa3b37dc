-- One row per specimen for which the laboratory reports a result in one file and whose curve lies in another:
-- both results, where each stands, and whether the crosshead helped to read the curve's extensions.
-- In: tensile_tests (all revisions; the newest of either kind), findings. A file whose head states results over
-- its own curve was judged when it was read. Elongations of different types are not compared.
WITH told AS (
    SELECT *, CASE WHEN origin = 'reduced' THEN 0 ELSE 1 END AS is_reported
    FROM tensile_tests
),
reduced AS (
    SELECT DISTINCT specimen_id
    FROM told
    WHERE is_reported = 0
),
concerned AS (
    SELECT told.*
    FROM told
    JOIN reduced ON told.specimen_id = reduced.specimen_id
),
ranked AS (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY specimen_id, is_reported ORDER BY revision DESC, ingested_at DESC) AS version_rank
    FROM concerned
),
sheet AS (
    SELECT * FROM ranked WHERE version_rank = 1 AND is_reported = 1
),
curve AS (
    SELECT * FROM ranked WHERE version_rank = 1 AND is_reported = 0
),
carried_on AS (
    SELECT DISTINCT source_sha256, TRUE AS handed_over
    FROM findings
    WHERE rule = 'handed_over'
)
SELECT
    sheet.specimen_id AS specimen_id,
    sheet.source_sha256 AS source_sha256,
    sheet.source_line AS source_line,
    curve.source_sha256 AS curve_sha256,
    sheet.elongation_type AS reported_elongation_type,
    curve.elongation_type AS reduced_elongation_type,
    COALESCE(carried_on.handed_over, FALSE) AS handed_over,
    sheet.rm_mpa AS reported_rm_mpa,
    curve.rm_mpa AS reduced_rm_mpa,
    sheet.rp02_mpa AS reported_rp02_mpa,
    curve.rp02_mpa AS reduced_rp02_mpa,
    sheet.rp10_mpa AS reported_rp10_mpa,
    curve.rp10_mpa AS reduced_rp10_mpa,
    sheet.reh_mpa AS reported_reh_mpa,
    curve.reh_mpa AS reduced_reh_mpa,
    sheet.rel_mpa AS reported_rel_mpa,
    curve.rel_mpa AS reduced_rel_mpa,
    sheet.slope_gpa AS reported_slope_gpa,
    curve.slope_gpa AS reduced_slope_gpa,
    sheet.a_pct AS reported_a_pct,
    curve.a_pct AS reduced_a_pct,
    sheet.at_pct AS reported_at_pct,
    curve.at_pct AS reduced_at_pct,
    sheet.ag_pct AS reported_ag_pct,
    curve.ag_pct AS reduced_ag_pct,
    sheet.agt_pct AS reported_agt_pct,
    curve.agt_pct AS reduced_agt_pct
FROM sheet
JOIN curve ON sheet.specimen_id = curve.specimen_id
LEFT JOIN carried_on ON curve.source_sha256 = carried_on.source_sha256
WHERE sheet.source_sha256 <> curve.source_sha256
ORDER BY specimen_id
