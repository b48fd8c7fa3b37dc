-- The heats with charge records. In: charge_lines.
SELECT DISTINCT heat_id FROM charge_lines ORDER BY heat_id
